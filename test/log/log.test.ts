import { describe, expect, test } from 'vitest';
import { concat } from '../../lib/bytes/writer.ts';
import { BatchTooLarge, Log, OffsetOutOfRange, StorageError } from '../../lib/log/log.ts';
import { CorruptBatch, encodeBatch, HEADER_BYTES, readBatchHeader } from '../../lib/records/batch.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import { codecs } from '../records/codecs.ts';
import { batchOf, changed, FIRST, FOLDER, fill, hostWith, readAll, unreadable, valuesIn } from './setup.ts';

/** A promise and the key to it. */
function gate() {
  let open: (value?: unknown) => void = () => {};
  const wait = new Promise((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

describe('append', () => {
  test('gives offsets at once, and `written` resolves when the bytes are on the disk', async () => {
    const host = hostWith();
    const { disk } = host;
    const log = await Log.open(host, FOLDER);
    const first = log.append(batchOf(['a', 'b']), 4);
    const second = log.append(batchOf(['c']), 4);
    expect([first.baseOffset, first.lastOffset, second.baseOffset, second.lastOffset]).toEqual([0, 1, 2, 2]);
    expect(log.logEndOffset).toBe(3);
    expect(await log.read(0, 1000, 3)).toHaveLength(0);
    await Promise.all([first.written, second.written]);
    expect(valuesIn(disk.bytes(`${FIRST}.log`))).toEqual(['0:a', '1:b', '2:c']);
    expect(readBatchHeader(disk.bytes(`${FIRST}.log`)).partitionLeaderEpoch).toBe(4);
  });

  test('leaves the bytes of the caller as they were, and needs them no more once they are written', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    const theirs = Buffer.from(batchOf(['a']));
    const untouched = Buffer.from(theirs);
    log.append(batchOf(['before']), 0);
    const { written } = log.append(theirs, 7);
    expect(theirs).toEqual(untouched);
    await written;
    expect(theirs).toEqual(untouched);
    theirs.fill(0xee);
    expect(await readAll(log)).toEqual(['0:before', '1:a']);
  });

  test('writes what gathers while the disk is busy in one go, in the order of the offsets', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER, { flush: 'each-append' });
    const { wait, open } = gate();
    host.disk.before = (what) => what.startsWith('append') && wait;
    host.disk.did.length = 0;
    const appends = Array.from('abcdef', (value) => log.append(batchOf([value]), 0));
    const order: number[] = [];
    for (const { baseOffset, written } of appends) written.then(() => order.push(baseOffset));
    open();
    await Promise.all(appends.map(({ written }) => written));
    const log0 = '00000000000000000000.log';
    expect(host.disk.did).toEqual([`append ${log0}`, `sync ${log0}`, `append ${log0}`, `sync ${log0}`]);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await readAll(log)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e', '5:f']);
  });

  test.each(['os', 'each-append'] as const)(
    'with the flush policy %s survives what the policy promises',
    async (flush) => {
      const host = hostWith();
      const log = await Log.open(host, FOLDER, { flush });
      await log.append(batchOf(['a']), 0).written;
      await log.append(batchOf(['b']), 0).written;
      const killed = await Log.open(hostWith(host.disk.afterKill()), FOLDER);
      expect(await readAll(killed)).toEqual(['0:a', '1:b']);
      const unplugged = await Log.open(hostWith(host.disk.afterLossOfPower()), FOLDER);
      expect(await readAll(unplugged)).toEqual(flush === 'os' ? [] : ['0:a', '1:b']);
    },
  );

  test('does not count before the sync of `each-append` has ended', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER, { flush: 'each-append' });
    const { wait, open } = gate();
    host.disk.before = (what) => what.startsWith('sync') && wait;
    const { written } = log.append(batchOf(['a']), 0);
    const first = await Promise.race([
      written.then(() => 'written'),
      new Promise((done) => setImmediate(done, 'waiting')),
    ]);
    expect(first).toBe('waiting');
    expect(await log.read(0, 1000, 1)).toHaveLength(0);
    open();
    await written;
    expect(await readAll(log)).toEqual(['0:a']);
  });

  test('refuses bytes that are not exactly one batch, and gives no offsets away', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    const batch = batchOf(['a']);
    expect(() => log.append(concat([batch, batch]), 0)).toThrow(CorruptBatch);
    expect(() => log.append(batch.subarray(0, 40), 0)).toThrow();
    const backwards = Uint8Array.from(batch);
    backwards.set([0xff, 0xff, 0xff, 0xff], 23);
    expect(() => log.append(backwards, 0)).toThrow(CorruptBatch);
    expect(log.logEndOffset).toBe(0);
  });

  test('refuses a batch larger than a segment', async () => {
    const log = await Log.open(hostWith(), FOLDER, { segmentBytes: 100 });
    expect(() => log.append(batchOf(['x'.repeat(100)]), 0)).toThrow(BatchTooLarge);
    await log.append(batchOf(['fits']), 0).written;
    expect(await readAll(log)).toEqual(['0:fits']);
  });
});

