/**
 * A compressed block of zstd: first all literals of the block, in a Huffman code of their own, then the sequences that say how
 * many of them come next, and what to copy after them.
 *
 * A block never becomes more than 128 KiB. That is checked at every step, as everything else is: the few bytes of a block can describe
 * a hundred thousand copies of a hundred thousand bytes each, and a decoder that believes them is busy for hours.
 *
 * Source: RFC 8878, section 3.1.1.3.
 */
import { copyWithin } from './matches.ts';
import { malformed, tooMuch } from './unpacked.ts';
import { BackwardBits } from './zstdBits.ts';
import {
  type FseTable,
  fseTable,
  type HuffmanTable,
  readFseTable,
  readHuffmanTable,
  singleSymbolTable,
} from './zstdTables.ts';

export const LARGEST_BLOCK_BYTES = 128 * 1024;

/** What later blocks of a frame may take over from earlier ones, and the output that copies reach back into. */
export interface FrameState {
  readonly output: Uint8Array;
  /** Where the frame begins in the output. */
  readonly start: number;
  huffman: HuffmanTable | undefined;
  tables: Tables | undefined;
  /** The last three offsets, the latest first. */
  readonly offsets: [number, number, number];
}

interface Tables {
  readonly literalLengths: FseTable;
  readonly offsets: FseTable;
  readonly matchLengths: FseTable;
}

/** Unpacks a block into the output from `at` on. Answers where it ends there. Throws `MalformedBytes`. */
export function readBlock(block: Uint8Array, frame: FrameState, at: number): number {
  const { literals, end } = readLiterals(block, frame);
  return runSequences(block, end, literals, frame, at);
}

// #region literals
const STORED = 0;
const ONE_BYTE = 1;
const TREELESS = 3;

function readLiterals(block: Uint8Array, frame: FrameState): { literals: Uint8Array; end: number } {
  const type = block[0] & 3;
  const format = (block[0] >> 2) & 3;
  if (type === STORED || type === ONE_BYTE) {
    const headBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
    const size = number(block, 0, headBytes) >> (headBytes === 1 ? 3 : 4);
    checkSize(size);
    const end = headBytes + (type === STORED ? size : 1);
    if (end > block.length) throw malformed('zstd', 'the literals run over the end of their block');
    if (type === STORED) return { literals: block.subarray(headBytes, end), end };
    return { literals: new Uint8Array(size).fill(block[headBytes]), end };
  }
  const headBytes = Math.max(3, format + 2);
  const sizeBits = headBytes * 4 - 2;
  const sizes = number(block, 0, headBytes);
  const size = Math.floor(sizes / 16) % 2 ** sizeBits;
  const packed = Math.floor(sizes / 2 ** (4 + sizeBits));
  checkSize(size);
  const end = headBytes + packed;
  if (end > block.length) throw malformed('zstd', 'the literals run over the end of their block');
  let at = headBytes;
  if (type !== TREELESS) {
    const read = readHuffmanTable(block, at, end);
    frame.huffman = read.table;
    at = read.end;
  }
  if (frame.huffman === undefined) throw malformed('zstd', 'a block takes over a Huffman table that was never there');
  const literals = new Uint8Array(size);
  if (format === 0) readStream(block, at, end, frame.huffman, literals);
  else readFourStreams(block, at, end, frame.huffman, literals);
  return { literals, end };
}

/** Literals may be cut into four streams, so that a processor can read them side by side. */
function readFourStreams(block: Uint8Array, from: number, to: number, table: HuffmanTable, literals: Uint8Array): void {
  const part = (literals.length + 3) >> 2;
  let at = from + 6;
  for (let index = 0; index < 4; index++) {
    const end = index < 3 ? at + number(block, from + 2 * index, 2) : to;
    if (end > to || at > end) throw malformed('zstd', 'a stream of literals runs over the end of its block');
    readStream(
      block,
      at,
      end,
      table,
      literals.subarray(index * part, index < 3 ? (index + 1) * part : literals.length),
    );
    at = end;
  }
}

function readStream(block: Uint8Array, from: number, to: number, table: HuffmanTable, literals: Uint8Array): void {
  const stream = new BackwardBits(block, from, to);
  const { log, symbols, bits } = table;
  for (let at = 0; at < literals.length; at++) {
    const pattern = stream.peek(log);
    literals[at] = symbols[pattern];
    stream.left -= bits[pattern];
  }
  if (stream.left !== 0) throw malformed('zstd', 'a stream of literals is longer or shorter than its block says');
}

function checkSize(size: number): void {
  if (size > LARGEST_BLOCK_BYTES) throw malformed('zstd', `a block with ${size} bytes of literals`);
}
// #endregion literals

// #region sequences
/** Lengths come as codes: small ones stand for themselves, each larger one for a range, in which bits that follow name the length. */
interface LengthCodes {
  readonly bits: readonly number[];
  readonly bases: readonly number[];
}

function lengthCodes(direct: number, smallest: number, more: readonly number[]): LengthCodes {
  const bits = [...Array.from({ length: direct }, () => 0), ...more];
  const bases: number[] = [];
  for (let code = 0, base = smallest; code < bits.length; base += 2 ** bits[code++]) bases.push(base);
  return { bits, bases };
}

