/**
 * Kafka's four codecs in JavaScript alone: the same bytes from the same records in Node, in the simulated world and in the page.
 *
 * Whoever decodes here must not trust what it is given. All decoders compare the unpacked size with the limit before they take memory for
 * it, and end in `MalformedBytes` for whatever does not hold. zstd is read, and not written: its encoder would weigh more than all else.
 */
import { CodecUnavailable } from '../world/errors.ts';
import type { CodecName, Codecs } from '../world/world.ts';
import { compressGzip, decompressGzip } from './gzip.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';
import { checkLimit } from './unpacked.ts';
import { decompressZstd } from './zstd.ts';

interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array, limitBytes: number): Uint8Array;
}

const byName: { readonly [name in CodecName]: Codec } = {
  none: {
    compress: (bytes) => bytes,
    decompress: (bytes, limitBytes) => {
      checkLimit('none', bytes.length, limitBytes);
      return bytes;
    },
  },
  gzip: { compress: compressGzip, decompress: decompressGzip },
  snappy: { compress: compressSnappy, decompress: decompressSnappy },
  lz4: { compress: compressLz4, decompress: decompressLz4 },
  zstd: { compress: refuseZstd, decompress: decompressZstd },
};

export const portableCodecs: Codecs = {
  prepare: async (codec) => {
    if (codec === 'zstd') refuseZstd();
  },
  compress: (codec, bytes) => byName[codec].compress(bytes),
  decompress: (codec, bytes, limitBytes) => byName[codec].decompress(bytes, limitBytes),
};

function refuseZstd(): never {
  throw new CodecUnavailable(
    "a simulated world reads zstd but cannot write it: set compressionType to 'lz4', 'snappy' or 'gzip'",
  );
}
