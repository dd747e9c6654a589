/**
 * What somebody with bad intentions, or a broken disk, may put into a batch. Each codec ends in `MalformedBytes`, soon, and takes no memory
 * for what it is only told of. A decoder that hangs is stopped by the time limit of the test.
 */
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedBytes, UnpacksToTooMuch } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { nodeCodecs } from '../../lib/node/codecs.ts';
import type { CodecName, Codecs } from '../../lib/world/world.ts';
import { byJava, hex, ledger } from './sample.ts';

const MIB = 1024 * 1024;
const LIMIT = 4 * MIB;
const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const worlds = { 'the simulated world': portableCodecs, Node: nodeCodecs };

/** Refused, and without having taken more than a little memory: what was taken is still there, since nothing has cleared it away. */
function refused(codecs: Codecs, codec: CodecName, bomb: Uint8Array, limitBytes = LIMIT): string {
  const before = process.memoryUsage().arrayBuffers;
  let message = 'it was accepted';
  try {
    codecs.decompress(codec, bomb, limitBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedBytes);
    message = (error as Error).message;
  }
  expect(process.memoryUsage().arrayBuffers - before, 'bytes taken').toBeLessThan(2 * limitBytes);
  return message;
}

const u32 = (value: number) => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);

/** 8,192 blocks, each the same byte 131,072 times: a gigabyte in 32 KiB. */
function zstdBomb(): Uint8Array {
  const block = (last: number) => Uint8Array.of(...u32((131_072 << 3) | (1 << 1) | last).subarray(0, 3), 0x61);
  const blocks = Array.from({ length: 8192 }, (_, index) => block(index === 8191 ? 1 : 0));
  return concat([hex('28b52ffd0058'), ...blocks]);
}

/** A block of 4 MiB in 16 KiB, 256 times over, which is a gigabyte in four megabytes; `blocks` says how much of it. */
function lz4Bomb(blocks: number): Uint8Array {
  const content = new Uint8Array(16_450).fill(255);
  content.set([0x1f, 0x61, 1, 0]);
  content.set([0, 0x50, 0x61, 0x61, 0x61, 0x61, 0x61], content.length - 7);
  const block = concat([u32(content.length), content]);
  return concat([hex('04224d18607073'), ...Array.from({ length: blocks }, () => block), u32(0)]);
}

describe.each(Object.entries(worlds))('a bomb in %s', (_, codecs) => {
  test('of zstd: a gigabyte in 32 KiB', () => {
    expect(zstdBomb().length).toBeLessThan(33_000);
    expect(refused(codecs, 'zstd', zstdBomb())).toMatch(
      /unpacks to 1073741824 bytes or more, and the limit is 4194304/,
    );
  });

  test('of lz4: 4 MiB in every 16 KiB', () => {
    const one = codecs.decompress('lz4', lz4Bomb(1), LIMIT);
    expect(one.length).toBeGreaterThan(LIMIT - 3000);
    expect(refused(codecs, 'lz4', lz4Bomb(8))).toMatch(/the limit is 4194304/);
  });

  test('of gzip: 64 MiB in 64 KiB', () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * MIB)));
    expect(bomb.length).toBeLessThan(70_000);
    refused(codecs, 'gzip', bomb);
  });

  test('of gzip that says it is small', () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * MIB)));
    bomb.set(u32(1000), bomb.length - 4);
    refused(codecs, 'gzip', bomb);
  });

  test('of gzip that says it is large, and is not', () => {
    const small = new Uint8Array(gzipSync(ledger));
    small.set(u32(LIMIT - 1), small.length - 4);
    refused(codecs, 'gzip', small);
  });

  test('of snappy: 65 KiB for every 3 KiB, and a length that is a lie', () => {
    // One literal, then copies of 64 bytes from one byte back.
    const copies = Uint8Array.from({ length: 3 * 300_000 }, (_, index) => [0xfe, 1, 0][index % 3]);
    const size = 1 + 64 * 300_000;
    const varint = Uint8Array.from(
      { length: 4 },
      (_, index) => ((size >> (7 * index)) & 0x7f) | (index < 3 ? 0x80 : 0),
    );
    const bomb = concat([varint, Uint8Array.of(0, 0x61), copies]);
    expect(codecs.decompress('snappy', bomb, 32 * MIB).length).toBe(size);
    expect(refused(codecs, 'snappy', bomb)).toMatch(/the limit is 4194304/);
    expect(refused(codecs, 'snappy', hex('ffffffff070061'))).toMatch(/announces 2147483647 bytes/);
    expect(refused(codecs, 'snappy', hex('0100610001'))).toMatch(/announces 1 bytes/);
  });

  test('of zstd with a content size that is a lie', () => {
    const announcing = (size: number) => concat([hex('28b52ffda0'), u32(size), byJava.zstd.subarray(6)]);
    expect(refused(codecs, 'zstd', announcing(2 ** 31 - 1))).toMatch(/announces 2147483647 bytes/);
    expect(refused(codecs, 'zstd', announcing(100_000))).toMatch(/announces 100000 bytes has 358/);
    expect(refused(codecs, 'zstd', announcing(300))).toMatch(/more than its limit, or than it announces/);
  });

  // One block, of 98,000 sequences, each of which copies up to 131,074 bytes and takes no bits to say so.
  test('of zstd that wants ten thousand million bytes to be copied by 25', () => {
    const block = hex('1941ffff7f5400023401');
    const head = u32((block.length << 3) | (2 << 1) | 1).subarray(0, 3);
    expect(refused(codecs, 'zstd', concat([hex('28b52ffd0058'), head, block]))).toMatch(/limit|sequences/);
  });
});

