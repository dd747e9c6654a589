/**
 * Finds what repeats: the half of a compressor that snappy and lz4 have in common.
 *
 * Both write a text as literals, bytes that are there as they are, and copies: "take so many bytes from so far back". They differ only in
 * how they write these two down. Where the copies come from is free, and here it is the fast way: remember the last place of
 * every four bytes in a small hash table, and take the first match that it offers. In a stretch without matches the steps grow longer,
 * since there are likely to be no matches further on either.
 */

const HASH_BITS = 13;
const SMALLEST_MATCH = 4;
/** lz4 wants its last five bytes literal, and no match that begins in the last twelve. snappy loses nothing worth having by keeping to it. */
const LAST_LITERALS = 5;
const LAST_MATCH_AT = 12;

/** Literals from `literalsFrom` up to `at`, where `length` bytes follow that also lie `offset` bytes before it. */
export type OnMatch = (literalsFrom: number, at: number, offset: number, length: number) => void;

/**
 * Calls `onMatch` for one match after the other in `bytes` from `from` to `to`, at most 65 536 bytes. Answers where the literals begin that
 * are left at the end.
 */
export function eachMatch(bytes: Uint8Array, from: number, to: number, onMatch: OnMatch): number {
  const places = new Uint16Array(1 << HASH_BITS);
  const lastStart = to - LAST_MATCH_AT;
  const lastEnd = to - LAST_LITERALS;
  let literalsFrom = from;
  let misses = 0;
  // Nothing lies before the first byte, so the search begins at the second.
  for (let at = from + 1; at <= lastStart; ) {
    const here = fourBytes(bytes, at);
    const slot = Math.imul(here, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = from + places[slot];
    places[slot] = at - from;
    // An empty slot offers the first byte: a place like any other, and checked like any other.
    if (candidate >= at || fourBytes(bytes, candidate) !== here) {
      at += 1 + (misses++ >> 5);
      continue;
    }
    let end = at + SMALLEST_MATCH;
    while (end < lastEnd && bytes[end] === bytes[end - at + candidate]) end++;
    onMatch(literalsFrom, at, at - candidate, end - at);
    literalsFrom = end;
    at = end;
    misses = 0;
  }
  return literalsFrom;
}

function fourBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Copies `length` bytes of `output` from `offset` bytes before `at` to `at`. The two may overlap: then what was just written is read again. */
export function copyWithin(output: Uint8Array, at: number, offset: number, length: number): void {
  if (offset >= length && length > 32) {
    output.copyWithin(at, at - offset, at - offset + length);
    return;
  }
  for (let index = at; index < at + length; index++) output[index] = output[index - offset];
}
