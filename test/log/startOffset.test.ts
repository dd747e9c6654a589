import { describe, expect, test } from 'vitest';
import { Log, OffsetOutOfRange, StorageError } from '../../lib/log/log.ts';
import { readBatchHeader } from '../../lib/records/batch.ts';
import { batchOf, FOLDER, fill, hostWith, type LogHost, readAll, valuesIn } from './setup.ts';

const NOTE = `${FOLDER}/log-start-offset`;
/** Three batches of one record a segment. */
const small = { segmentBytes: 3 * batchOf(['r0']).length };
const segmentsOn = (host: LogHost) =>
  [...host.disk.files.keys()].filter((path) => path.endsWith('.log')).map((path) => Number(path.slice(-24, -4)));

/** A log of records 0 to 9 in segments that begin at 0, 3, 6 and 9. */
async function ten(host = hostWith()): Promise<{ host: LogHost; log: Log; values: string[] }> {
  const log = await Log.open(host, FOLDER, small);
  return { host, log, values: await fill(log, 10) };
}

describe('deleting the oldest records', () => {
  test('refuses to read them from then on, and keeps the others', async () => {
    const { log, values } = await ten();
    await log.advanceLogStartOffset(4);
    expect(log.logStartOffset).toBe(4);
    expect(log.logEndOffset).toBe(10);
    await expect(log.read(3, 1000, 10)).rejects.toThrow(OffsetOutOfRange);
    expect(await readAll(log)).toEqual(values.slice(4));
    expect(log.append(batchOf(['new']), 0).baseOffset).toBe(10);
  });

  test('removes the segments that hold nothing else, with all their files', async () => {
    const { host, log } = await ten();
    await log.advanceLogStartOffset(5);
    expect(segmentsOn(host)).toEqual([3, 6, 9]);
    await log.advanceLogStartOffset(6);
    expect(segmentsOn(host)).toEqual([6, 9]);
    await log.advanceLogStartOffset(10);
    expect(segmentsOn(host)).toEqual([9]);
    expect(await readAll(log)).toEqual([]);
    expect([...host.disk.files.keys()].filter((path) => /0000[0-8]\.(index|snapshot)$/.test(path))).toEqual([]);
  });

  test('goes forward only, one after the other, and not behind the end', async () => {
    const { log } = await ten();
    await Promise.all([5, 3, 7].map((offset) => log.advanceLogStartOffset(offset)));
    await log.advanceLogStartOffset(2);
    expect(log.logStartOffset).toBe(7);
    await expect(log.advanceLogStartOffset(11)).rejects.toThrow(OffsetOutOfRange);
    expect(log.logStartOffset).toBe(7);
  });

  test('inside a batch leaves the batch as it is: readers skip what lies before the start', async () => {
    const log = await Log.open(hostWith(), FOLDER);
    await log.append(batchOf(['a', 'b', 'c']), 0).written;
    await log.advanceLogStartOffset(2);
    expect(valuesIn(await log.read(2, 1000, 3))).toEqual(['0:a', '1:b', '2:c']);
    await expect(log.read(1, 1000, 3)).rejects.toThrow(OffsetOutOfRange);
  });

  test('hides them from a look-up by time', async () => {
    const { log } = await ten();
    await log.advanceLogStartOffset(4);
    expect((await log.offsetForTime(0))?.offset).toBe(4);
    const one = await Log.open(hostWith(), FOLDER);
    await one.append(batchOf(['a', 'b', 'c']), 0).written;
    await one.advanceLogStartOffset(1);
    expect((await one.offsetForTime(0))?.offset).toBe(1);
  });

  test('waits for a read that has begun, before it takes the file away', async () => {
    const { host, log } = await ten();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    host.disk.before = (what) => (what.startsWith('read 00000000000000000000.log') ? held : undefined);
    const reading = log.read(0, 1000, 10);
    const deleting = log.advanceLogStartOffset(9);
    await new Promise((done) => setImmediate(done));
    expect(segmentsOn(host)).toEqual([0, 3, 6, 9]);
    goOn();
    expect(valuesIn(await reading)[0]).toBe('0:r0');
    await deleting;
    expect(segmentsOn(host)).toEqual([9]);
  });

  test('closing waits for a read that has begun as well', async () => {
    const { host, log } = await ten();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    host.disk.before = (what) => (what.startsWith('read 00000000000000000000.log') ? held : undefined);
    const reading = log.read(0, 1000, 10);
    const closing = log.close();
    await new Promise((done) => setImmediate(done));
    expect(host.disk.did.filter((what) => /^close .*\.log$/.test(what))).toEqual([]);
    goOn();
    expect(valuesIn(await reading)[0]).toBe('0:r0');
    await closing;
    expect(host.disk.did).toContain('close 00000000000000000000.log');
  });

  test('fails without a trace when it cannot be written down', async () => {
    const { host, log, values } = await ten();
    host.disk.before = (what) => {
      if (what.startsWith('rename')) throw new Error('no');
    };
    await expect(log.advanceLogStartOffset(4)).rejects.toThrow('no');
    expect(log.logStartOffset).toBe(0);
    host.disk.before = () => {};
    expect(await readAll(log)).toEqual(values);
    await log.advanceLogStartOffset(4);
    expect(log.logStartOffset).toBe(4);
  });
});

