/** The exercises of chapter 11: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { heirAfter, judge, judgeQuick, minuteOf, type Program, settings, stuck, type Work } from 'course/11';
import { librdkafka011 } from 'course/models';
import { expect, test } from 'vitest';
import { patient, quick } from '../../chapters/solutions/11-staying-alive.ts';
import type { Consumer, ConsumerRecord, ConsumerSettings } from '../../lib/index.ts';
import { shown } from './outputs.ts';

test('the solutions pass', async () => {
  expect((await judgeQuick(quick)).passed).toBe(true);
  const verdict = await judge(patient);
  expect(verdict.lines.slice(0, 2)).toEqual([
    'twenty minutes: Ada, Ben, Cleo done, never left',
    'killed while at work on Ben: all three done',
  ]);
  expect(verdict.lines[3]).toBe('given a partition while at work: all three done');
  expect(verdict.passed).toBe(true);
});

test.each<[name: string, answer: ConsumerSettings, says: RegExp]>([
  ['the starter: more heartbeats', { heartbeatIntervalMs: 1000 }, /spoke more often while it lived/],
  ['a session below what the broker allows', { sessionTimeoutMs: 3500 }, /INVALID_SESSION_TIMEOUT/],
  ['a session as short as the heartbeats', { sessionTimeoutMs: 3000 }, /The consumer refuses: heartbeatIntervalMs/],
  ['the other watch', { maxPollIntervalMs: 10_000 }, /watched by the member itself, and this one is dead/],
  ['a session that is still too long', { sessionTimeoutMs: 30_000 }, /waited for the whole session/],
])('the warm-up, not yet: %s', async (_, answer, says) => {
  const verdict = await judgeQuick(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

type OnEvent = (consumer: Consumer, work: Work, event: ConsumerRecord) => Promise<void>;

const program =
  (more: ConsumerSettings, onEvent: OnEvent): Program =>
  async (kafka, work) => {
    const consumer = kafka.consumer({ ...settings, ...more });
    await consumer.subscribe(['audits']);
    for (;;) for (const event of await consumer.poll('1 s')) await onEvent(consumer, work, event);
  };

const waiting: OnEvent = async (consumer, work, event) => {
  await work(event);
  await consumer.commitSync();
};

const polling =
  (whilePolling: (consumer: Consumer) => void): OnEvent =>
  async (consumer, work, event) => {
    let isDone = false;
    const working = work(event).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      whilePolling(consumer);
      await consumer.poll('1 s');
    }
    await working;
    consumer.resume(consumer.paused());
  };

const paused = polling((consumer) => consumer.pause(consumer.assignment()));

test.each<[name: string, answer: Program, says: RegExp]>([
  [
    'the starter: a longer session',
    program({ sessionTimeoutMs: 600_000 }, waiting),
    /^At 5:0\d the program left.*session timeout is about heartbeats/,
  ],
  ['as before', program({}, waiting), /left the group by itself.*heartbeats went on/],
  [
    'polling without pausing',
    program({}, async (consumer, work, event) => {
      await polling(() => {})(consumer, work, event);
      await consumer.commitSync();
    }),
    /handed Ben out while another audit was under way/,
  ],
  [
    'committing before the work',
    program({}, async (consumer, work, event) => {
      await consumer.commitSync();
      await paused(consumer, work, event);
    }),
    /^At 0:0\d 1 was committed, though Ada was not done/,
  ],
  [
    'pausing what there was when the work began',
    program({}, async (consumer, work, event) => {
      consumer.pause(consumer.assignment());
      await polling(() => {})(consumer, work, event);
      await consumer.commitSync();
    }),
    /given a second partition, and nobody did Ben/,
  ],
  [
    'leaving commits to poll',
    program({ enableAutoCommit: true }, paused),
    /^At 0:0\d 1 was committed, though Ada was not done/,
  ],
  [
    'work that nobody waits for',
    program({}, async (consumer, work, event) => {
      void work(event);
      await consumer.commitSync();
    }),
    /^At 0:0\d 1 was committed, though Ada was not done/,
  ],
  [
    'all at once',
    program({}, async (consumer, work, event) => {
      const next = { ...event, offset: event.offset + 1 };
      work(event)
        .then(() => consumer.commitSync([next]))
        .catch(() => undefined);
    }),
    /it begins Ben, while another audit was under way/,
  ],
  [
    'a longer time without poll',
    program({ maxPollIntervalMs: 600_000 }, waiting),
    /second copy waited \d:\d\d: a group waits.*hangs for good/,
  ],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('each of the two watches finds its own kind of silence', async () => {
  expect(await heirAfter('frozen', { sessionTimeoutMs: 10_000 })).toMatch(/^([789]\.\d|1\d) s$/);
  expect(await heirAfter('frozen', { maxPollIntervalMs: 60_000 })).toMatch(/^4\d s$/);
  expect(await heirAfter('hangs', { sessionTimeoutMs: 10_000 })).toMatch(/^30\d s \*$/);
  expect(await heirAfter('hangs', { maxPollIntervalMs: 60_000 })).toMatch(/^6\d s \*$/);
});

test('heartbeats go on without poll, and there are none without a group', async () => {
  expect(await minuteOf('works')).toMatch(/^ +20 +0 +0$/);
  expect(await minuteOf('by hand')).toMatch(/^ +0 +0 +0$/);
});

test('under librdkafka a program that hangs leaves as under Java; before 1.0 it stayed', async () => {
  const old = /librdkafka 0\.11 +nobody +1200$/;
  expect(await stuck([librdkafka011])).toMatch(old);
  const [, java, today, before] = shown('11', 'stuck').trimEnd().split('\n');
  expect([java, today]).toEqual([
    expect.stringMatching(/^java +30\d s +100$/),
    expect.stringMatching(/^librdkafka +30\d s +100$/),
  ]);
  expect(before).toMatch(old);
});
