import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Log, OffsetOutOfRange, StorageError } from '../../lib/log/log.ts';
import { batchesIn, HEADER_BYTES, lastOffsetOf, readBatchHeader } from '../../lib/records/batch.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import type { TestDisk } from './disk.ts';
import { keyed, openLog, put, segmentsOn, timedHost, wordsOf } from './keeping.ts';
import { changed, FIRST, FOLDER, hostWith } from './setup.ts';

const bytes = keyed(['a=0']).length;
/** Three batches of one record a segment; whatever is new is compacted at once. */
const compacting = { segmentBytes: 3 * bytes, compact: true, delete: false, minCleanableDirtyRatio: 0 };
const one = (...words: string[]) => words.map((word) => [word]);
const filesOf = (timed: { host: { disk: { files: Map<string, unknown> } } }) => [...timed.host.disk.files.keys()];

/** Where each segment ends, and where the one behind it begins: the same offsets, or a crash has left a segment too many. */
function seamsOf(disk: TestDisk): [end: number, next: number][] {
  const logs = [...disk.files.keys()].filter((path) => path.endsWith('.log')).sort();
  const ends = logs
    .map((path) => [...batchesIn(disk.bytes(path))].at(-1))
    .map((last) => last && lastOffsetOf(last.header) + 1);
  return logs.slice(1).map((path, index) => [ends[index] ?? -1, Number(path.slice(-24, -4))]);
}

async function logOf(batches: readonly (readonly string[])[], settings = {}) {
  const timed = timedHost(10_000);
  const log = await openLog(timed, { ...compacting, ...settings });
  await put(log, batches);
  return { timed, log };
}

