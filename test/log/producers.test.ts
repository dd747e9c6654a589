import { describe, expect, test } from 'vitest';
import { Log } from '../../lib/log/log.ts';
import { Producers } from '../../lib/log/producers.ts';
import { type BatchSettings, readBatchHeader, stampBatch } from '../../lib/records/batch.ts';
import { batchOf, FOLDER, hostWith } from './setup.ts';

const OUT_OF_ORDER = { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
const OLD_EPOCH = { error: 'INVALID_PRODUCER_EPOCH' };

/** A batch of `count` records of producer 7. */
function batch(baseSequence: number, count = 1, more: BatchSettings = {}): Uint8Array {
  return batchOf(Array(count).fill('x'), { producerId: 7, producerEpoch: 0, baseSequence, ...more });
}

const headerOf = (bytes: Uint8Array) => readBatchHeader(bytes);

/** Appends a batch to what is remembered, as if the log had given it `baseOffset`. */
function remember(producers: Producers, bytes: Uint8Array, baseOffset: number): void {
  stampBatch(bytes, baseOffset, 0);
  producers.add(readBatchHeader(bytes));
}

describe('a producer that numbers its records', () => {
  test('may begin anywhere, and then each batch continues the one before', () => {
    const producers = new Producers();
    expect(producers.check(headerOf(batch(100, 3)))).toBe('append');
    remember(producers, batch(100, 3), 0);
    expect(producers.check(headerOf(batch(103)))).toBe('append');
    expect(producers.check(headerOf(batch(104)))).toEqual(OUT_OF_ORDER);
    expect(producers.check(headerOf(batch(102)))).toEqual(OUT_OF_ORDER);
  });

  test('that sends one of its last five batches again gets the old offset', () => {
    const producers = new Producers();
    for (let index = 0; index < 7; index++) remember(producers, batch(2 * index, 2), 10 * index);
    const answers = Array.from({ length: 7 }, (_, index) => producers.check(headerOf(batch(2 * index, 2))));
    const duplicates = [20, 30, 40, 50, 60].map((offset) => ({
      duplicateOf: offset,
      lastOffset: offset + 1,
      timestamp: 1_001,
    }));
    expect(answers).toEqual([OUT_OF_ORDER, OUT_OF_ORDER, ...duplicates]);
  });

  test('is not believed when only the first or only the last number of a batch is known', () => {
    const producers = new Producers();
    remember(producers, batch(0, 3), 0);
    expect(producers.check(headerOf(batch(0, 2)))).toEqual(OUT_OF_ORDER);
    expect(producers.check(headerOf(batch(1, 2)))).toEqual(OUT_OF_ORDER);
  });

  test('begins again at 0 with a new epoch, and what comes from the old one is refused', () => {
    const producers = new Producers();
    remember(producers, batch(0, 3), 0);
    expect(producers.check(headerOf(batch(3, 1, { producerEpoch: 1 })))).toEqual(OUT_OF_ORDER);
    expect(producers.check(headerOf(batch(0, 1, { producerEpoch: 1 })))).toBe('append');
    remember(producers, batch(0, 1, { producerEpoch: 1 }), 3);
    expect(producers.check(headerOf(batch(3)))).toEqual(OLD_EPOCH);
    expect(producers.check(headerOf(batch(0, 3)))).toEqual(OLD_EPOCH);
    expect(producers.check(headerOf(batch(1, 1, { producerEpoch: 1 })))).toBe('append');
  });

  test('counts to 2^31 - 1 and then from 0 again, also within a batch', () => {
    const producers = new Producers();
    remember(producers, batch(2 ** 31 - 2, 4), 0);
    expect(producers.check(headerOf(batch(2)))).toBe('append');
    expect(producers.check(headerOf(batch(2 ** 31 - 2, 4)))).toEqual({
      duplicateOf: 0,
      lastOffset: 3,
      timestamp: 1_003,
    });
    const atTheEnd = new Producers();
    remember(atTheEnd, batch(2 ** 31 - 1), 0);
    expect(atTheEnd.check(headerOf(batch(0)))).toBe('append');
  });

  test('goes on where it was after the marker of a transaction, whose epoch counts', () => {
    const producers = new Producers();
    remember(producers, batch(0, 2), 0);
    remember(producers, batch(-1, 1, { isControl: true }), 2);
    expect(producers.check(headerOf(batch(2)))).toBe('append');
    remember(producers, batch(-1, 1, { isControl: true, producerEpoch: 1 }), 3);
    expect(producers.check(headerOf(batch(2)))).toEqual(OLD_EPOCH);
    expect(producers.check(headerOf(batch(0, 1, { producerEpoch: 1 })))).toBe('append');
  });

  test('has nothing to do with another producer, nor with one that numbers nothing', () => {
    const producers = new Producers();
    remember(producers, batch(0), 0);
    expect(producers.check(headerOf(batch(55, 1, { producerId: 8 })))).toBe('append');
    remember(producers, batchOf(['x']), 1);
    expect(producers.check(headerOf(batchOf(['x'])))).toBe('append');
    expect(producers.count).toBe(1);
  });
});

describe('what is remembered of producers', () => {
  const segmentOfThree = { segmentBytes: 3 * batch(0).length };

  async function elevenBatches() {
    const host = hostWith();
    const log = await Log.open(host, FOLDER, segmentOfThree);
    for (let sequence = 0; sequence < 11; sequence++) await log.append(batch(sequence), 0).written;
    return { host, log };
  }

  async function expectMemory(log: Log): Promise<void> {
    expect(log.producers.check(headerOf(batch(5)))).toEqual(OUT_OF_ORDER);
    for (const offset of [6, 7, 8, 9, 10]) {
      expect(log.producers.check(headerOf(batch(offset)))).toEqual({
        duplicateOf: offset,
        lastOffset: offset,
        timestamp: 1_000,
      });
    }
    expect(log.producers.check(headerOf(batch(11)))).toBe('append');
    expect(log.producers.check(headerOf(batch(12)))).toEqual(OUT_OF_ORDER);
  }

  test('is there as soon as a batch is appended, before it is written', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    log.append(batch(0), 0);
    expect(log.producers.check(headerOf(batch(0)))).toEqual({ duplicateOf: 0, lastOffset: 0, timestamp: 1_000 });
  });

  test('survives a restart, also of batches in older segments', async () => {
    const { host, log } = await elevenBatches();
    await expectMemory(log);
    await log.close();
    await expectMemory(await Log.open(hostWith(host.disk), FOLDER, segmentOfThree));
    await expectMemory(await Log.open(hostWith(host.disk.afterKill()), FOLDER, segmentOfThree));
  });

  test('is read from the newest snapshot, so a start does not read the old segments', async () => {
    const { host } = await elevenBatches();
    const disk = host.disk.afterKill();
    await expectMemory(await Log.open(hostWith(disk), FOLDER, segmentOfThree));
    const reads = disk.did.filter((what) => what.startsWith('read') && what.endsWith('.log'));
    expect(reads).toEqual(['read 00000000000000000009.log']);
  });

  test('is found in older snapshots and in the batches since then, when snapshots are lost or damaged', async () => {
    const { host } = await elevenBatches();
    const snapshots = [...host.disk.files.keys()].filter((path) => path.endsWith('.snapshot'));
    expect(snapshots).toHaveLength(3);
    for (let lost = 1; lost <= 3; lost++) {
      const disk = host.disk.afterKill();
      for (const path of snapshots.slice(-lost)) disk.damage(path, 9);
      await expectMemory(await Log.open(hostWith(disk), FOLDER, segmentOfThree));
      for (const path of snapshots.slice(-lost)) disk.files.delete(path);
      await expectMemory(await Log.open(hostWith(disk), FOLDER, segmentOfThree));
    }
  });

  test('goes into a snapshot and comes out the same, and a torn snapshot is none', () => {
    const producers = new Producers();
    for (let id = 0; id < 50; id++) remember(producers, batch(0, 2, { producerId: id }), 2 * id);
    const bytes = producers.encode();
    expect(Producers.decode(bytes)?.encode()).toEqual(bytes);
    expect(Producers.decode(bytes)?.check(headerOf(batch(0, 2, { producerId: 49 })))).toEqual({
      duplicateOf: 98,
      lastOffset: 99,
      timestamp: 1_001,
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(Producers.decode(bytes.subarray(0, length))).toBeUndefined();
    }
  });
});
