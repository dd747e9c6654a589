/** The exercises of chapter 14: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { type CommitOf, judge, judgeCommit, laneOf, mornings, type Program, type Way, type Work } from 'course/14';
import { expect, test } from 'vitest';
import { fourLanes, upToTheFirstOpen } from '../../chapters/solutions/14-one-consumer-per-partition.ts';
import type { Consumer, ConsumerRecord } from '../../lib/index.ts';
import { shown } from './outputs.ts';

const here = { topic: 'accounts', partition: 0 };

test('the solutions pass', async () => {
  expect(judgeCommit(upToTheFirstOpen).passed).toBe(true);
  const verdict = await judge(fourLanes);
  expect(verdict.lines.slice(0, 3)).toEqual([
    expect.stringMatching(/^without a crash: Ada 130 \(all well\), 4 at work at most, 1\.\d s$/),
    expect.stringMatching(/^killed at \d+ moments: nothing lost/),
    'with applyAt in the place of apply Ada would have 130 each time',
  ]);
  expect(verdict.passed).toBe(true);
});

const offsets = (read: Parameters<CommitOf>[0]) => read.map(({ offset }) => offset);
const done = (read: Parameters<CommitOf>[0]) => read.filter(({ isDone }) => isDone);

test.each<[name: string, answer: CommitOf, says: RegExp]>([
  [
    'the starter: behind the highest that is done',
    (read) => Math.max(...offsets(done(read))) + 1,
    /1 is not done.*something behind it/,
  ],
  ['how far it was read', (read) => Math.max(...offsets(read)) + 1, /not done/],
  ['as many as are done', (read) => read[0].offset + done(read).length, /How many are done does not say which/],
  [
    'the last that is done, and not the next',
    (read) => {
      const next = upToTheFirstOpen(read);
      return next === undefined ? next : next - 1;
    },
    /names the event to go on with/,
  ],
  [
    'nothing as long as something is open',
    (read) => (done(read).length === read.length ? upToTheFirstOpen(read) : undefined),
    /1 is done, and so is all before it/,
  ],
])('the warm-up, not yet: %s', (_, answer, says) => {
  const verdict = judgeCommit(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

/** A program that polls, and does this with what comes. */
const each =
  (batch: (events: readonly ConsumerRecord[], consumer: Consumer, work: Work) => Promise<unknown>): Program =>
  async (consumer, work) => {
    await consumer.subscribe(['accounts']);
    for (;;) await batch(await consumer.poll('100 ms'), consumer, work);
  };

/** Lanes that go on while the loop polls. */
function lanesBy(
  laneFor: (event: ConsumerRecord) => number | string,
  committing: (consumer: Consumer, done: number[], read: number[]) => Promise<unknown> | undefined,
): Program {
  return async (consumer, work) => {
    const lanes = new Map<number | string, Promise<unknown>>();
    const read: number[] = [];
    const finished: number[] = [];
    await consumer.subscribe(['accounts']);
    for (;;) {
      for (const event of await consumer.poll('100 ms')) {
        read.push(event.offset);
        const lane = laneFor(event);
        const next = (lanes.get(lane) ?? Promise.resolve()).then(() => work(event));
        lanes.set(
          lane,
          next.then(() => finished.push(event.offset)),
        );
      }
      await committing(consumer, finished, read);
    }
  };
}
const at = (consumer: Consumer, offset: number) => consumer.commitSync([{ ...here, offset }]);
const highest = (consumer: Consumer, finished: number[]) =>
  finished.length === 0 ? undefined : at(consumer, Math.max(...finished) + 1);

