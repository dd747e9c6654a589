import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OffsetOutOfRange } from '../../lib/log/log.ts';
import { retentionCut } from '../../lib/log/retention.ts';
import { readBatchHeader } from '../../lib/records/batch.ts';
import { keyed, openLog, put, segmentsOn, timedHost, wordsOf } from './keeping.ts';

const bytes = keyed(['k=v']).length;
/** Two batches of one record a segment. */
const two = { segmentBytes: 2 * bytes, retentionMs: -1 };

/** A log of records 0 to 6 in segments that begin at 0, 2, 4 and 6; record n has the time 1000 + n. */
async function seven(settings = {}) {
  const timed = timedHost();
  const log = await openLog(timed, { ...two, ...settings });
  for (let time = 1000; time < 1007; time++) await put(log, [['k=v']], { timestamp: time });
  return { timed, log };
}

describe('a segment ends by time', () => {
  test('when a batch comes that is later than its first one by more than segment.ms', async () => {
    const timed = timedHost();
    const log = await openLog(timed, { segmentMs: 100 });
    for (const timestamp of [1000, 1050, 1100, 1101, 1150, 1202]) await put(log, [['k=v']], { timestamp });
    expect(segmentsOn(timed.host)).toEqual([0, 3, 5]);
  });

  test('counted from its first batch, after a restart as well', async () => {
    const timed = timedHost();
    const log = await openLog(timed, { segmentMs: 100 });
    for (const timestamp of [1000, 1090]) await put(log, [['k=v']], { timestamp });
    await log.close();
    const again = await openLog(timed, { segmentMs: 100 });
    await put(again, [['k=v']], { timestamp: 1100 });
    expect(segmentsOn(timed.host)).toEqual([0]);
    await put(again, [['k=v']], { timestamp: 1101 });
    expect(segmentsOn(timed.host)).toEqual([0, 3]);
  });

  test('and not because time passes: nothing happens to a log that nobody writes to', async () => {
    const timed = timedHost();
    const log = await openLog(timed, { segmentMs: 100 });
    await put(log, [['k=v']]);
    timed.now = 1_000_000;
    await log.deleteOldSegments(log.logEndOffset - 1);
    expect(segmentsOn(timed.host)).toEqual([0]);
  });
});

describe('retention by time', () => {
  test('deletes the segments whose latest record is too old, from the oldest on', async () => {
    const { timed, log } = await seven({ retentionMs: 500 });
    timed.now = 1503;
    expect(await log.deleteOldSegments(7)).toBe(true);
    expect([log.logStartOffset, segmentsOn(timed.host)]).toEqual([2, [2, 4, 6]]);
    await expect(log.read(1, 1000, 7)).rejects.toThrow(OffsetOutOfRange);
    expect(await wordsOf(log)).toHaveLength(5);
    expect(await log.deleteOldSegments(7)).toBe(false);
  });

  test('keeps a segment with one late record, and all behind it', async () => {
    const timed = timedHost(100_000);
    const log = await openLog(timed, { ...two, retentionMs: 500 });
    for (const timestamp of [1000, 1001, 1002, 99_900, 1004, 1005, 1006]) await put(log, [['k=v']], { timestamp });
    await log.deleteOldSegments(7);
    expect(segmentsOn(timed.host)).toEqual([2, 4, 6]);
  });

  test('deletes even the segment that is written to, when all of it is safe; the offsets go on', async () => {
    const { timed, log } = await seven({ retentionMs: 500 });
    timed.now = 100_000;
    await log.deleteOldSegments(7);
    expect([log.logStartOffset, log.logEndOffset, segmentsOn(timed.host)]).toEqual([7, 7, [7]]);
    await put(log, [['k=new']], { timestamp: 100_000 });
    expect(await wordsOf(log)).toEqual(['7:k=new']);
    await log.close();
    const again = await openLog(timed, two);
    expect([again.logStartOffset, await wordsOf(again)]).toEqual([7, ['7:k=new']]);
  });

  test('deletes nothing at or behind the high watermark', async () => {
    const { timed, log } = await seven({ retentionMs: 500 });
    timed.now = 100_000;
    await log.deleteOldSegments(5);
    expect(segmentsOn(timed.host)).toEqual([4, 6]);
    await log.deleteOldSegments(6);
    expect(segmentsOn(timed.host)).toEqual([6]);
  });

  test('loses nothing that is written meanwhile', async () => {
    const { timed, log } = await seven({ retentionMs: 500 });
    timed.now = 100_000;
    const deleting = log.deleteOldSegments(7);
    const writing = put(log, [['k=a'], ['k=b'], ['k=c']], { timestamp: 100_000 });
    await Promise.all([deleting, writing]);
    expect((await wordsOf(log)).slice(-3)).toEqual(['7:k=a', '8:k=b', '9:k=c']);
  });

  test('does not stop at a segment that cannot be read', async () => {
    const { timed, log } = await seven({ retentionMs: 500 });
    await log.close();
    const first = '00000000000000000000';
    timed.host.disk.files.delete(`ledger-0/${first}.timeindex`);
    timed.host.disk.damage(`ledger-0/${first}.log`, 16);
    const again = await openLog(timed, { ...two, retentionMs: 500 });
    timed.now = 1505;
    await again.deleteOldSegments(7);
    expect(segmentsOn(timed.host)).toEqual([4, 6]);
  });

  test('is off with -1, and with a policy that only compacts', async () => {
    const { timed, log } = await seven({ retentionMs: -1 });
    timed.now = 10_000_000_000;
    expect(await log.deleteOldSegments(7)).toBe(false);
    log.configure({ ...two, retentionMs: 1, delete: false });
    expect(await log.deleteOldSegments(7)).toBe(false);
    expect(segmentsOn(timed.host)).toEqual([0, 2, 4, 6]);
  });
});