describe('compaction', () => {
  test('keeps of each key the last record, with its offset and in its order', async () => {
    const { timed, log } = await logOf(one('a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'a=3', 'd=1'));
    expect(await log.compact(7)).toBe(true);
    expect(await wordsOf(log)).toEqual(['3:c=1', '4:b=2', '5:a=3', '6:d=1']);
    expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 7]);
    expect(timed.host.trace.events.at(-1)).toMatchObject({ what: 'log.compacted', detail: { offset: 6 } });
    const again = await openLog(timedHost(0, timed.host.disk.afterKill()), compacting);
    expect(await wordsOf(again)).toEqual(['3:c=1', '4:b=2', '5:a=3', '6:d=1']);
    expect(again.recovered).toBeUndefined();
  });

  test('takes single records out of a batch', async () => {
    const { log } = await logOf([['a=1', 'b=1', 'c=1'], ['a=2', 'd=1'], ['x=1'], ['y=1']], { segmentBytes: 300 });
    await log.compact(7);
    expect(await wordsOf(log)).toEqual(['1:b=1', '2:c=1', '3:a=2', '4:d=1', '5:x=1', '6:y=1']);
    const header = readBatchHeader(await log.read(0, 1, 7));
    expect(header).toMatchObject({ baseOffset: 0, lastOffsetDelta: 2, recordCount: 2 });
  });

  test('leaves a batch that cannot be opened as it is, and what came before it', async () => {
    const broken = changed(keyed(['a=3', 'a=4']), (bytes) => bytes.fill(0xff, bytes.length - 4));
    const timed = timedHost(10_000);
    const log = await openLog(timed, { ...compacting, segmentBytes: 2 * bytes + broken.length });
    await put(log, one('a=1', 'a=2'));
    await log.append(broken, 0).written;
    await put(log, one('c=1'));
    expect(await log.compact(5)).toBe(true);
    const batches = [...batchesIn(await log.read(0, 1_000, 5))];
    const left = batches.map(({ header }) => [header.baseOffset, header.recordCount]);
    expect(left.slice(0, 3)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(batches[2].bytes.subarray(HEADER_BYTES)).toEqual(broken.subarray(HEADER_BYTES));
    expect(await log.compact(5)).toBe(false);
  });

  test('leaves the segment that is written to alone, and what is not safe', async () => {
    const { log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4', 'a=5', 'a=6', 'a=7', 'a=8'));
    await log.compact(5);
    expect((await wordsOf(log)).slice(0, 2)).toEqual(['2:a=3', '3:a=4']);
    await log.compact(8);
    expect(await wordsOf(log)).toEqual(['5:a=6', '6:a=7', '7:a=8']);
  });

  test('makes one segment of several small ones, and keeps the stretch that was emptied as one header', async () => {
    const { timed, log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4', 'a=5', 'a=6', 'a=7', 'a=8', 'a=9', 'b=1'));
    log.configure({ ...compacting, segmentBytes: 12 * bytes });
    await log.compact(10);
    expect(segmentsOn(timed.host)).toEqual([0, 9]);
    const headers = [...batchesIn(timed.host.disk.bytes(`${FIRST}.log`))].map(({ header }) => header);
    expect(
      headers.map(({ baseOffset, lastOffsetDelta, recordCount }) => [baseOffset, lastOffsetDelta, recordCount]),
    ).toEqual([
      [0, 7, 0],
      [8, 0, 1],
    ]);
  });

  test('a reader in the emptied part gets what comes next, from the next segment too', async () => {
    const { log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4', 'a=5', 'b=1', 'a=6'));
    await log.compact(7);
    const read = await log.read(0, 1, 7);
    expect([...batchesIn(read)].some(({ header }) => header.recordCount > 0)).toBe(true);
  });

  test('a reader in the emptied part gets nothing of what comes next when the log begins later by then', async () => {
    const { timed, log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4', 'a=5', 'b=1', 'a=6'));
    await log.compact(7);
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    timed.host.disk.before = (what) => (what.startsWith('read 00000000000000000000.log') ? held : undefined);
    const reading = log.read(0, 1, 7);
    const deleting = log.advanceLogStartOffset(6);
    await new Promise((done) => setImmediate(done));
    expect(log.logStartOffset).toBe(6);
    goOn();
    await expect(reading).rejects.toThrow(OffsetOutOfRange);
    await deleting;
  });

  test('waits until enough is new', async () => {
    const { log } = await logOf(one('a=1', 'b=1', 'c=1', 'd=1', 'e=1', 'f=1', 'g=1', 'h=1', 'i=1', 'j=1'));
    await log.compact(10);
    log.configure({ ...compacting, minCleanableDirtyRatio: 0.5 });
    await put(log, one('a=2', 'b=2', 'c=2'));
    expect(await log.compact(13)).toBe(false);
    await put(
      log,
      Array.from({ length: 12 }, (_, index) => [`a=${index % 10}`]),
    );
    expect(await log.compact(25)).toBe(true);
    const words = await wordsOf(log);
    expect(words.filter((word) => word.includes('b='))).toEqual(['11:b=2']);
  });

  test('knows after a restart what it has done, and does it once more when the note is lost', async () => {
    const { timed, log } = await logOf(one('a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'a=3', 'd=1'));
    await log.compact(7);
    await log.close();
    const { disk } = timed.host;
    const again = await openLog(timed, compacting);
    expect(await again.compact(7)).toBe(false);
    await again.close();
    disk.put(`${FOLDER}/cleaner-offset`, new TextEncoder().encode('nonsense'));
    const lost = await openLog(timed, compacting);
    expect(await lost.compact(7)).toBe(true);
    expect(await wordsOf(lost)).toEqual(['3:c=1', '4:b=2', '5:a=3', '6:d=1']);
  });

  test('keeps compressed batches compressed', async () => {
    const { log } = await logOf([]);
    await put(log, [['a=1', 'b=1'], ['a=2', 'c=1'], ['x=1'], ['y=1'], ['z=1']], { codec: 'gzip' });
    await log.compact(log.logEndOffset);
    expect(readBatchHeader(await log.read(0, 1, 7)).codec).toBe('gzip');
    expect((await wordsOf(log)).slice(0, 3)).toEqual(['1:b=1', '2:a=2', '3:c=1']);
  });
});

describe('a tombstone', () => {
  test('stays for delete.retention.ms after the compaction that first saw it, and then goes', async () => {
    const settings = { deleteRetentionMs: 500 };
    const { timed, log } = await logOf(one('a=1', 'b=1', 'a=', 'c=1'), settings);
    await log.compact(4);
    expect(await wordsOf(log)).toEqual(['1:b=1', '2:a=', '3:c=1']);
    timed.now += 499;
    await put(log, one('d=1', 'e=1', 'f=1'));
    expect(await log.compact(7)).toBe(true);
    expect(await wordsOf(log)).toContain('2:a=');
    timed.now += 1;
    await put(log, one('g=1', 'h=1', 'i=1'));
    expect(await log.compact(10)).toBe(true);
    expect((await wordsOf(log)).slice(0, 2)).toEqual(['1:b=1', '3:c=1']);
  });

  test('keeps the times of the records in its batch', async () => {
    const { log } = await logOf([['a=1'], ['a=', 'b=1'], ['c=1'], ['d=1']]);
    await log.compact(log.logEndOffset);
    expect(await log.offsetForTime(1000)).toMatchObject({ offset: 1, timestamp: 1000 });
    expect(readBatchHeader(await log.read(1, 1, 5)).maxTimestamp).toBe(1000);
  });
});

describe('a producer', () => {
  test('is still known when all of its records have been superseded', async () => {
    const numbered = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence });
    const { timed, log } = await logOf([]);
    for (let sequence = 0; sequence < 3; sequence++) await put(log, one('a=1'), numbered(sequence));
    await put(log, one('a=2', 'a=3', 'a=4', 'b=1'));
    await log.compact(7);
    expect(await wordsOf(log)).toEqual(['5:a=4', '6:b=1']);
    await log.close();
    for (const path of filesOf(timed)) if (path.endsWith('.snapshot')) timed.host.disk.files.delete(path);
    const again = await openLog(timed, compacting);
    expect(again.producers.check(readBatchHeader(keyed(['a=1'], numbered(2))))).toMatchObject({ duplicateOf: 2 });
    expect(again.producers.check(readBatchHeader(keyed(['a=1'], numbered(3))))).toBe('append');
    expect(again.producers.check(readBatchHeader(keyed(['a=1'], numbered(5))))).toHaveProperty('error');
  });
});

describe('whatever was written', () => {
  const word = fc
    .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('', '1', '2', '3'))
    .map((pair) => pair.join('='));
  const history = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 25 });

  /** The table that a reader ends up with. */
  const tableOf = (words: readonly string[]) => {
    const table = new Map<string, string>();
    for (const [key, value] of words.map((one) => one.slice(one.indexOf(':') + 1).split('='))) {
      if (value === '') table.delete(key);
      else table.set(key, value);
    }
    return Object.fromEntries([...table].sort());
  };

  test('the table is the same after any number of compactions, and what is left is a part of what there was', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 6 }), async (batches, every) => {
        const { timed, log } = await logOf([], { segmentBytes: 400, deleteRetentionMs: 30 });
        const all: string[] = [];
        for (const [index, batch] of batches.entries()) {
          all.push(...batch.map((entry, at) => `${log.logEndOffset + at}:${entry}`));
          await put(log, [batch]);
          timed.now += 10;
          if (index % every === 0) await log.compact(log.logEndOffset);
        }
        await log.compact(log.logEndOffset);
        const left = await wordsOf(log);
        expect(tableOf(left)).toEqual(tableOf(all));
        expect(all.filter((entry) => left.includes(entry))).toEqual(left);
        const again = await Log.open(hostWith(timed.host.disk.afterKill()), FOLDER, compacting);
        expect(again.recovered).toBeUndefined();
        expect(await wordsOf(again)).toEqual(left);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a crash', () => {
  const batches = one('a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'a=3', 'd=1', 'a=4', 'c=', 'e=1', 'f=1');
  const last = ['4:b=2', '6:d=1', '7:a=4', '8:c=', '9:e=1', '10:f=1'];

  test.each(['kill', 'loss of power'])(
    'by %s at any operation of the disk leaves the old segments or the new one, and the table either way',
    async (how) => {
      for (let crashAt = 0; ; crashAt++) {
        const { timed, log } = await logOf(batches, { segmentBytes: 3 * bytes });
        log.configure({ ...compacting, segmentBytes: 6 * bytes });
        const { disk } = timed.host;
        let operations = 0;
        for (const content of disk.files.values()) content.synced = content.bytes;
        disk.before = () => (operations++ >= crashAt ? new Promise(() => {}) : undefined);
        await Promise.race([log.compact(11), new Promise((done) => setImmediate(done))]);
        const crashed = how === 'kill' ? disk.afterKillAtAnyByte() : [disk.afterLossOfPower()];
        for (const after of crashed) {
          const again = await openLog(timedHost(10_000, after), compacting);
          expect(again.recovered, `crash at ${crashAt}`).toBeUndefined();
          for (const [end, next] of seamsOf(after)) expect(next, `crash at ${crashAt}`).toBe(end);
          const words = await wordsOf(again);
          expect(
            words.filter((entry) => last.includes(entry)),
            `crash at ${crashAt}`,
          ).toEqual(last);
          expect([...after.files.keys()].filter((path) => /cleaned$|swap$/.test(path))).toEqual([]);
          await again.compact(11);
          expect(await wordsOf(again), `crash at ${crashAt}`).toEqual(last);
          expect(again.append(keyed(['z=1']), 0).baseOffset).toBe(11);
        }
        if (operations < crashAt) return;
      }
    },
  );

  test('does not happen to readers: a segment that changes places is read before or after', async () => {
    const { log } = await logOf(batches);
    const reads: Promise<string[]>[] = [];
    const compacting_ = log.compact(11).then(() => 'done');
    for (let turn = 0; turn < 300; turn++) {
      reads.push(wordsOf(log));
      if ((await Promise.race([compacting_, new Promise((done) => setImmediate(done, 'busy'))])) === 'done') break;
    }
    for (const words of await Promise.all(reads)) {
      expect(words.filter((entry) => last.includes(entry))).toEqual(last);
    }
  });

  test('before the log is closed ends the compaction, and leaves all as it was', async () => {
    const { timed, log } = await logOf(batches);
    const before = await wordsOf(log);
    const cleaning = log.compact(11);
    await log.close();
    expect(await cleaning).toBe(false);
    expect(await wordsOf(await openLog(timed, {}))).toEqual(before);
  });
});

describe('what cannot be compacted', () => {
  test('a full disk leaves the log as it was, and it goes on', async () => {
    const { timed, log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4'));
    timed.host.disk.before = (what) => {
      if (what.startsWith('append') && what.endsWith('.cleaned')) throw new DiskFailed('there is no space left');
    };
    await expect(log.compact(4)).rejects.toThrow('there is no space left');
    expect(filesOf(timed).filter((path) => path.endsWith('.cleaned'))).toEqual([]);
    await put(log, one('a=5'));
    expect(await wordsOf(log)).toHaveLength(5);
    timed.host.disk.before = () => {};
    expect(await log.compact(5)).toBe(true);
  });

  test('damaged records are an error that says where, and stay', async () => {
    const { timed, log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4'));
    timed.host.disk.damage(`${FIRST}.log`, bytes + 70);
    await log.close();
    const again = await openLog(timed, compacting);
    await expect(again.compact(4)).rejects.toThrow(StorageError);
    await expect(again.compact(4)).rejects.toThrow(/is damaged at byte/);
    await put(again, one('a=5'));
    expect(segmentsOn(timed.host)).toEqual([0, 3]);
  });

  test('a swap that fails half-way ends the log, and opening it again finishes the swap', async () => {
    const { timed, log } = await logOf(one('a=1', 'a=2', 'a=3', 'a=4'));
    timed.host.disk.before = (what) => {
      if (what === 'rename 00000000000000000000.log.swap') throw new DiskFailed('a fault of the machine');
    };
    await expect(log.compact(4)).rejects.toThrow('a fault of the machine');
    expect(() => log.append(keyed(['a=5']), 0)).toThrow(StorageError);
    timed.host.disk.before = () => {};
    const again = await openLog(timed, compacting);
    expect(await wordsOf(again)).toEqual(['2:a=3', '3:a=4']);
  });
});
