/** What the tests of codecs pack and unpack. */
import fc from 'fast-check';
import { concat } from '../../lib/bytes/writer.ts';

export const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
export const utf8 = (text: string) => new TextEncoder().encode(text);

/** Twelve records of a ledger, 358 bytes. */
export const ledger = utf8(
  Array.from({ length: 12 }, (_, index) => `{"account":"Ada","amount":${(index * 37) % 100}}\n`).join(''),
);

/** As a real one: names come again, amounts do not. */
export function ledgerOf(records: number, seed: number): Uint8Array {
  let random = seed;
  const next = (below: number) => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return (random >>> 8) % below;
  };
  const names = ['Ada', 'Bob', 'Chen', 'Dana', 'Ewa', 'Femi'];
  const lines = Array.from({ length: records }, () => `{"account":"${names[next(6)]}","amount":${next(100_000)}}\n`);
  return utf8(lines.join(''));
}

/** `ledger` as Kafka 4.3.1 packs it, with zlib, snappy-java 1.1.10.7, lz4-java 1.10.2 and zstd-jni 1.5.6-10 (`Compression.of(…).build()`). */
export const byJava = {
  gzip: hex(
    '1f8b08000000000000ffab564a4c4ece2fcd2b51b252724c4954d2514acc85700d6ab9aa714a1a9be3933537c1276b68884fd6c4029f' +
      'ac85293e5923237cb2a696f8642dcdf0fad718af7ff1861530a8008114e46166010000',
  ),
  snappy: hex(
    '82534e415050590000000001000000010000005fe6024c7b226163636f756e74223a22416461222c22616d090f08307d0a661d000433376e' +
      '1e000437346e1e000431316e1e000434386e1e000438356e1e000432326e1e000435396e1e000439366e1e000433336e1e000037722c0108' +
      '377d0a',
  ),
  lz4: hex(
    '04224d1860408260000000f2057b226163636f756e74223a22416461222c22616d0f003f307d0a1d00072f33371e00092f37341e00092f31' +
      '311e00092f34381e00092f38351e00092f32321e00092f35391e00092f39361e00092f33331e00091f372c010850223a377d0a00000000',
  ),
  zstd: hex(
    '28b52ffd00585c0200d4027b226163636f756e74223a22416461222c22616d307d0a33373734313134383835323235393936333337307d0a' +
      '0c00e0c680c180c180c180c180c180c180c180c1413118283b083699010000',
  ),
};

/** Bytes as records have them: pieces that come again, long runs, and some noise, at times over the borders of blocks (32, 64 and 128 KiB). */
export const contents: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.record({
      piece: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      times: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 30 }) }, fc.integer({ min: 1, max: 9_000 })),
    }),
    { maxLength: 12 },
  )
  .map((pieces) => concat(pieces.flatMap(({ piece, times }) => Array.from({ length: times }, () => piece))));

export const ledgers: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.integer({ min: 0, max: 5_000 }), fc.nat())
  .map(([records, seed]) => ledgerOf(records, seed));

/** Whether two arrays hold the same bytes: as `toEqual`, which takes a second for every megabyte. */
export const same = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);