describe('a disk that fails', () => {
  test('rejects what was under way, and the log takes nothing more until it is opened again', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    await log.append(batchOf(['good']), 0).written;
    host.disk.before = (what) => {
      if (what.startsWith('append')) throw new DiskFailed('the disk is full');
    };
    const failing = [log.append(batchOf(['a']), 0), log.append(batchOf(['b']), 0)];
    for (const { written } of failing) await expect(written).rejects.toThrow(StorageError);
    host.disk.before = () => {};
    expect(() => log.append(batchOf(['c']), 0)).toThrow('the disk is full');
    await expect(log.truncateTo(0)).rejects.toThrow(StorageError);
    expect(log.logEndOffset).toBe(1);
    expect(await readAll(log)).toEqual(['0:good']);
    await log.close();
    const again = await Log.open(hostWith(host.disk.afterKill()), FOLDER);
    expect(again.append(batchOf(['d']), 0).baseOffset).toBe(1);
  });

  test('takes nothing for a duplicate that was never written', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    const first = batchOf(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    host.disk.before = () => {
      throw new DiskFailed('the disk is full');
    };
    await expect(log.append(first, 0).written).rejects.toThrow(StorageError);
    expect(log.producers.check(readBatchHeader(first))).toBe('append');
    expect(() => log.append(first, 0)).toThrow(StorageError);
  });

  test('fails nobody who does not listen', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    host.disk.before = () => {
      throw new DiskFailed('the disk is gone');
    };
    log.append(batchOf(['a']), 0);
    await new Promise((done) => setImmediate(done));
    await expect(log.read(0, 1, 1)).resolves.toHaveLength(0);
  });

  test('is a storage error for readers too', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    await fill(log, 1);
    host.disk.before = () => {
      throw new DiskFailed('the disk is gone');
    };
    await expect(log.read(0, 1000, 1)).rejects.toThrow(StorageError);
    await expect(log.offsetForTime(0)).rejects.toThrow(StorageError);
    await expect(Log.open(host, FOLDER)).rejects.toThrow(StorageError);
  });
});

