/**
 * zstd, for reading.
 *
 * Why not a library: of those that are synchronous and run in the page, the best-kept one trusts what it reads. A frame of 25 bytes keeps it busy
 * for eight seconds, and a batch may hold thousands of them. So this is a decoder of our own, which checks each step before it takes it.
 *
 * How large the content is, is found out before memory is taken: from the frame, if it says so, and in any case from the heads of its
 * blocks, which say what each can become at most. Writing zstd is another matter, and left to Node (`lib/node/codecs.ts`).
 *
 * The checksum of the content, if there is one, is not looked at: the batch around it has its own.
 *
 * Source: RFC 8878.
 */
import { checkLimit, malformed, tooMuch } from './unpacked.ts';
import { type FrameState, LARGEST_BLOCK_BYTES, readBlock } from './zstdBlock.ts';

const MAGIC = 0xfd2fb528;
/** Frames of these sixteen numbers hold something for somebody else. */
const SKIPPED_MAGIC = 0x184d2a50;
const CHECKSUM_BYTES = 4;

type BlockType = 'stored' | 'one byte' | 'compressed';
const blockTypes: readonly (BlockType | undefined)[] = ['stored', 'one byte', 'compressed', undefined];

interface Block {
  readonly type: BlockType;
  /** Where its content lies. */
  readonly from: number;
  readonly to: number;
  /** Exact, but for compressed blocks, of which it is the most. */
  readonly size: number;
}

interface Frame {
  readonly blocks: readonly Block[];
  readonly contentSize: number | undefined;
}

/** Throws `MalformedBytes`, also when the result would pass `limitBytes`. */
export function decompressZstd(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const frames = readFrames(bytes);
  const output = new Uint8Array(measure(frames, limitBytes));
  let at = 0;
  for (const frame of frames) at = unpack(bytes, frame, output, at);
  // What was taken too much is not held on to by the records that lie in it.
  return at === output.length ? output : output.slice(0, at);
}

// #region measure
/** What the content can be at most, and never more than the limit. Throws when it is more than that for certain. */
function measure(frames: readonly Frame[], limitBytes: number): number {
  let least = 0;
  let most = 0;
  for (const { blocks, contentSize } of frames) {
    const exact = blocks.reduce((sum, { type, size }) => sum + (type === 'compressed' ? 0 : size), 0);
    const possible = blocks.reduce((sum, { size }) => sum + size, 0);
    if (contentSize !== undefined && (contentSize < exact || contentSize > possible)) {
      throw malformed('zstd', `a frame announces ${contentSize} bytes, which its blocks do not have`);
    }
    least += contentSize ?? exact;
    most += contentSize ?? possible;
    checkLimit('zstd', least, limitBytes);
  }
  return Math.min(most, limitBytes);
}
// #endregion measure

// #region unpack
function unpack(bytes: Uint8Array, { blocks, contentSize }: Frame, output: Uint8Array, start: number): number {
  const state: FrameState = { output, start, huffman: undefined, tables: undefined, offsets: [1, 4, 8] };
  let at = start;
  for (const { type, from, to, size } of blocks) {
    if (type === 'compressed') {
      at = readBlock(bytes.subarray(from, to), state, at);
      continue;
    }
    if (at + size > output.length) throw tooMuch('zstd');
    if (type === 'stored') output.set(bytes.subarray(from, to), at);
    else output.fill(bytes[from], at, at + size);
    at += size;
  }
  if (contentSize !== undefined && at - start !== contentSize) {
    throw malformed('zstd', `a frame that announces ${contentSize} bytes has ${at - start}`);
  }
  return at;
}
// #endregion unpack

// #region frames
function readFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const magic = littleEndian(bytes, at, 4);
    if (magic >= SKIPPED_MAGIC && magic < SKIPPED_MAGIC + 16) {
      at += 8 + littleEndian(bytes, at + 4, 4);
      if (at > bytes.length) throw malformed('zstd', 'a frame to be skipped runs over the end');
      continue;
    }
    if (magic !== MAGIC) throw malformed('zstd', 'this is not a frame of zstd');
    const { frame, end } = readFrame(bytes, at + 4);
    frames.push(frame);
    at = end;
  }
  if (frames.length === 0) throw malformed('zstd', 'there is no frame');
  return frames;
}

function readFrame(bytes: Uint8Array, from: number): { frame: Frame; end: number } {
  const descriptor = littleEndian(bytes, from, 1);
  const single = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  if (descriptor & 0x08) throw malformed('zstd', 'a reserved bit is set');
  if (descriptor & 0x03) throw malformed('zstd', 'this was made with a dictionary, which Kafka does not have');
  // A frame in one segment has no window of its own: its content is its window.
  let at = from + (single ? 1 : 2);
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (single ? 1 : 0) : 1 << sizeCode;
  const contentSize = sizeBytes === 0 ? undefined : littleEndian(bytes, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  at += sizeBytes;
  const blocks: Block[] = [];
  for (let isLast = false; !isLast; ) {
    const head = littleEndian(bytes, at, 3);
    isLast = (head & 1) === 1;
    const type = blockTypes[(head >> 1) & 3];
    const size = head >> 3;
    if (type === undefined || size > LARGEST_BLOCK_BYTES) throw malformed('zstd', 'a block of no known kind');
    const end = at + 3 + (type === 'one byte' ? 1 : size);
    if (end > bytes.length) throw malformed('zstd', `the block at byte ${at} runs over the end`);
    blocks.push({ type, from: at + 3, to: end, size: type === 'compressed' ? LARGEST_BLOCK_BYTES : size });
    at = end;
  }
  if (hasChecksum) at += CHECKSUM_BYTES;
  if (at > bytes.length) throw malformed('zstd', 'the frame ends before its checksum');
  return { frame: { blocks, contentSize }, end: at };
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw malformed('zstd', `it ends after ${bytes.length} bytes, in the middle`);
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + bytes[at + index];
  return value;
}
// #endregion frames
