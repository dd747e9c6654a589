/**
 * lz4, in the frame that Kafka uses.
 *
 * Written is what Java's Kafka writes: independent blocks of 64 KiB, no checksums but that of the header, no content size. Read is more than
 * that: larger blocks, blocks that copy from the ones before them, block checksums, content size and content checksum, all of which are checked.
 * The size is found out in a first pass over the blocks, and memory is taken after it has been compared with the limit.
 *
 * Source: lz4/lz4, `doc/lz4_Frame_format.md`; Kafka's `Lz4BlockOutputStream.java` and `Lz4BlockInputStream.java`.
 */
import { largestBlock, readBlock, writeBlock } from './lz4Block.ts';
import { checkLimit, malformed } from './unpacked.ts';
import { xxhash32 } from './xxhash32.ts';

const MAGIC = 0x184d2204;
const VERSION = 0x40;
const VERSION_MASK = 0xc0;
const INDEPENDENT_BLOCKS = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const RESERVED = 0x03;
/** Set in the length of a block that is stored as it is. */
const STORED = 0x80000000;
/** The code of 64 KiB, in the byte that says how large blocks may be. */
const CODE_OF_64_KIB = 4;
const BLOCK_BYTES = 64 * 1024;

export function compressLz4(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const output = new Uint8Array(11 + blocks * (4 + largestBlock(BLOCK_BYTES) - BLOCK_BYTES) + bytes.length);
  const view = new DataView(output.buffer);
  view.setUint32(0, MAGIC, true);
  output[4] = VERSION | INDEPENDENT_BLOCKS;
  output[5] = CODE_OF_64_KIB << 4;
  output[6] = headerChecksum(output.subarray(4, 6));
  let at = 7;
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const to = Math.min(from + BLOCK_BYTES, bytes.length);
    let end = writeBlock(bytes, from, to, output, at + 4);
    const stored = end - at - 4 >= to - from;
    if (stored) {
      output.set(bytes.subarray(from, to), at + 4);
      end = at + 4 + to - from;
    }
    view.setUint32(at, (end - at - 4 + (stored ? STORED : 0)) >>> 0, true);
    at = end;
  }
  view.setUint32(at, 0, true);
  return output.slice(0, at + 4);
}

/** Throws `MalformedBytes`, also when the result would pass `limitBytes`. */
export function decompressLz4(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const frame = readFrame(bytes);
  const output = new Uint8Array(measure(bytes, frame, limitBytes));
  let at = 0;
  for (const { from, to, stored } of frame.blocks) {
    const content = bytes.subarray(from, to);
    if (stored) output.set(content, at);
    at = stored ? at + content.length : readBlock(content, output, at);
  }
  if (frame.contentChecksum !== undefined && xxhash32(output) !== frame.contentChecksum) {
    throw malformed('lz4', 'the checksum of the content does not match');
  }
  return output;
}

interface Block {
  /** Where its content lies. */
  readonly from: number;
  readonly to: number;
  readonly stored: boolean;
}

interface Frame {
  readonly blocks: readonly Block[];
  readonly largestBlockBytes: number;
  readonly contentSize: number | undefined;
  readonly contentChecksum: number | undefined;
}

// #region measure
function measure(bytes: Uint8Array, { blocks, largestBlockBytes, contentSize }: Frame, limitBytes: number): number {
  if (contentSize !== undefined) checkLimit('lz4', contentSize, limitBytes);
  let size = 0;
  for (const { from, to, stored } of blocks) {
    const end = stored ? size + to - from : readBlock(bytes.subarray(from, to), null, size);
    if (end - size > largestBlockBytes) {
      throw malformed('lz4', `a block of ${end - size} bytes, where ${largestBlockBytes} are the most`);
    }
    size = end;
    checkLimit('lz4', size, limitBytes);
  }
  if (contentSize !== undefined && contentSize !== size) {
    throw malformed('lz4', `a frame that announces ${contentSize} bytes has ${size}`);
  }
  return size;
}
// #endregion measure

function readFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const uint32 = (at: number): number => {
    if (at + 4 > bytes.length) throw malformed('lz4', `the frame ends after ${bytes.length} bytes, in the middle`);
    return view.getUint32(at, true);
  };
  if (uint32(0) !== MAGIC) throw malformed('lz4', 'this is not a frame of lz4');
  if (bytes.length < 7) throw malformed('lz4', 'the frame ends in its header');
  const flags = bytes[4];
  const sizeCode = bytes[5] >> 4;
  if ((flags & VERSION_MASK) !== VERSION || (flags & RESERVED) !== 0 || bytes[5] & 0x8f || sizeCode < CODE_OF_64_KIB) {
    throw malformed('lz4', 'a frame of another version, with a dictionary, or with reserved bits set');
  }
  const contentSize = flags & CONTENT_SIZE ? uint32(6) + uint32(10) * 2 ** 32 : undefined;
  const headerEnd = flags & CONTENT_SIZE ? 14 : 6;
  if (bytes[headerEnd] !== headerChecksum(bytes.subarray(4, headerEnd))) {
    throw malformed('lz4', 'the checksum of the header does not match');
  }
  const blocks: Block[] = [];
  let at = headerEnd + 1;
  for (let length = uint32(at); length !== 0; length = uint32(at)) {
    const stored = length >= STORED;
    const end = at + 4 + (stored ? length - STORED : length);
    if (end > bytes.length) throw malformed('lz4', `the block at byte ${at} does not end in the frame`);
    blocks.push({ from: at + 4, to: end, stored });
    const content = bytes.subarray(at + 4, end);
    at = end;
    if (flags & BLOCK_CHECKSUMS) {
      if (uint32(at) !== xxhash32(content)) throw malformed('lz4', 'the checksum of a block does not match');
      at += 4;
    }
  }
  const end = flags & CONTENT_CHECKSUM ? at + 8 : at + 4;
  const contentChecksum = flags & CONTENT_CHECKSUM ? uint32(at + 4) : undefined;
  if (end !== bytes.length) throw malformed('lz4', `${bytes.length - end} bytes are left behind the frame`);
  return { blocks, largestBlockBytes: 256 << (2 * sizeCode), contentSize, contentChecksum };
}

function headerChecksum(descriptor: Uint8Array): number {
  return (xxhash32(descriptor) >>> 8) & 0xff;
}
