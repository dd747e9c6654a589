/**
 * A block of lz4: sequences, each of some literals and a copy.
 *
 * A sequence begins with one byte that has the number of literals in its upper half and the length of the copy in its lower one. Fifteen
 * in a half means: more follows, in bytes that are added up until one is not 255. A copy says in two bytes how far back it begins. The
 * last sequence is literals alone.
 *
 * Source: lz4/lz4, `doc/lz4_Block_format.md`.
 */
import { copyWithin, eachMatch } from './matches.ts';
import { malformed } from './unpacked.ts';

const SMALLEST_MATCH = 4;
const MORE = 15;

/** The most that a block of so many bytes can become. */
export function largestBlock(bytes: number): number {
  return bytes + Math.ceil(bytes / 255) + 16;
}

/** Packs `bytes` from `from` to `to`, at most 64 KiB, into `output` from `start` on. Answers where it ends. */
export function writeBlock(bytes: Uint8Array, from: number, to: number, output: Uint8Array, start: number): number {
  let at = start;
  const left = eachMatch(bytes, from, to, (literalsFrom, matchAt, offset, length) => {
    at = writeLiterals(bytes, literalsFrom, matchAt, length - SMALLEST_MATCH, output, at);
    output[at++] = offset & 0xff;
    output[at++] = offset >> 8;
    at = writeMore(length - SMALLEST_MATCH, output, at);
  });
  return writeLiterals(bytes, left, to, 0, output, at);
}

function writeLiterals(
  bytes: Uint8Array,
  from: number,
  to: number,
  copy: number,
  output: Uint8Array,
  start: number,
): number {
  output[start] = (Math.min(to - from, MORE) << 4) | Math.min(copy, MORE);
  const at = writeMore(to - from, output, start + 1);
  output.set(bytes.subarray(from, to), at);
  return at + to - from;
}

function writeMore(length: number, output: Uint8Array, start: number): number {
  if (length < MORE) return start;
  let at = start;
  let rest = length - MORE;
  for (; rest >= 255; rest -= 255) output[at++] = 255;
  output[at++] = rest;
  return at;
}

/**
 * Goes through a block and, given an `output`, unpacks it there from `start` on; copies may reach back to the beginning of `output`. Without one
 * it only finds out how much there is. Answers where the output ends. Throws `MalformedBytes`.
 */
export function readBlock(block: Uint8Array, output: Uint8Array | null, start: number): number {
  let at = 0;
  let out = start;
  const lengthAfter = (half: number): number => {
    let length = half;
    if (half < MORE) return length;
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= block.length) throw malformed('lz4', 'a block ends in the middle of a length');
      byte = block[at++];
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = lengthAfter(token >> 4);
    if (at + literals > block.length) throw malformed('lz4', 'literals run over the end of their block');
    output?.set(block.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    if (at === block.length) return out;
    if (at + 2 > block.length) throw malformed('lz4', 'a block ends in the middle of an offset');
    const offset = block[at] | (block[at + 1] << 8);
    at += 2;
    if (offset === 0 || offset > out) throw malformed('lz4', 'a copy from before the beginning');
    const length = lengthAfter(token & MORE) + SMALLEST_MATCH;
    if (output) copyWithin(output, out, offset, length);
    out += length;
  }
  throw malformed('lz4', 'a block that does not end with literals');
}