describe.each(Object.entries(worlds))('what is broken in %s', (_, codecs) => {
  test.each(codecNames)('%s that is cut short', (codec) => {
    const whole = byJava[codec];
    for (let length = 0; length < whole.length; length++) {
      // A frame of snappy may end after any of its blocks, so also before the first.
      if (codec === 'snappy' && length === 16) continue;
      expect(() => codecs.decompress(codec, whole.subarray(0, length), LIMIT), `${length} bytes`).toThrow(
        MalformedBytes,
      );
    }
  });

  test.each(codecNames)('%s with changed bytes ends in MalformedBytes or in no more than the limit', (codec) => {
    const change = fc.tuple(fc.nat(byJava[codec].length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const broken = Uint8Array.from(byJava[codec]);
        for (const [at, mask] of changes) broken[at] ^= mask;
        try {
          expect(codecs.decompress(codec, broken, LIMIT).length).toBeLessThanOrEqual(LIMIT);
        } catch (error) {
          if (!(error instanceof MalformedBytes)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each(codecNames)('%s that is noise behind its own beginning', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 24 }), (noise, kept) => {
        try {
          codecs.decompress(codec, concat([byJava[codec].subarray(0, kept), noise]), LIMIT);
        } catch (error) {
          if (!(error instanceof MalformedBytes)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('gzip whose content was changed does not match its checksum', () => {
  const stored = deflateRawSync(ledger, { level: 0 });
  const whole = new Uint8Array(gzipSync(ledger, { level: 0 }));
  whole[10 + stored.length - 5] ^= 1;
  expect(() => portableCodecs.decompress('gzip', whole, LIMIT)).toThrow('the checksum does not match');
  expect(() => nodeCodecs.decompress('gzip', whole, LIMIT)).toThrow(MalformedBytes);
});

test.each(Object.entries(worlds))(
  'a limit of exactly the size is enough, and a smaller one is named (%s)',
  (_, codecs) => {
    for (const codec of codecNames) {
      expect(codecs.decompress(codec, byJava[codec], ledger.length)).toEqual(ledger);
      expect(() => codecs.decompress(codec, byJava[codec], ledger.length - 1), codec).toThrow(UnpacksToTooMuch);
    }
    expect(() => codecs.decompress('none', ledger, 10)).toThrow(UnpacksToTooMuch);
  },
);
