/** What is packed is unpacked again: by ourselves, by Node, and what Java has packed as well. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { Zstd } from '@hpcc-js/wasm-zstd';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat } from '../../lib/bytes/writer.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { eachMatch } from '../../lib/codecs/matches.ts';
import { xxhash32 } from '../../lib/codecs/xxhash32.ts';
import { nodeCodecs } from '../../lib/node/codecs.ts';
import { byJava, contents, hex, ledger, ledgerOf, ledgers, same, utf8 } from './sample.ts';

const LIMIT = 64 * 1024 * 1024;
const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const worlds = { 'the simulated world': portableCodecs, Node: nodeCodecs };

describe.each(Object.entries(worlds))('in %s', (_, codecs) => {
  test.each(codecNames)('what Java packed with %s is read', (codec) => {
    expect(codecs.decompress(codec, byJava[codec], LIMIT)).toEqual(ledger);
  });

  test.each(codecNames.filter((codec) => codec !== 'zstd' || codecs === nodeCodecs))(
    'whatever is packed with %s comes back',
    async (codec) => {
      await codecs.prepare(codec);
      fc.assert(
        fc.property(fc.oneof(contents, ledgers), (content) => {
          expect(same(codecs.decompress(codec, codecs.compress(codec, content), LIMIT), content)).toBe(true);
        }),
      );
    },
  );

  test('the same bytes are packed into the same bytes', async () => {
    for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
      expect(codecs.compress(codec, ledger)).toEqual(codecs.compress(codec, Uint8Array.from(ledger)));
    }
  });

  test('what does not compress grows by little', () => {
    let seed = 1;
    const noise = Uint8Array.from({ length: 200_000 }, () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed >>> 24;
    });
    for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
      expect(codecs.compress(codec, noise).length, codec).toBeLessThan(200_200);
    }
  });

  test('nothing is packed into very little, and comes back as nothing', () => {
    for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
      const packed = codecs.compress(codec, new Uint8Array(0));
      expect(packed.length, codec).toBeLessThan(25);
      expect(codecs.decompress(codec, packed, LIMIT)).toEqual(new Uint8Array(0));
    }
  });
});

describe('gzip', () => {
  test('of the simulated world is read by Node, and the other way round', () => {
    fc.assert(
      fc.property(contents, (content) => {
        expect(same(gunzipSync(portableCodecs.compress('gzip', content)), content)).toBe(true);
        expect(same(portableCodecs.decompress('gzip', gzipSync(content), LIMIT), content)).toBe(true);
      }),
    );
  });
});

test.each(['gzip', 'snappy'] as const)('several pieces of %s, one behind the other, are read as one', (codec) => {
  fc.assert(
    fc.property(fc.array(contents, { minLength: 2, maxLength: 4 }), (pieces) => {
      const packed = concat(pieces.map((piece) => portableCodecs.compress(codec, piece)));
      expect(same(portableCodecs.decompress(codec, packed, LIMIT), concat(pieces))).toBe(true);
      expect(same(nodeCodecs.decompress(codec, packed, LIMIT), concat(pieces))).toBe(true);
    }),
  );
});

describe('snappy', () => {
  test('is written in the frame that Java reads', () => {
    expect(portableCodecs.compress('snappy', ledger).subarray(0, 16)).toEqual(byJava.snappy.subarray(0, 16));
  });

  test('is read without a frame too: one bare block', () => {
    expect(portableCodecs.decompress('snappy', byJava.snappy.subarray(20), LIMIT)).toEqual(ledger);
    expect(portableCodecs.decompress('snappy', hex('051068656c6c6f'), LIMIT)).toEqual(utf8('hello'));
  });
});

/** The frames were made with the command `lz4` 1.9.4. */
describe('lz4', () => {
  const content = utf8('Ada pays Bob. '.repeat(60));

  test.each([
    [
      'a content size and a checksum of the content',
      '04224d186c404803000000000000e51b000000ef416461207061797320426f622e200e00ffffff2550426f622e200000000023f5e759',
    ],
    [
      'checksums of blocks',
      '04224d187440bd1b000000ef416461207061797320426f622e200e00ffffff2550426f622e2082dcf9fe0000000023f5e759',
    ],
    ['no checksum at all', '04224d186040821b000000ef416461207061797320426f622e200e00ffffff2550426f622e2000000000'],
  ])('is read with %s', (_, frame) => {
    expect(portableCodecs.decompress('lz4', hex(frame), LIMIT)).toEqual(content);
  });

  test('is read when a block copies from the block before it', () => {
    const frame =
      `04224d1844405e18010000ef416461207061797320426f622e200e00${'ff'.repeat(256)}da50622e204164` +
      `1b0000000ffeff${'ff'.repeat(17)}6950426f622e200000000084534f63`;
    expect(portableCodecs.decompress('lz4', hex(frame), LIMIT)).toEqual(utf8('Ada pays Bob. '.repeat(5000)));
  });

  test('has the checksum of xxHash', () => {
    expect(xxhash32(utf8(''))).toBe(0x02cc5d05);
    expect(xxhash32(utf8('abc'))).toBe(0x32d153ff);
    expect(xxhash32(utf8('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
  });
});

/** Written by the zstd library itself, through the package that Node uses where it has no encoder of its own. */
describe('zstd', () => {
  let encoder: Zstd;
  beforeAll(async () => {
    encoder = await Zstd.load();
  });

  test('is read at every level, whatever the content', () => {
    fc.assert(
      fc.property(fc.oneof(contents, ledgers), fc.integer({ min: -5, max: 19 }), (content, level) => {
        expect(same(portableCodecs.decompress('zstd', encoder.compress(content, level), LIMIT), content)).toBe(true);
      }),
    );
  });

  test('is read when its blocks share their tables and the frame does not say how large it is', () => {
    const content = ledgerOf(40_000, 7);
    encoder.reset();
    const parts: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += 50_000) {
      parts.push(encoder.compressChunk(content.subarray(at, at + 50_000)));
    }
    parts.push(encoder.compressEnd());
    expect(same(portableCodecs.decompress('zstd', concat(parts), LIMIT), content)).toBe(true);
  });

  test('is read when there are several frames, and some to be skipped', () => {
    const skipped = hex('532a4d1803000000616263');
    const frames = [encoder.compress(ledger), skipped, encoder.compress(utf8('and more')), skipped];
    expect(portableCodecs.decompress('zstd', concat(frames), LIMIT)).toEqual(concat([ledger, utf8('and more')]));
  });
});

test('matches are true, in order, and leave the last bytes alone', () => {
  fc.assert(
    fc.property(contents, (content) => {
      const to = Math.min(content.length, 65_536);
      let end = 0;
      const rest = eachMatch(content, 0, to, (literalsFrom, at, offset, length) => {
        expect(literalsFrom).toBe(end);
        expect(same(content.subarray(at, at + length), content.subarray(at - offset, at - offset + length))).toBe(true);
        end = at + length;
      });
      expect(rest).toBe(end);
      expect(end === 0 || end <= to - 5).toBe(true);
    }),
  );
});
