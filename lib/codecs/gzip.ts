/**
 * gzip, by fflate: the same bytes in Node and in the page, which two different libraries would not give.
 *
 * The last eight bytes of a gzip are the checksum of what it unpacks to, and its length. fflate looks at neither, so both are checked here: the
 * length first, since it says how much memory to take, and a length that no deflate could ever reach is refused with it.
 *
 * Source: RFC 1952.
 */
import { Gunzip, gzipSync } from 'fflate';
import { MalformedBytes } from '../bytes/reader.ts';
import { concat } from '../bytes/writer.ts';
import { checkLimit, malformed } from './unpacked.ts';

/** A match of 258 bytes in two bits: deflate cannot do better. */
const BEST_RATIO = 1032;
const SMALLEST_BYTES = 18;
const PIECE_BYTES = 1024;

export function compressGzip(bytes: Uint8Array): Uint8Array {
  // Without a time of modification: the same records give the same bytes at any time.
  return gzipSync(bytes, { level: 6, mtime: 0 });
}

/** Throws `MalformedBytes`, also when the result would pass `limitBytes`. */
export function decompressGzip(bytes: Uint8Array, limitBytes: number): Uint8Array {
  try {
    return decompressMember(bytes, limitBytes);
  } catch (error) {
    const members = hasAnotherHead(bytes) ? membersOf(bytes, limitBytes) : [];
    if (members.length < 2) throw error;
    return concat(members.map((member) => decompressMember(member, limitBytes)));
  }
}

/** Whether there is something behind the first bytes that looks like the head of a gzip. It spares nearly all damaged ones a second look. */
function hasAnotherHead(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1f, SMALLEST_BYTES); at !== -1; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 0x08) return true;
  }
  return false;
}

/** Several gzips one behind the other count as one, which nearly nobody writes and Java reads: they are looked for when the bytes are not a single one. */
function membersOf(bytes: Uint8Array, limitBytes: number): Uint8Array[] {
  const starts = [0];
  let size = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    checkLimit('gzip', size, limitBytes);
  });
  stream.onmember = (at) => starts.push(at);
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    push(stream, bytes.subarray(from, from + PIECE_BYTES), false);
  }
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}

function decompressMember(bytes: Uint8Array, limitBytes: number): Uint8Array {
  if (bytes.length < SMALLEST_BYTES) throw malformed('gzip', `${bytes.length} bytes are no gzip`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(bytes.length - 4, true);
  if (size > bytes.length * BEST_RATIO) throw malformed('gzip', `${size} bytes cannot come out of ${bytes.length}`);
  checkLimit('gzip', size, limitBytes);
  const output = inflate(bytes, size);
  if (crc32(output) !== view.getUint32(bytes.length - 8, true)) throw malformed('gzip', 'the checksum does not match');
  return output;
}

/** In small pieces, so that a length which is a lie comes to light after a megabyte and not after a thousand. */
function inflate(bytes: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  const stream = new Gunzip((part) => {
    if (at + part.length > size) throw malformed('gzip', `it announces ${size} bytes and has more`);
    output.set(part, at);
    at += part.length;
  });
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    push(stream, bytes.subarray(from, from + PIECE_BYTES), from + PIECE_BYTES >= bytes.length);
  }
  if (at < size) throw malformed('gzip', `it announces ${size} bytes and has ${at}`);
  return output;
}

function push(stream: Gunzip, piece: Uint8Array, isLast: boolean): void {
  try {
    stream.push(piece, isLast);
  } catch (error) {
    if (error instanceof MalformedBytes) throw error;
    throw malformed('gzip', error instanceof Error ? error.message : String(error));
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC of gzip: another polynomial than that of record batches, CRC-32C. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
