import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import {
  checkBatch,
  decodeBatch,
  deleteHorizonOf,
  emptyBatch,
  encodeBatch,
  HEADER_BYTES,
  type Retained,
  retainRecords,
  stampAppendTime,
} from '../../lib/records/batch.ts';

const text = new TextEncoder();
const record = fc.record({
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  key: fc.option(fc.uint8Array({ maxLength: 5 })),
  value: fc.option(fc.uint8Array({ maxLength: 9 })),
  headers: fc.array(
    fc.record({ key: fc.string({ maxLength: 3 }), value: fc.option(fc.uint8Array({ maxLength: 3 })) }),
    {
      maxLength: 2,
    },
  ),
});

describe('a batch that loses records', () => {
  test('keeps the others as they were, and its own place, producer and codec', () => {
    const kept = fc.array(fc.tuple(record, fc.boolean()), { minLength: 1, maxLength: 8 });
    const horizon = fc.option(fc.integer({ min: 1, max: 2 ** 45 }), { nil: undefined });
    fc.assert(
      fc.property(kept, fc.constantFrom('none' as const, 'gzip' as const), horizon, (all, codec, deleteHorizonMs) => {
        const numbers = { producerId: 7, producerEpoch: 2, baseSequence: 40, baseOffset: 100, leaderEpoch: 3 };
        const records = all.map(([one]) => one);
        const batch = encodeBatch(records, { ...numbers, codec }, portableCodecs);
        const before = checkBatch(batch);
        const left: Retained = {
          records: decodeBatch(batch, portableCodecs).filter((_, index) => all[index][1]),
          deleteHorizonMs,
        };
        const after = retainRecords(batch, before, left, portableCodecs);
        const header = checkBatch(after);
        expect(decodeBatch(after, portableCodecs)).toEqual(left.records);
        const { baseOffset, lastOffsetDelta, producerId, producerEpoch, baseSequence, partitionLeaderEpoch } = before;
        expect(header).toMatchObject({ baseOffset, lastOffsetDelta, producerId, producerEpoch, baseSequence });
        expect(header).toMatchObject({ partitionLeaderEpoch, recordCount: left.records.length });
        if (left.records.length === 0) return;
        expect(header.codec).toBe(codec);
        expect(header.maxTimestamp).toBe(Math.max(...left.records.map(({ timestamp }) => timestamp)));
        expect(deleteHorizonOf(after, header)).toBe(deleteHorizonMs);
      }),
    );
  });

  test('is left uncompressed where its codec can only be read', () => {
    const records = ['a', 'b'].map((value) => ({ timestamp: 1, key: null, value: text.encode(value), headers: [] }));
    const batch = encodeBatch(records, { codec: 'gzip' }, portableCodecs);
    const readOnly = {
      ...portableCodecs,
      compress: () => {
        throw new Error('this codec can only be read');
      },
    };
    const [, second] = decodeBatch(batch, portableCodecs);
    const after = retainRecords(batch, checkBatch(batch), { records: [second], deleteHorizonMs: undefined }, readOnly);
    expect(checkBatch(after).codec).toBe('none');
    expect(decodeBatch(after, portableCodecs)).toEqual([second]);
  });
});

test('a bare batch holds the place of its offsets, and nothing else', () => {
  const header = checkBatch(emptyBatch(5_000_000_000, 5_000_000_499, 4));
  expect(header).toMatchObject({ baseOffset: 5_000_000_000, lastOffsetDelta: 499, recordCount: 0, sizeInBytes: 61 });
  expect(header).toMatchObject({ producerId: -1, producerEpoch: -1, baseSequence: -1, maxTimestamp: -1 });
  expect(header).toMatchObject({ partitionLeaderEpoch: 4, codec: 'none', isControl: false, isTransactional: false });
});

test('a batch with the time of the broker gives it to all of its records', () => {
  const records = [1, 2].map((timestamp) => ({ timestamp, key: null, value: text.encode('x'), headers: [] }));
  const batch = encodeBatch(records, {}, portableCodecs);
  stampAppendTime(batch.subarray(0, HEADER_BYTES), batch.subarray(HEADER_BYTES), 1_700_000_000_123);
  expect(checkBatch(batch)).toMatchObject({ timestampType: 'append', baseTimestamp: 1 });
  expect(decodeBatch(batch, portableCodecs).map(({ timestamp }) => timestamp)).toEqual([
    1_700_000_000_123, 1_700_000_000_123,
  ]);
});