const literalLengthCodes = lengthCodes(16, 0, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const matchLengthCodes = lengthCodes(32, 3, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const LARGEST_OFFSET_CODE = 31;

const repeated = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

/** For blocks too short to be worth tables of their own. */
const predefined: Tables = {
  literalLengths: fseTable(
    [4, 3, ...repeated(11, 2), 1, 1, 1, ...repeated(9, 2), 3, 2, ...repeated(5, 1), ...repeated(4, -1)],
    6,
  ),
  offsets: fseTable([...repeated(6, 1), 2, 2, 2, ...repeated(15, 1), ...repeated(5, -1)], 5),
  matchLengths: fseTable([1, 4, 3, ...repeated(6, 2), ...repeated(37, 1), ...repeated(7, -1)], 6),
};

function readTables(
  block: Uint8Array,
  from: number,
  modes: number,
  last: Tables | undefined,
): { tables: Tables; end: number } {
  let at = from;
  const one = (mode: number, name: keyof Tables, log: number, symbol: number): FseTable => {
    if (mode === 0) return predefined[name];
    if (mode === 1) {
      if (at >= block.length || block[at] > symbol) throw malformed('zstd', 'a table of an unknown symbol');
      return singleSymbolTable(block[at++]);
    }
    if (mode === 2) {
      const read = readFseTable(block, at, block.length, { log, symbol });
      at = read.end;
      return read.table;
    }
    if (last === undefined) throw malformed('zstd', 'a block takes over a table that was never there');
    return last[name];
  };
  const literalLengths = one(modes >> 6, 'literalLengths', 9, literalLengthCodes.bits.length - 1);
  const offsets = one((modes >> 4) & 3, 'offsets', 8, LARGEST_OFFSET_CODE);
  const matchLengths = one((modes >> 2) & 3, 'matchLengths', 9, matchLengthCodes.bits.length - 1);
  return { tables: { literalLengths, offsets, matchLengths }, end: at };
}

/** The number of sequences takes one, two or three bytes. */
function readCount(block: Uint8Array, at: number): { count: number; end: number } {
  const first = number(block, at, 1);
  if (first < 128) return { count: first, end: at + 1 };
  if (first < 255) return { count: ((first - 128) << 8) + number(block, at + 1, 1), end: at + 2 };
  return { count: number(block, at + 1, 2) + 0x7f00, end: at + 3 };
}

function runSequences(block: Uint8Array, from: number, literals: Uint8Array, frame: FrameState, start: number): number {
  const { output } = frame;
  const most = Math.min(output.length, start + LARGEST_BLOCK_BYTES);
  const checkRoom = (end: number): void => {
    if (end > most) throw tooMuch('zstd');
  };
  const { count, end: modesAt } = readCount(block, from);
  let out = start;
  let used = 0;
  if (count > 0) {
    const modes = number(block, modesAt, 1);
    if (modes & 3) throw malformed('zstd', 'reserved bits are set');
    const { tables, end } = readTables(block, modesAt + 1, modes, frame.tables);
    frame.tables = tables;
    const { literalLengths, offsets, matchLengths } = tables;
    const stream = new BackwardBits(block, end, block.length);
    let literalState = stream.read(literalLengths.log);
    let offsetState = stream.read(offsets.log);
    let matchState = stream.read(matchLengths.log);
    for (let left = count; left > 0; left--) {
      const offsetCode = offsets.symbols[offsetState];
      const matchCode = matchLengths.symbols[matchState];
      const literalCode = literalLengths.symbols[literalState];
      const offsetValue = 2 ** offsetCode + stream.read(offsetCode);
      const matchLength = matchLengthCodes.bases[matchCode] + stream.read(matchLengthCodes.bits[matchCode]);
      const literalLength = literalLengthCodes.bases[literalCode] + stream.read(literalLengthCodes.bits[literalCode]);
      if (left > 1) {
        literalState = literalLengths.bases[literalState] + stream.read(literalLengths.bits[literalState]);
        matchState = matchLengths.bases[matchState] + stream.read(matchLengths.bits[matchState]);
        offsetState = offsets.bases[offsetState] + stream.read(offsets.bits[offsetState]);
      }
      if (stream.left < 0) throw malformed('zstd', 'the sequences run over the end of their block');
      if (used + literalLength > literals.length)
        throw malformed('zstd', 'a sequence wants more literals than there are');
      checkRoom(out + literalLength + matchLength);
      output.set(literals.subarray(used, used + literalLength), out);
      used += literalLength;
      out += literalLength;
      const offset = offsetOf(offsetValue, literalLength, frame.offsets);
      if (offset < 1 || offset > out - frame.start) throw malformed('zstd', 'a copy from before the beginning');
      copyWithin(output, out, offset, matchLength);
      out += matchLength;
    }
    if (stream.left !== 0) throw malformed('zstd', 'bits are left behind the last sequence');
  } else if (modesAt !== block.length) throw malformed('zstd', 'bytes are left behind the literals');
  checkRoom(out + literals.length - used);
  output.set(literals.subarray(used), out);
  return out + literals.length - used;
}

/** The values 1 to 3 stand for the last three offsets, or, since the very last one makes no sense after no literals, for what comes after it. */
function offsetOf(value: number, literalLength: number, last: [number, number, number]): number {
  if (value > 3) {
    last[2] = last[1];
    last[1] = last[0];
    last[0] = value - 3;
    return last[0];
  }
  const index = value - 1 + (literalLength === 0 ? 1 : 0);
  const offset = index === 3 ? last[0] - 1 : last[index];
  if (index > 0) {
    if (index > 1) last[2] = last[1];
    last[1] = last[0];
    last[0] = offset;
  }
  return offset;
}
// #endregion sequences

/** A whole number of up to five bytes, the lowest first. */
function number(block: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > block.length) throw malformed('zstd', 'a block ends in the middle');
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + block[at + index];
  return value;
}
