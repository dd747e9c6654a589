import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../lib/bytes/crc32c.ts';
import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import {
  batchesIn,
  CorruptBatch,
  checkBatch,
  decodeBatch,
  encodeBatch,
  lastOffsetOf,
  type RecordData,
  readBatchHeader,
  stampBatch,
} from '../../lib/records/batch.ts';
import { codecs } from './codecs.ts';

const text = (words: string) => new TextEncoder().encode(words);
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const record = (value: string, timestamp = 1000): RecordData => ({
  timestamp,
  key: null,
  value: text(value),
  headers: [],
});
const batchOf = (...values: string[]) =>
  encodeBatch(
    values.map((value) => record(value)),
    {},
    codecs,
  );

/** A batch with some bytes changed, and the checksum made right again: what a malicious producer would send. */
function forged(batch: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(batch);
  copy.set(bytes, at);
  new DataView(copy.buffer).setUint32(17, crc32c(copy, 21));
  return copy;
}

const part = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 8 }), value: part });
const anyRecord = fc.record({
  timestamp: fc.integer({ min: -1, max: 2 ** 52 }),
  key: part,
  value: part,
  headers: fc.array(header, { maxLength: 4 }),
});
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 30 });

describe('a batch', () => {
  test('has the bytes that the documentation of Kafka describes', () => {
    const batch = encodeBatch(
      [
        { timestamp: 1000, key: text('k'), value: text('v'), headers: [{ key: 'h', value: null }] },
        { timestamp: 997, key: null, value: null, headers: [] },
      ],
      { producerId: 7, producerEpoch: 1, baseSequence: 5 },
      codecs,
    );
    const fields = [
      '0000000000000000', // base offset
      '00000044', // bytes that follow: 49 of the header, 19 of records
      'ffffffff', // leader epoch: none yet
      '02', // magic
      'c7130152', // CRC-32C of all that follows
      '0000', // attributes
      '00000001', // last offset delta
      '00000000000003e8', // base timestamp
      '00000000000003e8', // max timestamp
      '0000000000000007', // producer id
      '0001', // producer epoch
      '00000005', // base sequence
      '00000002', // records
      '16', // a record of 11 bytes
      '00', // attributes
      '00', // 0 ms after the first
      '00', // offset delta 0
      '026b', // key
      '0276', // value
      '02', // one header
      '0268', // its key
      '01', // its value: null
      '0c', // a record of 6 bytes
      '00', // attributes
      '05', // 3 ms before the first
      '02', // offset delta 1
      '01', // no key
      '01', // no value
      '00', // no headers
    ];
    expect(hex(batch)).toBe(fields.join(''));
  });

  test('gives back the records that were put in', () => {
    fc.assert(
      fc.property(
        anyRecords,
        fc.nat(2 ** 40),
        fc.constantFrom('none' as const, 'gzip' as const),
        (all, baseOffset, codec) => {
          const batch = encodeBatch(all, { baseOffset, codec }, codecs);
          expect(checkBatch(batch)).toMatchObject({ baseOffset, codec, recordCount: all.length });
          expect(lastOffsetOf(readBatchHeader(batch))).toBe(baseOffset + all.length - 1);
          const expected = all.map((one, index) => ({ ...one, offset: baseOffset + index }));
          expect(decodeBatch(batch, codecs)).toEqual(expected);
        },
      ),
    );
  });

  test('reaches the ends of 53 bits with its times', () => {
    const times = [0, Number.MAX_SAFE_INTEGER, 5, -1];
    const batch = encodeBatch(
      times.map((time) => record('x', time)),
      {},
      codecs,
    );
    expect(decodeBatch(batch, codecs).map(({ timestamp }) => timestamp)).toEqual(times);
    expect(readBatchHeader(batch).maxTimestamp).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('says in its header what it is for', () => {
    const marker = encodeBatch([record('x')], { isControl: true, isTransactional: true }, codecs);
    expect(readBatchHeader(marker)).toMatchObject({ isControl: true, isTransactional: true, timestampType: 'create' });
    expect(readBatchHeader(batchOf('x'))).toMatchObject({ isControl: false, isTransactional: false, producerId: -1 });
  });

  test('whose times the broker set gives all records the same time', () => {
    const batch = forged(encodeBatch([record('a', 1000), record('b', 5000)], {}, codecs), 21, 0, 0x08);
    expect(readBatchHeader(batch).timestampType).toBe('append');
    expect(decodeBatch(batch, codecs).map(({ timestamp }) => timestamp)).toEqual([5000, 5000]);
  });

  test('needs a record', () => {
    expect(() => encodeBatch([], {}, codecs)).toThrow('at least one record');
  });
});

describe('stampBatch', () => {
  test('sets offset and leader epoch, and the checksum stays right', () => {
    const batch = batchOf('a', 'b');
    stampBatch(batch, 2 ** 40 + 3, 12);
    expect(checkBatch(batch)).toMatchObject({ baseOffset: 2 ** 40 + 3, partitionLeaderEpoch: 12 });
    expect(decodeBatch(batch, codecs).map(({ offset }) => offset)).toEqual([2 ** 40 + 3, 2 ** 40 + 4]);
  });

  test('stamps a batch in the middle of other bytes, and nothing else', () => {
    const batch = batchOf('a');
    const around = concat([Uint8Array.of(1, 2, 3), batch, Uint8Array.of(4)]);
    stampBatch(around.subarray(3, 3 + batch.length), 5, 6);
    expect([...around.subarray(0, 3), around[around.length - 1]]).toEqual([1, 2, 3, 4]);
    expect(readBatchHeader(around, 3)).toMatchObject({ baseOffset: 5, partitionLeaderEpoch: 6 });
  });
});

describe('checkBatch', () => {
  test('refuses a batch with any one byte changed, except where the broker writes', () => {
    const batch = batchOf('some value');
    for (let at = 0; at < batch.length; at++) {
      const changed = Uint8Array.from(batch);
      changed[at] ^= 0x10;
      const free = at < 8 || (at >= 12 && at < 16);
      const expected = expect(() => checkBatch(changed), `byte ${at}`);
      if (free && at > 1) expected.not.toThrow();
      else if (!free) expected.toThrow(CorruptBatch);
    }
  });

  test('refuses a batch that is cut short or has something behind it', () => {
    const batch = batchOf('some value');
    for (let length = 0; length < batch.length; length++) {
      expect(() => checkBatch(batch.subarray(0, length)), `${length} bytes`).toThrow(CorruptBatch);
    }
    expect(() => checkBatch(concat([batch, Uint8Array.of(0)]))).toThrow('says that it has');
  });

  test('says which format it can read', () => {
    expect(() => checkBatch(forged(batchOf('a'), 16, 1))).toThrow('a batch of format 1: only format 2');
  });

  test('refuses a negative last offset delta', () => {
    expect(() => checkBatch(forged(batchOf('a'), 23, 0xff, 0xff, 0xff, 0xff))).toThrow(CorruptBatch);
  });
});

describe('batchesIn', () => {
  test('cuts bytes into batches, and leaves an incomplete one at the end out, wherever it is cut', () => {
    const batches = [batchOf('a'), batchOf('b', 'c'), batchOf('d')];
    const whole = concat(batches);
    const ends = [batches[0].length, batches[0].length + batches[1].length, whole.length];
    for (let length = 0; length <= whole.length; length++) {
      const found = [...batchesIn(whole.subarray(0, length))];
      const complete = ends.filter((end) => end <= length).length;
      expect(
        found.map(({ bytes }) => bytes),
        `${length} bytes`,
      ).toEqual(batches.slice(0, complete));
    }
  });

  test('stops with an error where no batch can begin', () => {
    const second = batchOf('b');
    second.set([0xff, 0xff, 0xff, 0xf0], 8);
    expect(() => [...batchesIn(concat([batchOf('a'), second]))]).toThrow(MalformedBytes);
  });
});

describe('a batch from somebody with bad intentions', () => {
  test('may announce two billion records: nothing is allocated for them', () => {
    const batch = forged(batchOf('a'), 57, 0x7f, 0xff, 0xff, 0xff);
    expect(() => decodeBatch(batch, codecs)).toThrow('announces 2147483647 records in');
  });

  test('may announce fewer records than it has', () => {
    expect(() => decodeBatch(forged(batchOf('a', 'b'), 57, 0, 0, 0, 1), codecs)).toThrow('left behind the last record');
  });

  test('may say a wrong length of a record', () => {
    expect(() => decodeBatch(forged(batchOf('ab'), 61, 0x14), codecs)).toThrow(MalformedBytes);
  });

  test('may give a record an offset outside the batch', () => {
    expect(() => decodeBatch(forged(batchOf('ab'), 64, 0x7e), codecs)).toThrow('offset delta 63');
  });

  test('may unpack to more than the limit', () => {
    const plain = encodeBatch([record('x'.repeat(100_000))], {}, codecs);
    const packed = encodeBatch([record('x'.repeat(100_000))], { codec: 'gzip' }, codecs);
    expect(packed.length).toBeLessThan(1000);
    expect(decodeBatch(packed, codecs)).toEqual(decodeBatch(plain, codecs));
    expect(() => decodeBatch(packed, codecs, { maxDecompressedBytes: 50_000 })).toThrow(MalformedBytes);
  });

  test('may name a codec that does not exist', () => {
    expect(() => decodeBatch(forged(batchOf('a'), 21, 0, 7), codecs)).toThrow('unknown codec 7');
  });

  test('ends in MalformedBytes and in nothing else, whatever its records are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 9 }), (content, count) => {
        const batch = concat([batchOf('a').subarray(0, 61), content]);
        new DataView(batch.buffer).setInt32(8, batch.length - 12);
        new DataView(batch.buffer).setInt32(57, count);
        try {
          decodeBatch(batch, codecs);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
      }),
      { numRuns: 500 },
    );
  });
});