describe('read', () => {
  test('gives whole batches from the one that holds the offset, and never reaches the upper bound', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    for (const values of [['a', 'b'], ['c'], ['d', 'e', 'f']]) await log.append(batchOf(values), 0).written;
    const read = async (offset: number, upTo: number, maxBytes = 1000) =>
      valuesIn(await log.read(offset, maxBytes, upTo));
    expect(await read(0, 6)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e', '5:f']);
    expect(await read(1, 6)).toEqual(await read(0, 6));
    expect(await read(2, 6)).toEqual(['2:c', '3:d', '4:e', '5:f']);
    expect(await read(5, 6)).toEqual(['3:d', '4:e', '5:f']);
    expect(await read(0, 3)).toEqual(['0:a', '1:b', '2:c']);
    expect(await read(0, 4)).toEqual(['0:a', '1:b', '2:c']);
    expect(await read(3, 3)).toEqual([]);
    expect(await read(6, 6)).toEqual([]);
    expect(await read(0, 100)).toEqual(await read(0, 6));
  });

  test('gives at least one batch, and otherwise stays below the limit', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    await fill(log, 5);
    const size = batchOf(['r0']).length;
    expect(await log.read(0, 1, 5)).toHaveLength(size);
    expect(await log.read(0, size * 3 - 1, 5)).toHaveLength(size * 2);
    expect(await log.read(0, size * 3, 5)).toHaveLength(size * 3);
  });

  test('refuses offsets outside the log', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    await fill(log, 2);
    await expect(log.read(-1, 1000, 2)).rejects.toThrow(OffsetOutOfRange);
    await expect(log.read(3, 1000, 2)).rejects.toThrow(
      'offset 3 is not in the log, which begins at 0 and ends before 2',
    );
  });

  test('finds every offset in a log of many segments and index entries', async () => {
    const log = await Log.open(hostWith(), FOLDER, { segmentBytes: 2000, indexIntervalBytes: 200 });
    const all = await fill(log, 100, 20);
    for (let offset = 0; offset < 100; offset++) expect(await readAll(log, offset)).toEqual(all.slice(offset));
  });

  test('uses the index: of a long segment it reads only a piece, and of its end nothing but what was asked for', async () => {
    const host = hostWith();
    const first = await Log.open(host, FOLDER);
    await fill(first, 2000, 100);
    await first.close();
    const bytes = host.disk.bytes(`${FIRST}.log`).length;
    expect(host.disk.bytes(`${FIRST}.index`).length / 8).toBeGreaterThan(bytes / 4096 / 2);
    const log = await Log.open(host, FOLDER);
    host.disk.did.length = 0;
    expect(valuesIn(await log.read(1000, 1, 2000))).toHaveLength(1);
    expect(host.disk.did).toHaveLength(2);
    host.disk.did.length = 0;
    expect(valuesIn(await log.read(1999, 1, 2000))).toHaveLength(1);
    expect(host.disk.did).toHaveLength(1);
  });
});

describe('segments', () => {
  test('are rolled by size and named after their first offset', async () => {
    const host = hostWith();
    const size = batchOf(['r0']).length;
    const log = await Log.open(host, FOLDER, { segmentBytes: 3 * size });
    const all = await fill(log, 7);
    const logs = [...host.disk.files.keys()].filter((path) => path.endsWith('.log'));
    expect(logs).toEqual([0, 3, 6].map((base) => `${FOLDER}/${String(base).padStart(20, '0')}.log`));
    expect(logs.map((path) => host.disk.bytes(path).length / size)).toEqual([3, 3, 1]);
    expect(host.trace.events.map(({ what, detail }) => [what, detail.baseOffset])).toEqual([
      ['log.rolled', 3],
      ['log.rolled', 6],
    ]);
    await log.close();
    const again = await Log.open(hostWith(host.disk), FOLDER, { segmentBytes: 3 * size });
    expect(await readAll(again)).toEqual(all);
    expect(again.recovered).toBeUndefined();
    expect(again.append(batchOf(['next']), 0).baseOffset).toBe(7);
  });

  test('are on the disk before the next one begins, so a loss of power takes only the last', async () => {
    const host = hostWith();
    const size = batchOf(['r0']).length;
    const all = await fill(await Log.open(host, FOLDER, { segmentBytes: 3 * size }), 7);
    const again = await Log.open(hostWith(host.disk.afterLossOfPower()), FOLDER);
    expect(await readAll(again)).toEqual(all.slice(0, 6));
    expect(again.logEndOffset).toBe(6);
  });
});

