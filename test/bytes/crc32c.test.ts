import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../lib/bytes/crc32c.ts';

const text = (words: string) => new TextEncoder().encode(words);

/** The definition, one bit after the other. */
function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('CRC-32C', () => {
  test.each([
    ['nothing', new Uint8Array(0), 0x00000000],
    ['the check value of the catalogues', text('123456789'), 0xe3069283],
    ['32 zeros (RFC 3720, B.4)', new Uint8Array(32), 0x8a9136aa],
    ['32 ones (RFC 3720, B.4)', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31 (RFC 3720, B.4)', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ['31 to 0 (RFC 3720, B.4)', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ['a sentence', text('The quick brown fox jumps over the lazy dog'), 0x22620404],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('is what the definition says, for any bytes at any place in a larger array', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, before) => {
        const padded = new Uint8Array(before + bytes.length + 3).fill(0xa5);
        padded.set(bytes, before);
        expect(crc32c(padded, before, before + bytes.length)).toBe(bitByBit(bytes));
      }),
    );
  });

  test('of two pieces is that of the whole, when the first is the seed of the second', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, wish) => {
        const cut = Math.min(wish, bytes.length);
        expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(crc32c(bytes));
      }),
    );
  });
});