test.each<[name: string, answer: Program, says: RegExp]>([
  [
    'the starter: Promise.all',
    each(async (events, consumer, work) => {
      await Promise.all(events.map(work));
      await consumer.commitSync();
    }),
    /All that one poll brings is begun at once/,
  ],
  [
    'lanes in turns',
    lanesBy(({ offset }) => offset % 4, highest),
    /Ada's -120 was begun, and Ada's \+150 was done at .* Nothing made it wait: the two were in different lanes/,
  ],
  ['a lane for each account', lanesBy(({ key }) => String(key), highest), /5 were at work at once/],
  [
    'one by one',
    each(async (events, consumer, work) => {
      for (const event of events) await work(event);
      await consumer.commitSync();
    }),
    /everybody waits/,
  ],
  [
    'lanes for one batch',
    each(async (events, consumer, work) => {
      const lane = async (mine: number) => {
        for (const event of events) if (laneOf(event) === mine) await work(event);
      };
      await Promise.all([0, 1, 2, 3].map(lane));
      await consumer.commitSync();
    }),
    /before the slowest of the last is done/,
  ],
  ['all in one lane', lanesBy(() => 0, highest), /One after the other/],
  ['two of the slow in one lane', lanesBy((event) => laneOf(event) % 2, highest), /were in one lane/],
  ['no commit', lanesBy(laneOf, () => undefined), /Nothing was committed/],
  [
    'a commit that is one short',
    lanesBy(laneOf, (consumer, finished) => (finished.length === 9 ? at(consumer, 8) : undefined)),
    /At the end 8 is committed, so the last event comes again/,
  ],
  ['committing the highest finished', lanesBy(laneOf, highest), /highest so far/],
  ['committing the position', lanesBy(laneOf, (consumer) => consumer.commitSync()), /how far poll has come/],
  [
    'a program that returns',
    async (consumer, work) => {
      await consumer.subscribe(['accounts']);
      for (const event of await consumer.poll('1 s')) await work(event);
    },
    /8 were not booked, though nobody was killed. The program has returned/,
  ],
  [
    'committing from a lane',
    async (consumer, work) => {
      await consumer.subscribe(['accounts']);
      for (;;)
        for (const event of await consumer.poll('100 ms')) void work(event).then(() => at(consumer, event.offset + 1));
    },
    /commitSync was called while another call/,
  ],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('four lanes by account are as fast as all at once, and right', async () => {
  const inLanes =
    (pick: (event: ConsumerRecord) => number): Way =>
    (events, work) =>
      Promise.all(
        [0, 1, 2, 3].map(async (lane) => {
          for (const event of events) if (pick(event) % 4 === lane) await work(event);
        }),
      );
  const table = await mornings({
    all: (events, work) => Promise.all(events.map(work)),
    turns: inLanes(({ offset }) => offset),
    account: inLanes(laneOf),
  });
  expect(table.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^all +1\.0 s +240 +90$/),
    expect.stringMatching(/^turns +1\.\d s +240 +90$/),
    expect.stringMatching(/^account +1\.\d s +130 +130$/),
  ]);
});

test('what the text says is what the cells have shown', () => {
  expect(shown('14', 'frozen')).toBe(
    'after a minute Ada has 130\ncopy 1 ends: CommitFailedError\nin the end she has 280\n',
  );
  expect(shown('14', 'drawn')).toMatch(
    /54\.\d+ s {2}copy 2 → the bank: apply \+150[\s\S]*▶ 66\.\d+ s {2}copy 1 → the bank: apply \+150: 280/,
  );
  expect(shown('14', 'by-hand')).toMatch(/handed 3 events\n.*CommitFailedError/);
  expect(shown('14', 'asks')).toMatch(
    /230 ×2 · 280 ×3 · 10 ×3 · 130\n[\s\S]*230 ×3 · 130 · 280 ×3 · 130 · 10 ×3 · 130\n/,
  );
  expect(shown('14', 'asks')).toMatch(/280: .*frozen after the commit of 1/);
  expect(shown('14', 'guards')).toMatch(
    /130 · 230 · 130 ×2 · 280 · 130 ×2 · 10 · 130\n[\s\S]*By offset\n {2}130 ×9\n[\s\S]*killed\n {2}130 ×\d+\n/,
  );
  expect(shown('14', 'windows').match(/\d+ +\d+$/gm)).toEqual([
    '130      130',
    '240       90',
    '240       90',
    '130      130',
  ]);
  expect(shown('14', 'book')).toMatch(/1: at work[\s\S]*8: done[\s\S]*committed 1 .*position 9/);
});