describe('after a restart', () => {
  test('what was deleted stays deleted, killed at any operation of the disk', async () => {
    for (let crashAt = 0; ; crashAt++) {
      const { host, log, values } = await ten();
      let operations = 0;
      let deletedBefore = 0;
      host.disk.before = () => (operations++ >= crashAt ? new Promise(() => {}) : undefined);
      const program = async () => {
        for (const offset of [4, 7]) {
          await log.advanceLogStartOffset(offset);
          deletedBefore = offset;
        }
      };
      await Promise.race([program(), new Promise((done) => setImmediate(done))]);
      for (const disk of [host.disk.afterKill(), ...host.disk.afterKillAtAnyByte()]) {
        const after = await Log.open(hostWith(disk), FOLDER, small);
        expect(after.logStartOffset, `crash at ${crashAt}`).toBeGreaterThanOrEqual(deletedBefore);
        expect([0, 4, 7]).toContain(after.logStartOffset);
        expect(await readAll(after)).toEqual(values.slice(after.logStartOffset));
        expect(segmentsOn(hostWith(disk))[0]).toBe([0, 4, 7].indexOf(after.logStartOffset) * 3);
      }
      if (operations < crashAt) return;
    }
  });

  test('the log begins where it began, even when a loss of power has taken more than was deleted', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER);
    await fill(log, 10);
    await log.advanceLogStartOffset(8);
    const disk = host.disk.afterLossOfPower();
    const after = await Log.open(hostWith(disk), FOLDER);
    expect([after.logStartOffset, after.logEndOffset]).toEqual([8, 8]);
    expect(after.append(batchOf(['new']), 0).baseOffset).toBe(8);
    await after.close();
    const again = await Log.open(hostWith(disk), FOLDER);
    expect(await readAll(again)).toEqual(['8:new']);
  });

  test('a producer is remembered although its first batches are gone', async () => {
    const host = hostWith();
    const log = await Log.open(host, FOLDER, { segmentBytes: 150 });
    const numbered = (sequence: number) =>
      batchOf(['value'], { producerId: 7, producerEpoch: 0, baseSequence: sequence });
    for (let sequence = 0; sequence < 6; sequence++) await log.append(numbered(sequence), 0).written;
    await log.advanceLogStartOffset(log.logEndOffset);
    await log.close();
    const after = await Log.open(hostWith(host.disk), FOLDER, { segmentBytes: 150 });
    expect(after.producers.check(readBatchHeader(numbered(4)))).toMatchObject({ duplicateOf: 4 });
    expect(after.producers.check(readBatchHeader(numbered(6)))).toBe('append');
  });

  test('a damaged note of the start is a storage error that says what to do', async () => {
    const { host, log } = await ten();
    await log.advanceLogStartOffset(4);
    await log.close();
    host.disk.put(NOTE, new TextEncoder().encode('four'));
    const opening = Log.open(hostWith(host.disk), FOLDER, small);
    await expect(opening).rejects.toThrow(StorageError);
    await expect(opening).rejects.toThrow(`${NOTE} is damaged: remove it`);
  });
});

test('settings that change hold from the next append on', async () => {
  const host = hostWith();
  const log = await Log.open(host, FOLDER);
  await fill(log, 3);
  log.configure(small);
  await log.append(batchOf(['new']), 0).written;
  expect(segmentsOn(host)).toEqual([0, 3]);
});
