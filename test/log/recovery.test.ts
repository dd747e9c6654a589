import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../lib/bytes/writer.ts';
import { Log, StorageError } from '../../lib/log/log.ts';
import { batchesIn, checkBatch } from '../../lib/records/batch.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import type { TestDisk } from './disk.ts';
import { batchOf, FIRST, FOLDER, fill, hostWith, readAll, valuesIn } from './setup.ts';

const FILE = `${FIRST}.log`;

/** A log of three batches of two records, closed. */
async function threeBatches(): Promise<{ disk: TestDisk; bytes: Uint8Array; lastAt: number }> {
  const host = hostWith();
  const log = await Log.open(host, FOLDER);
  for (const values of [
    ['a', 'b'],
    ['c', 'd'],
    ['e', 'f'],
  ])
    log.append(batchOf(values), 0);
  await log.close();
  const bytes = host.disk.bytes(FILE);
  const sizes = [...batchesIn(bytes)].map((batch) => batch.bytes.length);
  return { disk: host.disk, bytes, lastAt: sizes[0] + sizes[1] };
}

const firstFour = ['0:a', '1:b', '2:c', '3:d'];

describe('a last batch that was torn', () => {
  test('at any byte is cut off, and the log goes on at the right offset', async () => {
    const { disk, bytes, lastAt } = await threeBatches();
    for (let length = lastAt; length < bytes.length; length++) {
      const torn = disk.afterKill();
      torn.put(FILE, bytes.slice(0, length));
      const host = hostWith(torn);
      const log = await Log.open(host, FOLDER);
      expect(log.logEndOffset, `cut at ${length}`).toBe(4);
      expect(torn.bytes(FILE)).toHaveLength(lastAt);
      if (length === lastAt) expect(log.recovered).toBeUndefined();
      else expect(log.recovered).toContain(`${FILE}: ${length - lastAt} bytes behind offset 4 were cut off`);
      const { baseOffset, written } = log.append(batchOf(['new']), 0);
      expect(baseOffset).toBe(4);
      await written;
      expect(await readAll(log), `cut at ${length}`).toEqual([...firstFour, '4:new']);
      const again = await Log.open(hostWith(torn), FOLDER);
      expect(again.recovered).toBeUndefined();
      expect(await readAll(again)).toEqual([...firstFour, '4:new']);
    }
  });

  test('is told of in the trace', async () => {
    const { disk, bytes, lastAt } = await threeBatches();
    disk.put(FILE, bytes.slice(0, lastAt + 20));
    const host = hostWith(disk);
    await Log.open(host, FOLDER);
    expect(host.trace.events).toMatchObject([
      { node: 'broker-1', what: 'log.recovered', detail: { folder: FOLDER, endOffset: 4, cutBytes: 20 } },
    ]);
  });

  test('with any one byte changed is cut off, unless only the leader epoch has changed, which nothing covers', async () => {
    const { disk, bytes, lastAt } = await threeBatches();
    for (let at = lastAt; at < bytes.length; at++) {
      const damaged = disk.afterKill();
      damaged.damage(FILE, at);
      const log = await Log.open(hostWith(damaged), FOLDER);
      const isLeaderEpoch = at >= lastAt + 12 && at < lastAt + 16;
      expect(log.logEndOffset, `byte ${at - lastAt} of the batch`).toBe(isLeaderEpoch ? 6 : 4);
    }
  });

  test.each([
    ['zeros, as file systems leave them', new Uint8Array(5000)],
    ['noise', Uint8Array.from({ length: 300 }, (_, index) => (index * 89 + 7) % 256)],
    ['an old batch with offsets that come again', batchOf(['old'])],
  ])('may have %s in its place: they are cut off too', async (_, garbage) => {
    const { disk, bytes, lastAt } = await threeBatches();
    disk.put(FILE, concat([bytes.slice(0, lastAt), garbage]));
    const log = await Log.open(hostWith(disk), FOLDER);
    expect(log.recovered).toContain(`${garbage.length} bytes`);
    expect(await readAll(log)).toEqual(firstFour);
  });

  test('is cut off before a crash can come in between: the shorter file is synced', async () => {
    const { disk, bytes, lastAt } = await threeBatches();
    disk.put(FILE, bytes.slice(0, lastAt + 20));
    await Log.open(hostWith(disk), FOLDER);
    expect(disk.afterLossOfPower().bytes(FILE)).toHaveLength(lastAt);
  });

  test('leaves a new log empty when it was the first', async () => {
    const { disk, bytes } = await threeBatches();
    disk.put(FILE, bytes.slice(0, 30));
    const log = await Log.open(hostWith(disk), FOLDER);
    expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 0]);
  });
});

