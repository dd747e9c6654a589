/**
 * Snappy: quick and modest.
 *
 * A block of snappy is its unpacked length as a varint, and then literals and copies. Java's Kafka puts blocks into a frame, that of the
 * xerial library: sixteen bytes of header, then each block with its length before it. Others, librdkafka among them, write one bare block;
 * both are read here, and the frame is written.
 *
 * A decoder must not believe the length that a block announces. So a first pass over the literals and copies adds up what they really come to,
 * and only then is memory taken.
 *
 * Source: google/snappy, `format_description.txt`; xerial/snappy-java, `SnappyOutputStream.java`; Kafka's `SnappyCompression.java`.
 */
import { copyWithin, eachMatch } from './matches.ts';
import { checkLimit, malformed } from './unpacked.ts';

/** 0x82 SNAPPY 0x00, the version of the frame and the oldest version that can read it, both 1. */
const FRAME_HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const MAGIC_BYTES = 8;
/** What the xerial library, too, packs at a time. Kept under 64 KiB, two bytes are enough for an offset. */
const BLOCK_BYTES = 32 * 1024;

const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;

export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  // A block that does not compress grows by three bytes for each of its literals; 32 and a sixth is the bound of the original.
  const output = new Uint8Array(FRAME_HEADER.length + blocks * 40 + bytes.length + Math.ceil(bytes.length / 6));
  output.set(FRAME_HEADER);
  const view = new DataView(output.buffer);
  let at = FRAME_HEADER.length;
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const end = writeBlock(bytes, from, Math.min(from + BLOCK_BYTES, bytes.length), output, at + 4);
    view.setUint32(at, end - at - 4);
    at = end;
  }
  return output.slice(0, at);
}

/** Throws `MalformedBytes`, also when the result would pass `limitBytes`. */
export function decompressSnappy(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const blocks = () => (isFramed(bytes) ? framedBlocks(bytes) : [bytes]);
  let size = 0;
  for (const block of blocks()) {
    size += measure(block);
    checkLimit('snappy', size, limitBytes);
  }
  const output = new Uint8Array(size);
  let at = 0;
  for (const block of blocks()) at = readBlock(block, output, at);
  return output;
}

// #region frame
function isFramed(bytes: Uint8Array): boolean {
  for (let at = 0; at < MAGIC_BYTES; at++) if (bytes[at] !== FRAME_HEADER[at]) return false;
  return true;
}

function* framedBlocks(bytes: Uint8Array): Iterable<Uint8Array> {
  if (bytes.length < FRAME_HEADER.length) throw malformed('snappy', 'the frame ends in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = FRAME_HEADER.length; at < bytes.length; ) {
    // Another frame may follow, as Java has it.
    if (isFramed(bytes.subarray(at))) {
      at += FRAME_HEADER.length;
      continue;
    }
    const length = at + 4 <= bytes.length ? view.getInt32(at) : -1;
    const end = at + 4 + length;
    if (length < 0 || end > bytes.length)
      throw malformed('snappy', `the block at byte ${at} does not end in the frame`);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}
// #endregion frame

// #region write
function writeBlock(bytes: Uint8Array, from: number, to: number, output: Uint8Array, start: number): number {
  let at = start;
  for (let rest = to - from; ; rest >>>= 7) {
    output[at++] = rest < 0x80 ? rest : (rest & 0x7f) | 0x80;
    if (rest < 0x80) break;
  }
  const left = eachMatch(bytes, from, to, (literalsFrom, matchAt, offset, length) => {
    at = writeLiterals(bytes, literalsFrom, matchAt, output, at);
    at = writeCopy(offset, length, output, at);
  });
  return writeLiterals(bytes, left, to, output, at);
}

function writeLiterals(bytes: Uint8Array, from: number, to: number, output: Uint8Array, start: number): number {
  if (from === to) return start;
  const last = to - from - 1;
  let at = start;
  if (last < 60) output[at++] = last << 2;
  else if (last < 256) {
    output[at++] = 60 << 2;
    output[at++] = last;
  } else {
    output[at++] = 61 << 2;
    output[at++] = last & 0xff;
    output[at++] = last >> 8;
  }
  output.set(bytes.subarray(from, to), at);
  return at + to - from;
}

/** One copy has at most 64 bytes. A longer one is cut so that no piece is shorter than the four bytes that the short form begins with. */
function writeCopy(offset: number, length: number, output: Uint8Array, start: number): number {
  let at = start;
  for (let rest = length; rest > 0; ) {
    const part = rest <= 64 ? rest : rest < 68 ? 60 : 64;
    if (part < 12 && offset < 2048) {
      output[at++] = COPY_1 | ((part - 4) << 2) | ((offset >> 8) << 5);
      output[at++] = offset & 0xff;
    } else {
      output[at++] = COPY_2 | ((part - 1) << 2);
      output[at++] = offset & 0xff;
      output[at++] = offset >> 8;
    }
    rest -= part;
  }
  return at;
}
// #endregion write

// #region read
/** What a block unpacks to, found out without unpacking it. Throws when that is not what the block announces. */
function measure(block: Uint8Array): number {
  const announced = readLength(block);
  const size = walk(block, announced.end, null, 0);
  if (size !== announced.length) {
    throw malformed('snappy', `a block that announces ${announced.length} bytes has ${size}`);
  }
  return size;
}

function readBlock(block: Uint8Array, output: Uint8Array, at: number): number {
  return walk(block, readLength(block).end, output, at);
}

function readLength(block: Uint8Array): { length: number; end: number } {
  let length = 0;
  for (let at = 0; at < 5 && at < block.length; at++) {
    length += (block[at] & 0x7f) * 2 ** (7 * at);
    if (block[at] < 0x80) return { length, end: at + 1 };
  }
  throw malformed('snappy', 'a block without its length');
}

/** Goes through literals and copies and, given an `output`, writes what they say from `start` on. Answers where the output ends. */
function walk(block: Uint8Array, from: number, output: Uint8Array | null, start: number): number {
  let out = start;
  for (let at = from; at < block.length; ) {
    const tag = block[at++];
    if ((tag & 3) === LITERAL) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        length = littleEndian(block, at, bytes) + 1;
        at += bytes;
      }
      if (at + length > block.length) throw malformed('snappy', 'a literal runs over the end of its block');
      output?.set(block.subarray(at, at + length), out);
      at += length;
      out += length;
      continue;
    }
    const short = (tag & 3) === COPY_1;
    const bytes = short ? 1 : (tag & 3) === COPY_2 ? 2 : 4;
    const length = short ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = littleEndian(block, at, bytes) + (short ? (tag >> 5) << 8 : 0);
    at += bytes;
    if (offset === 0 || offset > out - start)
      throw malformed('snappy', 'a copy from before the beginning of its block');
    if (output) copyWithin(output, out, offset, length);
    out += length;
  }
  return out;
}

function littleEndian(block: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > block.length) throw malformed('snappy', 'a block ends in the middle of a number');
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + block[at + index];
  return value;
}
// #endregion read
