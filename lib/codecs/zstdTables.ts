/**
 * The tables of zstd's two entropy codes.
 *
 * A Huffman code gives every byte a code of whole bits, as in gzip. FSE, the finite state entropy code, also knows halves and
 * thirds of a bit: its state is a number, each state stands for a symbol, and the next state is a base plus some bits that are read.
 * A symbol that is frequent has many states, and so needs few bits to reach one of them.
 *
 * Source: RFC 8878, section 4.
 */
import { malformed } from './unpacked.ts';
import { BackwardBits } from './zstdBits.ts';

export interface FseTable {
  /** The first state is read from so many bits. */
  readonly log: number;
  readonly symbols: Uint8Array;
  /** For each state: how many bits to read, and what to add them to. */
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

export interface HuffmanTable {
  /** The longest code. The table has an entry for each pattern of so many bits. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

// #region fse
/** A count of -1 is less than one: the symbol has one state, from which the next one is read whole. */
export function fseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  const next = counts.map((count) => Math.abs(count));
  let rare = size;
  for (const [symbol, count] of counts.entries()) if (count < 0) symbols[--rare] = symbol;
  let at = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let index = 0; index < count; index++) {
      symbols[at] = symbol;
      do at = (at + (size >> 1) + (size >> 3) + 3) & (size - 1);
      while (at >= rare);
    }
  }
  for (let state = 0; state < size; state++) {
    const number = next[symbols[state]]++;
    bits[state] = log - 31 + Math.clz32(number);
    bases[state] = (number << bits[state]) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table of one symbol, which takes no bits at all. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), bases: Uint16Array.of(0) };
}

/** Reads the counts of a table and makes it. Answers where they end, too. */
export function readFseTable(
  bytes: Uint8Array,
  from: number,
  to: number,
  most: { readonly log: number; readonly symbol: number },
): { table: FseTable; end: number } {
  let position = from * 8;
  const peek = (count: number) => {
    const at = position >> 3;
    return ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) >> (position & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  position += 4;
  if (log > most.log) throw malformed('zstd', `a table of 2^${log} states, where 2^${most.log} are the most`);
  const counts: number[] = [];
  for (let left = 1 << log; left > 0; ) {
    // A count is at most what is left. Values that would need the last bit only to say "no" do without it.
    const width = 32 - Math.clz32(left + 1);
    const spare = (1 << width) - 2 - left;
    let value = peek(width - 1);
    if (value < spare) position += width - 1;
    else {
      value = peek(width);
      if (value >= 1 << (width - 1)) value -= spare;
      position += width;
    }
    counts.push(value - 1);
    left -= Math.abs(value - 1);
    if (value === 1) {
      // After a symbol that does not occur comes, in twos and threes, how many more do not.
      let more = 3;
      while (more === 3 && counts.length <= most.symbol) {
        more = peek(2);
        position += 2;
        for (let index = 0; index < more; index++) counts.push(0);
      }
    }
    if (left < 0 || counts.length > most.symbol + 1) throw malformed('zstd', 'the counts of a table do not add up');
  }
  const end = (position + 7) >> 3;
  if (end > to) throw malformed('zstd', 'a table runs over the end of its block');
  return { table: fseTable(counts, log), end };
}
// #endregion fse

// #region huffman
const LONGEST_CODE = 11;

/** Reads the weights of a Huffman code and makes its table. Answers where they end, too. */
export function readHuffmanTable(bytes: Uint8Array, from: number, to: number): { table: HuffmanTable; end: number } {
  const head = bytes[from];
  const packed = head < 128;
  const end = from + 1 + (packed ? head : (head - 126) >> 1);
  if (from >= to || end > to) throw malformed('zstd', 'a Huffman table runs over the end of its block');
  const weights = packed ? unpackWeights(bytes, from + 1, end) : plainWeights(bytes, from + 1, head - 127);
  return { table: huffmanTable(weights), end };
}

function plainWeights(bytes: Uint8Array, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const two = bytes[from + (index >> 1)];
    return index & 1 ? two & 15 : two >> 4;
  });
}

/** Two states take turns, until there are no bits left for one of them; then the other has one more symbol. */
function unpackWeights(bytes: Uint8Array, from: number, to: number): number[] {
  const { table, end } = readFseTable(bytes, from, to, { log: 6, symbol: 255 });
  const stream = new BackwardBits(bytes, end, to);
  const weights: number[] = [];
  let state = stream.read(table.log);
  let other = stream.read(table.log);
  while (weights.length < 255) {
    weights.push(table.symbols[state]);
    const next = table.bases[state] + stream.read(table.bits[state]);
    if (stream.left < 0) {
      weights.push(table.symbols[other]);
      return weights;
    }
    state = other;
    other = next;
  }
  throw malformed('zstd', 'a Huffman table of more than 256 symbols');
}

/** A weight says how many entries of the table a symbol has, as a power of two. The last symbol has what is left. */
function huffmanTable(weights: number[]): HuffmanTable {
  const entries = weights.reduce((sum, weight) => sum + ((1 << weight) >> 1), 0);
  const log = 32 - Math.clz32(entries);
  const left = (1 << log) - entries;
  const tooLong = log > LONGEST_CODE || weights.some((weight) => weight > LONGEST_CODE);
  if (entries === 0 || tooLong || weights.length > 255 || (left & (left - 1)) !== 0) {
    throw malformed('zstd', 'the weights of a Huffman table do not add up');
  }
  const all = [...weights, 32 - Math.clz32(left)];
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      bits.fill(log + 1 - weight, at, end);
      at = end;
    }
  }
  return { log, symbols, bits };
}
// #endregion huffman