describe('a disk that cannot be read', () => {
  test('stops the start, and nothing is cut off', async () => {
    const { disk, bytes } = await threeBatches();
    disk.before = (what) => {
      if (what === 'read 00000000000000000000.log') throw new Error('a fault of the machine');
    };
    await expect(Log.open(hostWith(disk), FOLDER)).rejects.toThrow('a fault of the machine');
    expect(disk.bytes(FILE)).toEqual(bytes);
  });
});

const settings = { segmentBytes: 3000, indexIntervalBytes: 300 };

/** A closed log of 90 records in three segments, with the paths of its log files. */
async function threeSegments() {
  const host = hostWith();
  const log = await Log.open(host, FOLDER, settings);
  const all = await fill(log, 90, 30);
  await log.close();
  const logs = [...host.disk.files.keys()].filter((path) => path.endsWith('.log'));
  expect(logs).toHaveLength(3);
  return { disk: host.disk, all, logs };
}

describe('an index', () => {
  const indexOf = (log: string) => log.replace('.log', '.index');

  test('is the same after a restart', async () => {
    const { disk, all, logs } = await threeSegments();
    const before = logs.map((path) => disk.bytes(indexOf(path)));
    const log = await Log.open(hostWith(disk), FOLDER, settings);
    expect(await readAll(log)).toEqual(all);
    expect(logs.map((path) => disk.bytes(indexOf(path)))).toEqual(before);
    expect(before.every((bytes) => bytes.length > 0)).toBe(true);
  });

  test('that is lost, torn or scrambled is made again, whatever its bytes are', async () => {
    const { disk, all, logs } = await threeSegments();
    const good = logs.map((path) => disk.bytes(indexOf(path)));
    await fc.assert(
      fc.asyncProperty(fc.nat(logs.length - 1), fc.uint8Array({ maxLength: 40 }), async (which, bytes) => {
        const damaged = disk.afterKill();
        damaged.put(indexOf(logs[which]), bytes);
        const log = await Log.open(hostWith(damaged), FOLDER, settings);
        expect(await readAll(log)).toEqual(all);
      }),
    );
    const lost = disk.afterKill();
    for (const path of logs) lost.files.delete(indexOf(path));
    await Log.open(hostWith(lost), FOLDER, settings);
    expect(logs.map((path) => lost.bytes(indexOf(path)))).toEqual(good);
  });

  test('with any one bit changed misleads nobody', async () => {
    const { disk, all, logs } = await threeSegments();
    const index = indexOf(logs[1]);
    for (let bit = 0; bit < disk.bytes(index).length * 8; bit++) {
      const damaged = disk.afterKill();
      const bytes = Uint8Array.from(disk.bytes(index));
      bytes[bit >> 3] ^= 1 << (bit & 7);
      damaged.put(index, bytes);
      const log = await Log.open(hostWith(damaged), FOLDER, settings);
      const firsts = all.map(async (_, offset) => valuesIn(await log.read(offset, 1, log.logEndOffset))[0]);
      expect(await Promise.all(firsts), `bit ${bit}`).toEqual(all);
    }
  });
});

describe('a disk that fails while an index is made again', () => {
  test('is an error for who waits for it; the next reader tries anew', async () => {
    const { disk, all, logs } = await threeSegments();
    disk.put(logs[0].replace('.log', '.index'), new Uint8Array([0, 0, 0, 20, 0, 0, 0, 21]));
    const log = await Log.open(hostWith(disk), FOLDER, settings);
    disk.before = (what) => {
      if (what.startsWith('truncate')) throw new DiskFailed('a fault of the machine');
    };
    const readers = [log.read(25, 1, 90), log.read(26, 1, 90)];
    await Promise.all(readers.map((reader) => expect(reader).rejects.toThrow('a fault of the machine')));
    disk.before = () => {};
    expect(await readAll(log)).toEqual(all);
  });
});

