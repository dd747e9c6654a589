/** The exercises of chapter 06: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { type Answer, judge, judgeTidy, type Program } from 'course/06';
import type { ConsumerRecord } from 'kafkaito';
import { expect, test } from 'vitest';
import { eachByItself, tidy } from '../../chapters/solutions/06-the-fourth-of-ten.ts';

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
  (work: (events: ConsumerRecord[], ...hands: Parameters<Program>) => Promise<unknown>): Program =>
  async (consumer, till) => {
    await consumer.subscribe(['account']);
    for (;;) await work(await consumer.poll('10 s'), consumer, till);
  };

const behind = (event: ConsumerRecord) => ({ ...event, offset: event.offset + 1 });

test('the solution passes, and so does a program that leaves it to its successor', async () => {
  const verdict = await judge({ program: eachByItself });
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
  expect((await judge({ program: throwing })).passed).toBe(true);
});

test.each<[name: string, answer: Answer, says: RegExp]>([
  [
    'the starter: catches and polls on',
    {
      program: with_(async (events, consumer, till) => {
        try {
          for (const event of events) await till.apply(event);
          await consumer.commitSync();
        } catch {}
      }),
    },
    /poll went on behind the batch, and the next commit took 3-9 along/,
  ],
  [
    'seeks to what is committed',
    {
      program: with_(async (events, consumer, till) => {
        try {
          for (const event of events) await till.apply(event);
          await consumer.commitSync();
        } catch {
          await consumer.seek({ topic: 'account', partition: 0, offset: 0 });
        }
      }),
    },
    /0, 1 and 2 had been booked.*further on/,
  ],
  [
    'skips the bad event',
    {
      program: with_(async (events, consumer, till) => {
        for (const event of events) {
          await till.apply(event).catch(() => {});
          await consumer.commitSync([behind(event)]);
        }
      }),
    },
    /Event 3 was skipped/,
  ],
  [
    'auto-commit, and closes',
    {
      settings: { enableAutoCommit: true },
      async program(consumer, till) {
        await consumer.subscribe(['account']);
        try {
          for (;;) for (const event of await consumer.poll('10 s')) await till.apply(event);
        } finally {
          await consumer.close();
        }
      },
    },
    /3-9 were handed out, not booked, and committed: by close/,
  ],
  [
    'commits first',
    {
      program: with_(async (events, consumer, till) => {
        for (const event of events) {
          await consumer.commitSync([behind(event)]);
          await till.apply(event).catch(() => till.apply(event));
        }
      }),
    },
    /Killed after consumer.commitSync, at \d+ ms, it lost 0: .*Book first/,
  ],
  [
    'commits after the batch',
    {
      program: with_(async (events, consumer, till) => {
        for (const event of events) await till.apply(event).catch(() => till.apply(event));
        await consumer.commitSync();
      }),
    },
    /Killed after apply 9, at \d+ ms, it booked 0-9 again.*too far apart/,
  ],
  ['does nothing', { program: async () => {} }, /Nothing was booked at all/],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});
