/** The exercises of chapter 06: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { judge, judgeTidy, type Program, settings, type TillConnection } from 'course/06';
import type { Consumer, ConsumerRecord } from 'kafkaito';
import { expect, test } from 'vitest';
import { eachByItself, tidy } from '../../chapters/solutions/06-the-fourth-of-ten.ts';
import { shown } from './outputs.ts';

test('the solution of the warm-up passes', async () => {
  const verdict = await judgeTidy(tidy);
  expect(verdict.passed).toBe(true);
  expect(verdict.lines[1]).toBe('lost: none; repeated: 0-2');
});

test.each([
  ['the starter: a long interval', { autoCommitIntervalMs: 60_000 }, /lost: 3-9; [\s\S]*The interval is for poll/],
  ['another setting', { maxPollIntervalMs: 60_000 }, /lost: 3-9; [\s\S]*close still commits the position/],
])('the warm-up, not yet: %s', async (_, settings, says) => {
  const verdict = await judgeTidy(settings);
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(says);
});

/** A program that polls for ever and does this with each batch. */
const with_ =
  (work: (events: ConsumerRecord[], consumer: Consumer, till: TillConnection) => Promise<unknown>): Program =>
  async (kafka, till) => {
    const consumer = kafka.consumer(settings);
    await consumer.subscribe(['account']);
    for (;;) await work(await consumer.poll('10 s'), consumer, till);
  };

const behind = (event: ConsumerRecord) => ({ ...event, offset: event.offset + 1 });

test('the solution passes, and so does a program that leaves it to its successor', async () => {
  const verdict = await judge(eachByItself);
  expect(verdict.lines.at(-1)).toMatch(
    /^killed at \d+ moments: nothing lost, and one event booked twice at 12 of them/,
  );
  expect(verdict.passed).toBe(true);
  const throwing = with_(async (events, consumer, till) => {
    for (const event of events) {
      await till.apply(event);
      await consumer.commitSync([behind(event)]);
    }
  });
  expect((await judge(throwing)).passed).toBe(true);
});

test.each<[name: string, answer: Program, says: RegExp]>([
  [
    'the starter: catches and polls on',
    with_(async (events, consumer, till) => {
      try {
        for (const event of events) await till.apply(event);
        await consumer.commitSync();
      } catch {}
    }),
    /poll went on behind the batch, and the next commit took 3-9 along/,
  ],
  [
    'seeks to what is committed',
    with_(async (events, consumer, till) => {
      try {
        for (const event of events) await till.apply(event);
        await consumer.commitSync();
      } catch {
        await consumer.seek({ topic: 'account', partition: 0, offset: 0 });
      }
    }),
    /0, 1 and 2 had been booked.*further on/,
  ],
  [
    'skips the bad event',
    with_(async (events, consumer, till) => {
      for (const event of events) {
        await till.apply(event).catch(() => {});
        await consumer.commitSync([behind(event)]);
      }
    }),
    /Event 3 was skipped/,
  ],
  [
    'auto-commit, and closes',
    async (kafka, till) => {
      const consumer = kafka.consumer({ ...settings, enableAutoCommit: true });
      await consumer.subscribe(['account']);
      try {
        for (;;) for (const event of await consumer.poll('10 s')) await till.apply(event);
      } finally {
        await consumer.close();
      }
    },
    /3-9 were handed out, not booked, and committed: by close/,
  ],
  [
    'commits first',
    with_(async (events, consumer, till) => {
      for (const event of events) {
        await consumer.commitSync([behind(event)]);
        await till.apply(event).catch(() => till.apply(event));
      }
    }),
    /Killed after consumer.commitSync, at \d+ ms, it lost 0: .*Book first/,
  ],
  [
    'commits after the batch',
    with_(async (events, consumer, till) => {
      for (const event of events) await till.apply(event).catch(() => till.apply(event));
      await consumer.commitSync();
    }),
    /Killed after apply 9, at \d+ ms, it booked 0-9 again.*too far apart/,
  ],
  ['does nothing', async () => {}, /Nothing was booked at all: poll/],
  [
    'a setting that is refused',
    async (kafka) => void kafka.consumer({ ...settings, maxPollRecords: -1 }),
    /Nothing was booked at all: the program ended with ".*maxPollRecords/,
  ],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('what the text says is what the cells have shown', () => {
  expect(shown('06', 'again')).toMatch(
    /^poll 1: 0-9\nError: no answer from the till at event 3\npoll 2: 10-11\n[\s\S]*2: once \| 3: never[\s\S]*9: never \| 10: once[\s\S]*committed 12/,
  );
  expect(shown('06', 'goes')).toMatch(/seeks to 3 +3 +12 +- +-\n[\s\S]*auto, commits 3 +10 +12 +3-9 +-\n$/);
  expect(shown('06', 'ends')).toMatch(/\nauto, closes +10 +10-11 +3-9 +-\ncommits 3 +3 +3-6 +- +-\n$/);
  expect(shown('06', 'clients')).toMatch(
    /java +10 +12 +3-9 +-\nlibrdkafka +4 +12 +3 +-\nkafka-python +4 +12 +3 +-\nkafkajs +3 +12 +- +-\n$/,
  );
  expect(shown('06', 'timer')).toMatch(/\nlibrdkafka +4 +4 +3 +-\n/);
  expect(shown('06', 'crashes')).toMatch(
    /^the commit[\s\S]*-4 ×2[\s\S]*the work[\s\S]*\+4 · 0 ×2[\s\S]*auto-commit[\s\S]*\+4 · 0\n/,
  );
  expect(shown('06', 'each')).toMatch(/\+1: 4 times[\s\S]*the place in the till\n {2}0 ×12\n/);
});