describe('retention by size', () => {
  test.each([
    [7 * bytes, [0, 2, 4, 6]],
    [5 * bytes + 1, [0, 2, 4, 6]],
    [5 * bytes, [2, 4, 6]],
    [2 * bytes, [4, 6]],
    [bytes, [6]],
    [1, [6]],
    [0, [7]],
  ])('keeps at least %i bytes while there are as many', async (retentionBytes, left) => {
    const { timed, log } = await seven({ retentionBytes });
    await log.deleteOldSegments(7);
    expect(segmentsOn(timed.host)).toEqual(left);
  });
});

test('what goes is a beginning of the log, all of it safe, and no more than the limits say', () => {
  const facts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 50 }), age: fc.integer({ min: 0, max: 100 }) }), {
    minLength: 1,
    maxLength: 8,
  });
  const limit = fc.integer({ min: -1, max: 120 });
  fc.assert(
    fc.property(facts, limit, limit, fc.nat(80), (some, retentionMs, retentionBytes, upTo) => {
      const segments = some.map(({ size, age }, index) => ({
        baseOffset: index * 10,
        sizeInBytes: size,
        largestTimestamp: 1000 - age,
      }));
      const logEndOffset = segments.length * 10;
      const cut = retentionCut(segments, { now: 1000, retentionMs, retentionBytes, upTo, logEndOffset }) ?? 0;
      const first = cut / 10;
      const isTooOld = ({ age }: { age: number }) => retentionMs >= 0 && age > retentionMs;
      const sizeFrom = (index: number) => some.slice(index).reduce((sum, segment) => sum + segment.size, 0);
      const isTooMuch = (index: number) => retentionBytes >= 0 && sizeFrom(index + 1) >= retentionBytes;
      expect(cut === 0 || cut <= upTo).toBe(true);
      expect(some.slice(0, first).every((segment, index) => isTooOld(segment) || isTooMuch(index))).toBe(true);
      // What comes next has a reason to stay.
      if (first === some.length || cut + 10 > upTo) return;
      expect(isTooOld(some[first]) || isTooMuch(first)).toBe(false);
    }),
  );
});

describe('the time of the broker', () => {
  test('stands in place of that of the producer, and the checksum is right', async () => {
    const timed = timedHost(5_000);
    const log = await openLog(timed, { timestampType: 'append' });
    const theirs = keyed(['a=1', 'b=2'], { timestamp: 1000 });
    const untouched = theirs.slice();
    const { logAppendTimeMs, written } = log.append(theirs, 0);
    await written;
    expect(logAppendTimeMs).toBe(5_000);
    expect(theirs).toEqual(untouched);
    const header = readBatchHeader(await log.read(0, 1000, 2));
    expect(header).toMatchObject({ timestampType: 'append', baseTimestamp: 1000, maxTimestamp: 5_000 });
    expect(await log.offsetForTime(5_000)).toEqual({ offset: 0, timestamp: 5_000, leaderEpoch: 0 });
    const again = await openLog(timedHost(0, timed.host.disk.afterKill()), {});
    expect(await wordsOf(again)).toEqual(['0:a=1', '1:b=2']);
  });

  test('is not asked for where producers have the say', async () => {
    const log = await openLog(timedHost(5_000), {});
    const { logAppendTimeMs, written } = log.append(keyed(['a=1']), 0);
    await written;
    expect(logAppendTimeMs).toBe(-1);
    expect(readBatchHeader(await log.read(0, 1000, 1))).toMatchObject({ timestampType: 'create', maxTimestamp: 1000 });
  });
});

describe('a producer that has not been heard of', () => {
  const numbered = (producerId: number, timestamp: number) =>
    keyed(['k=v'], { producerId, producerEpoch: 0, baseSequence: 4, timestamp });

  test('for producer.id.expiration.ms is forgotten, and may begin anywhere', async () => {
    const log = await openLog(timedHost(), {});
    await log.append(numbered(1, 1_000), 0).written;
    await log.append(numbered(2, 1_001), 0).written;
    expect(log.producers.forget(1_499, 500)).toBe(0);
    expect(log.producers.forget(1_500, 500)).toBe(1);
    expect(log.producers.count).toBe(1);
    expect(log.producers.check(readBatchHeader(numbered(1, 2_000)))).toBe('append');
    expect(log.producers.check(readBatchHeader(numbered(2, 2_000)))).toMatchObject({ duplicateOf: 1 });
  });

  test('is forgotten after a restart too: its time is kept', async () => {
    const timed = timedHost();
    const log = await openLog(timed, { segmentBytes: 2 * numbered(1, 1).length });
    for (const id of [1, 2, 3]) await log.append(numbered(id, 1_000 + id), 0).written;
    await log.close();
    const again = await openLog(timed, {});
    expect(again.producers.forget(1_502, 500)).toBe(2);
    expect(again.producers.count).toBe(1);
  });
});