describe('offsetForTime', () => {
  test('finds the first record of that time or later, in offset order', async () => {
    const log = await Log.open(hostWith(), FOLDER, { segmentBytes: 200 });
    for (const timestamp of [100, 300, 200, 400]) {
      await log.append(batchOf(['x', 'y'], { timestamp, codec: 'gzip' }), 9).written;
    }
    const find = async (time: number) => (await log.offsetForTime(time))?.offset;
    expect(await log.offsetForTime(101)).toEqual({ offset: 1, timestamp: 101, leaderEpoch: 9 });
    expect(await find(0)).toBe(0);
    expect(await find(102)).toBe(2);
    expect(await find(301)).toBe(3);
    expect(await find(302)).toBe(6);
    expect(await log.offsetForTime(402)).toBeNull();
  });

  test('goes on when a header promises a time that none of its records has', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    const liar = changed(batchOf(['x'], { timestamp: 100 }), (bytes) => {
      new DataView(bytes.buffer).setInt32(39, 999_999);
    });
    log.append(liar, 0);
    await log.append(batchOf(['y'], { timestamp: 500 }), 0).written;
    expect(await log.offsetForTime(200)).toMatchObject({ offset: 1, timestamp: 500 });
  });

  test('steps over a batch that cannot be opened, and reads headers whose names are no UTF-8', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    log.append(unreadable(batchOf(['x'], { timestamp: 300 })), 0);
    const header = { key: 'caf?', value: null };
    const latin = encodeBatch([{ timestamp: 400, key: null, value: null, headers: [header] }], {}, codecs);
    log.append(
      changed(latin, (bytes) => {
        bytes[bytes.indexOf(0x3f, HEADER_BYTES)] = 0xe9;
      }),
      0,
    );
    await log.append(batchOf(['y'], { timestamp: 500 }), 0).written;
    expect(await log.offsetForTime(200)).toMatchObject({ offset: 1, timestamp: 400 });
    expect(await log.offsetForTime(401)).toMatchObject({ offset: 2, timestamp: 500 });
  });
});

describe('truncateTo', () => {
  test.each([0, 1, 5, 6, 7, 13, 14])('%i leaves what is before it, and the log goes on from there', async (offset) => {
    const host = hostWith();
    const settings = { segmentBytes: 3 * batchOf(['aa', 'bb']).length, indexIntervalBytes: 50 };
    const log = await Log.open(host, FOLDER, settings);
    for (let index = 0; index < 7; index++) await log.append(batchOf(['aa', 'bb']), 0).written;
    await log.truncateTo(offset);
    const end = offset - (offset % 2);
    expect(log.logEndOffset).toBe(end);
    expect(log.append(batchOf(['new']), 0).baseOffset).toBe(end);
    await log.close();
    const again = await Log.open(hostWith(host.disk), FOLDER, settings);
    expect(again.recovered).toBeUndefined();
    const values = await readAll(again);
    expect(values).toHaveLength(end + 1);
    expect(values.at(-1)).toBe(`${end}:new`);
  });

  test('waits for what is being written, and lets nobody append meanwhile', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    const { written } = log.append(batchOf(['a']), 0);
    const truncated = log.truncateTo(0);
    expect(() => log.append(batchOf(['b']), 0)).toThrow('being truncated');
    await Promise.all([written, truncated]);
    expect(log.logEndOffset).toBe(0);
  });

  test('forgets the producers of what was cut off', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    const batch = (baseSequence: number) => batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence });
    for (const sequence of [0, 1, 2]) await log.append(batch(sequence), 0).written;
    await log.truncateTo(1);
    expect(log.producers.check(readBatchHeader(batch(0)))).toEqual({ duplicateOf: 0, lastOffset: 0, timestamp: 1_000 });
    expect(log.producers.check(readBatchHeader(batch(1)))).toBe('append');
    expect(log.producers.check(readBatchHeader(batch(2)))).toEqual({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
  });

  test('before the start is refused', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    await expect(log.truncateTo(-1)).rejects.toThrow(OffsetOutOfRange);
  });
});

describe('close', () => {
  test('writes what is queued, puts it on the disk, and is harmless twice', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    const { written } = log.append(batchOf(['a']), 0);
    await Promise.all([log.close(), log.close()]);
    await written;
    await log.close();
    expect(() => log.append(batchOf(['b']), 0)).toThrow('has been closed');
    expect(await readAll(await Log.open(hostWith(host.disk.afterLossOfPower()), FOLDER))).toEqual(['0:a']);
  });
});

test('settings that cannot be are refused in words', async () => {
  await expect(Log.open(hostWith(), FOLDER, { segmentBytes: 0 })).rejects.toThrow(
    'segmentBytes is 0: choose 1 to 2147483647',
  );
  await expect(Log.open(hostWith(), FOLDER, { indexIntervalBytes: -1 })).rejects.toThrow('indexIntervalBytes is -1');
});