describe('a damaged byte in the middle of an old segment', () => {
  test('is an error for who reads there, at any byte; all before it and the other segments stay readable', async () => {
    const { disk, all, logs } = await threeSegments();
    const old = disk.bytes(logs[1]);
    const batches = [...batchesIn(old)];
    const victim = batches[10];
    const position = batches.slice(0, 10).reduce((sum, batch) => sum + batch.bytes.length, 0);
    const { baseOffset } = victim.header;
    for (let at = position; at < position + victim.bytes.length; at++) {
      if (at >= position + 12 && at < position + 16) continue; // the leader epoch, which nothing covers
      const damaged = disk.afterKill();
      damaged.damage(logs[1], at);
      const log = await Log.open(hostWith(damaged), FOLDER, settings);
      const label = `byte ${at - position} of the batch`;
      await expect(log.read(baseOffset, 1000, log.logEndOffset), label).rejects.toThrow(StorageError);
      const before = await log.read(baseOffset - 2, 1000, log.logEndOffset);
      expect(
        [...batchesIn(before)].map(({ header }) => header.baseOffset),
        label,
      ).toEqual([baseOffset - 2, baseOffset - 1]);
      expect(await readAll(log, 60), label).toEqual(all.slice(60));
    }
  });

  test('is named with file, byte and offset, and with what to do', async () => {
    const { disk, logs } = await threeSegments();
    const size = batchOf(['x'.repeat(30)]).length;
    disk.damage(logs[1], 4 * size + 70);
    const log = await Log.open(hostWith(disk), FOLDER, settings);
    const offset = Number(logs[1].slice(-24, -4)) + 4;
    const reading = log.read(offset, 1000, log.logEndOffset);
    await expect(reading).rejects.toThrow(`${logs[1]} is damaged at byte ${4 * size}, offset ${offset}: the checksum`);
    await expect(reading).rejects.toThrow('Bring the file back from a replica or a backup');
  });

  test('does not keep the log from taking new records', async () => {
    const { disk, all, logs } = await threeSegments();
    disk.damage(logs[0], 8);
    const log = await Log.open(hostWith(disk), FOLDER, settings);
    await log.append(batchOf(['new']), 0).written;
    expect((await readAll(log, 85)).slice(-2)).toEqual([all[89], '90:new']);
    await expect(log.read(0, 1000, 90)).rejects.toThrow(StorageError);
    await expect(log.offsetForTime(0)).rejects.toThrow(StorageError);
  });

  test('an old segment that ends too early is an error and not a gap', async () => {
    const { disk, logs } = await threeSegments();
    disk.put(logs[1], disk.bytes(logs[1]).slice(0, 1500));
    const log = await Log.open(hostWith(disk), FOLDER, settings);
    const lastOfIt = Number(logs[2].slice(-24, -4)) - 1;
    await expect(log.read(lastOfIt, 1000, log.logEndOffset)).rejects.toThrow(StorageError);
  });
});

describe('a damaged byte in the segment that is written to', () => {
  test('is left to the check of the consumer until the next segment begins, and is an error from then on', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER, settings);
    const size = batchOf(['x'.repeat(30)]).length;
    await fill(log, 3, 30);
    // In place, since the log has the file open.
    host.disk.bytes(FILE)[size + 70] ^= 0x10;
    const read = await log.read(0, 1_000, 3);
    expect(read).toEqual(host.disk.bytes(FILE));
    expect(() => [...batchesIn(read)].map(({ bytes }) => checkBatch(bytes))).toThrow('the checksum');
    await fill(log, 60, 30);
    expect(log.segmentCount).toBeGreaterThan(1);
    await expect(log.read(1, 1_000, 3)).rejects.toThrow(`${FILE} is damaged at byte ${size}, offset 1: the checksum`);
  });
});

describe('any crash', () => {
  test('keeps all that was acknowledged: killed at any operation of the disk, at any byte of a write', async () => {
    const values = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg'];
    const small = { segmentBytes: 3 * batchOf(['aa']).length, indexIntervalBytes: 60 };
    for (let crashAt = 0; ; crashAt++) {
      const host = hostWith();
      let operations = 0;
      host.disk.before = () => (operations++ >= crashAt ? new Promise(() => {}) : undefined);
      const acknowledged: string[] = [];
      const program = async () => {
        const log = await Log.open(host, FOLDER, small);
        for (const value of values) {
          const { baseOffset, written } = log.append(batchOf([value]), 0);
          await written;
          acknowledged.push(`${baseOffset}:${value}`);
        }
      };
      await Promise.race([program(), new Promise((done) => setImmediate(done))]);
      for (const disk of host.disk.afterKillAtAnyByte()) {
        const after = await Log.open(hostWith(disk), FOLDER, small);
        const found = await readAll(after);
        expect(found.slice(0, acknowledged.length), `crash at operation ${crashAt}`).toEqual(acknowledged);
        expect(found.length - acknowledged.length).toBeLessThanOrEqual(1);
        expect(after.append(batchOf(['next']), 0).baseOffset).toBe(found.length);
      }
      if (operations < crashAt) return;
    }
  });
});
