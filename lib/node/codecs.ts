/**
 * Compression in the real world: gzip by Node itself, which is several times as fast as JavaScript, the rest as in every world.
 *
 * And one thing more: zstd can be written here. Node brings an encoder from 22.15 on; before that it comes from a package that is installed
 * by who needs it, and loaded, which takes a tenth of a second, when the first record is to be packed with it.
 */
import * as zlib from 'node:zlib';
import { MalformedBytes, UnpacksToTooMuch } from '../bytes/reader.ts';
import { portableCodecs } from '../codecs/codecs.ts';
import { CodecUnavailable } from '../world/errors.ts';
import type { Codecs } from '../world/world.ts';

type Compress = (bytes: Uint8Array) => Uint8Array;

const ZSTD_PACKAGE = '@hpcc-js/wasm-zstd';

let compressZstd: Compress | undefined;
let preparing: Promise<Compress> | undefined;

export const nodeCodecs: Codecs = {
  async prepare(codec) {
    if (codec !== 'zstd' || compressZstd !== undefined) return;
    preparing ??= findZstd();
    compressZstd = await preparing;
  },
  compress(codec, bytes) {
    if (codec === 'gzip') return new Uint8Array(zlib.gzipSync(bytes));
    if (codec === 'zstd' && compressZstd !== undefined) return compressZstd(bytes);
    return portableCodecs.compress(codec, bytes);
  },
  decompress(codec, bytes, limitBytes) {
    return codec === 'gzip' ? gunzip(bytes, limitBytes) : portableCodecs.decompress(codec, bytes, limitBytes);
  },
};

function gunzip(bytes: Uint8Array, limitBytes: number): Uint8Array {
  try {
    return new Uint8Array(zlib.gunzipSync(bytes, { maxOutputLength: limitBytes }));
  } catch (error) {
    const isTooMuch = (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const message = `gzip: ${error instanceof Error ? error.message : error}`;
    throw isTooMuch ? new UnpacksToTooMuch(message) : new MalformedBytes(message);
  }
}

/** Node's own encoder, or else that of the package. Rejects with `CodecUnavailable`. */
export async function findZstd(
  fromNode: Compress | null = (zlib as { readonly zstdCompressSync?: Compress }).zstdCompressSync ?? null,
  fromPackage: () => Promise<Compress> = loadPackage,
): Promise<Compress> {
  if (fromNode !== null) return (bytes) => new Uint8Array(fromNode(bytes));
  try {
    return await fromPackage();
  } catch (cause) {
    throw new CodecUnavailable(
      `this Node (${process.version}) cannot write zstd by itself: npm install ${ZSTD_PACKAGE}, use Node 22.15 or newer, ` +
        "or set compressionType to 'lz4', 'snappy' or 'gzip'",
      { cause },
    );
  }
}

async function loadPackage(): Promise<Compress> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const zstd = await Zstd.load();
  return (bytes) => zstd.compress(bytes);
}
