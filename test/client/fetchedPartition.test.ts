import { describe, expect, test } from 'vitest';
import { concat, Writer } from '../../lib/bytes/writer.ts';
import type { AbortedTransaction } from '../../lib/client/consumer/abortedTransactions.ts';
import { FetchedPartition } from '../../lib/client/consumer/fetchedPartition.ts';
import { AssignedPartition } from '../../lib/client/consumer/subscriptionState.ts';
import { strings } from '../../lib/client/index.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { encodeBatch, stampBatch } from '../../lib/records/batch.ts';

const reading = { keyDeserializer: strings, valueDeserializer: strings, checkCrcs: true };

/** A batch as it lies in the log, its records valued by their offsets. */
function batch(
  baseOffset: number,
  count: number,
  settings: { isControl?: boolean; leaderEpoch?: number; producerId?: number; isTransactional?: boolean } = {},
): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: 0,
    key: null,
    value: Writer.utf8(String(baseOffset + index)),
    headers: [],
  }));
  const bytes = encodeBatch(records, settings, portableCodecs);
  stampBatch(bytes, baseOffset, settings.leaderEpoch ?? 0);
  return bytes;
}

function fetched(position: number, ...batches: Uint8Array[]): FetchedPartition<string, string> {
  const partition = new AssignedPartition({ topic: 'ledger', partition: 0 });
  return new FetchedPartition(partition, { offset: position, leaderEpoch: -1 }, concat(batches), portableCodecs);
}

const take = (from: FetchedPartition<string, string>, limit: number) =>
  from.take(limit, reading).map(({ offset }) => offset);

test('a batch that begins before the position is read from the position on', () => {
  const from = fetched(3, batch(0, 5), batch(5, 2));
  expect(take(from, 100)).toEqual([3, 4, 5, 6]);
  expect(from.next.offset).toBe(7);
  expect(from.isEmpty).toBe(true);
});

test('records are handed out as far as the limit goes, across batches', () => {
  const from = fetched(0, batch(0, 3), batch(3, 3));
  expect(take(from, 2)).toEqual([0, 1]);
  expect([from.next.offset, from.isEmpty]).toEqual([2, false]);
  expect(take(from, 3)).toEqual([2, 3, 4]);
  expect(take(from, 1)).toEqual([5]);
  expect([from.next.offset, from.isEmpty]).toEqual([6, true]);
});

test('marks of transactions and holes are stepped over: the next offset is not a count', () => {
  const from = fetched(
    0,
    batch(0, 2),
    batch(2, 1, { isControl: true }),
    batch(10, 1),
    batch(11, 1, { isControl: true }),
  );
  expect(take(from, 100)).toEqual([0, 1, 10]);
  expect(from.next.offset).toBe(12);
});

test('each record and the next position carry the epoch of the leader that took them', () => {
  const from = fetched(0, batch(0, 1, { leaderEpoch: 4 }), batch(1, 1, { leaderEpoch: 7 }));
  expect(from.take(100, reading).map(({ leaderEpoch }) => leaderEpoch)).toEqual([4, 7]);
  expect(from.next).toEqual({ offset: 2, leaderEpoch: 7 });
});

test('a batch with a wrong checksum stops reading there, every time, and what came before is handed out', () => {
  const damaged = batch(2, 2);
  damaged[damaged.length - 1] ^= 1;
  const from = fetched(0, batch(0, 2), damaged, batch(4, 1));
  expect(take(from, 100)).toEqual([0, 1]);
  for (let round = 0; round < 2; round++) {
    expect(() => take(from, 100)).toThrow(/checksum/);
    expect([from.next.offset, from.isEmpty]).toEqual([2, false]);
  }
});

test('without checkCrcs nobody looks, and a damaged value is handed out as it is', () => {
  const damaged = batch(2, 2);
  damaged[damaged.length - 2] ^= 1;
  expect(() => take(fetched(2, damaged), 100)).toThrow(/checksum/);
  const records = fetched(2, damaged).take(100, { ...reading, checkCrcs: false });
  expect(records.map(({ value }) => value)).toEqual(['2', '2']);
});

test('a batch that the answer has cut off is left for the next fetch', () => {
  const from = fetched(0, batch(0, 2), batch(2, 2).subarray(0, 40));
  expect(take(from, 100)).toEqual([0, 1]);
  expect([from.next.offset, from.isEmpty]).toEqual([2, true]);
});

describe('whoever wants committed records only', () => {
  const PRODUCER = 7;
  /** A batch of a transaction. */
  const written = (baseOffset: number, count: number, producerId = PRODUCER) =>
    batch(baseOffset, count, { producerId, isTransactional: true });
  /** The mark behind a transaction: version 0, then the type, 0 for aborted and 1 for committed. */
  const mark = (baseOffset: number, type: 0 | 1, producerId = PRODUCER) => {
    const record = { timestamp: 0, key: new Uint8Array([0, 0, 0, type]), value: new Uint8Array(6), headers: [] };
    const settings = { producerId, isTransactional: true, isControl: true };
    const bytes = encodeBatch([record], settings, portableCodecs);
    stampBatch(bytes, baseOffset, 0);
    return bytes;
  };
  const reading = (aborted: AbortedTransaction[], ...batches: Uint8Array[]) => {
    const partition = new AssignedPartition({ topic: 'ledger', partition: 0 });
    const position = { offset: 0, leaderEpoch: -1 };
    return new FetchedPartition<string, string>(partition, position, concat(batches), portableCodecs, aborted);
  };

  test('passes over an aborted transaction up to its mark, and reads the next of the same producer', () => {
    const from = reading(
      [{ producerId: PRODUCER, firstOffset: 1 }],
      ...[batch(0, 1), written(1, 2), mark(3, 0), written(4, 2), mark(6, 1), batch(7, 1)],
    );
    expect(take(from, 100)).toEqual([0, 4, 5, 7]);
    expect(from.next.offset).toBe(8);
  });

  test('reads what others write in between, with and without transactions', () => {
    const from = reading(
      [{ producerId: PRODUCER, firstOffset: 0 }],
      ...[written(0, 1), written(1, 1, 8), batch(2, 1), written(3, 1), mark(4, 1, 8), mark(5, 0), written(6, 1)],
    );
    expect(take(from, 100)).toEqual([1, 2, 6]);
  });

  test('passes over two transactions of one producer, whatever their order in the answer', () => {
    const aborted = [4, 0].map((firstOffset) => ({ producerId: PRODUCER, firstOffset }));
    const from = reading(aborted, written(0, 2), mark(2, 0), batch(3, 1), written(4, 1), mark(5, 0), batch(6, 1));
    expect(take(from, 100)).toEqual([3, 6]);
  });
});
