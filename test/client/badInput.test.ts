/**
 * What may be wrong with what a program gives to its consumer: each gets the error that Apache Kafka gives, with what to do next, and the group lives: the
 * member beside it keeps its work. Garbage that another member sends has its place in groupErrors.test.ts.
 */
import { expect, test } from 'vitest';
import { range } from '../../lib/assignors/index.ts';
import type { ConsumerSettings } from '../../lib/client/index.ts';
import type { Assignor } from '../../lib/index.ts';
import { failure, stage } from './stage.ts';

const settings = {
  groupId: 'g',
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 300,
  sessionTimeoutMs: 6_000,
} as const;

type Stage = Awaited<ReturnType<typeof stage>>;

async function member(at: Stage, more: ConsumerSettings = {}) {
  const consumer = at.kafka.consumer({ ...settings, ...more });
  await consumer.subscribe(['ledger']);
  return consumer;
}

type Member = Awaited<ReturnType<typeof member>>;

async function pollUntil(members: readonly Member[], isDone: () => boolean): Promise<void> {
  for (let rounds = 0; !isDone(); rounds++) {
    if (rounds === 200) throw new Error('nothing has come of it in 20 s');
    await Promise.all(members.map((one) => one.poll('100 ms')));
  }
}

const partitionsOf = (members: readonly Member[]) =>
  members.flatMap((one) => one.assignment().map(({ partition }) => partition)).sort();

/** A group of one that has both partitions, to see that it goes on. */
async function atWork(more: ConsumerSettings = {}) {
  const at = await stage({ topics: { ledger: 2 }, config: { 'group.min.session.timeout.ms': '6000' } });
  const consumer = await member(at, more);
  await pollUntil([consumer], () => consumer.assignment().length === 2);
  return { at, consumer };
}

/** The group still beats and commits, in the same generation. */
async function lives({ at, consumer }: Awaited<ReturnType<typeof atWork>>, generation = 1): Promise<void> {
  for (let rounds = 0; rounds < 10; rounds++) await consumer.poll('100 ms');
  await consumer.commitSync([{ topic: 'ledger', partition: 0, offset: 0 }]);
  expect(consumer.groupMetadata().generationId).toBe(generation);
  await at.close();
}

test('a commit of a partition that does not exist is tried until its time is over, and says what is missing', async () => {
  const group = await atWork({ defaultApiTimeoutMs: 2_000 });
  const error = await failure(group.consumer.commitSync([{ topic: 'ledger', partition: 9, offset: 1 }]));
  expect(error.name).toBe('TimedOutError');
  expect(error.message).toMatch(
    /within 2000 ms.*commit the offset of ledger-9: UNKNOWN_TOPIC_OR_PARTITION.*Create it first/,
  );
  await lives(group);
});

test('5,000 characters of metadata are refused at once, and the offset beside them is kept', async () => {
  const group = await atWork();
  const long = { topic: 'ledger', partition: 0, offset: 1, metadata: 'x'.repeat(5_000) };
  const error = await failure(group.consumer.commitSync([long, { topic: 'ledger', partition: 1, offset: 2 }]));
  expect(error.message).toMatch(/offset of ledger-0: OFFSET_METADATA_TOO_LARGE.*offset\.metadata\.max\.bytes.*shorter/);
  expect(await group.consumer.committed({ topic: 'ledger', partition: 0 })).toBeNull();
  expect(await group.consumer.committed({ topic: 'ledger', partition: 1 })).toMatchObject({ offset: 2 });
  await lives(group);
});

test('a session timeout of a second is below what the broker allows', async () => {
  const group = await atWork();
  const hasty = await member(group.at, { sessionTimeoutMs: 1_000 });
  const error = await failure(pollUntil([hasty], () => false));
  expect(error.message).toMatch(/INVALID_SESSION_TIMEOUT.*Change sessionTimeoutMs of the consumer/);
  await hasty.close();
  await lives(group);
});

test('an empty group id is refused before anything is sent', async () => {
  const group = await atWork();
  expect(() => group.at.kafka.consumer({ groupId: '' })).toThrow(/groupId is empty: give the group a name/);
  await lives(group);
});

test('a strategy that throws: poll says it in its own words, and the next poll meets again', async () => {
  let isBroken = true;
  const at = await stage({ topics: { ledger: 2 } });
  const moody: Assignor = {
    name: 'range',
    assign(members, counts) {
      if (isBroken) throw new RangeError('not today');
      return range.assign(members, counts);
    },
  };
  const consumer = await member(at, { partitionAssignmentStrategy: [moody] });
  expect((await failure(pollUntil([consumer], () => false))).message).toBe('not today');
  isBroken = false;
  await pollUntil([consumer], () => consumer.assignment().length === 2);
  await lives({ at, consumer }, consumer.groupMetadata().generationId);
});

test.each<[string, Assignor['assign'], { assigned: number[]; odd: object }]>([
  [
    'forgets a partition',
    (members) => new Map(members.map(({ memberId }) => [memberId, [{ topic: 'ledger', partition: 1 }]])),
    { assigned: [1], odd: { twice: [], nobody: ['ledger-0'], strangers: [] } },
  ],
  [
    'names somebody who is not there',
    (members, counts) => new Map([...range.assign(members, counts), ['made-up', []]]),
    { assigned: [0, 1], odd: { twice: [], nobody: [], strangers: ['made-up'] } },
  ],
])('a strategy that %s: Kafka takes it, and the trace says so', async (_, assign, { assigned, odd }) => {
  const at = await stage({ topics: { ledger: 2 } });
  const consumer = await member(at, { partitionAssignmentStrategy: [{ name: 'own', assign }] });
  await pollUntil([consumer], () => consumer.assignment().length > 0);
  expect(partitionsOf([consumer])).toEqual(assigned);
  const told = at.events('consumer.oddAssignment');
  expect(told.map(({ detail }) => detail)).toEqual([{ strategy: 'own', ...odd }]);
  await lives({ at, consumer });
});

test('a strategy that gives a partition to two: both read it, and the trace says so', async () => {
  const at = await stage({ topics: { ledger: 1 } });
  const generous: Assignor = {
    name: 'own',
    assign: (members) => new Map(members.map(({ memberId }) => [memberId, [{ topic: 'ledger', partition: 0 }]])),
  };
  const more = { partitionAssignmentStrategy: [generous] };
  const members = [await member(at, more), await member(at, more)];
  await pollUntil(members, () => partitionsOf(members).length === 2);
  const told = at.events('consumer.oddAssignment');
  expect(told.at(-1)?.detail).toEqual({ strategy: 'own', twice: ['ledger-0'], nobody: [], strangers: [] });
  for (const one of members) await one.commitSync([{ topic: 'ledger', partition: 0, offset: 0 }]);
  await at.close();
});

test('a listener that throws: poll says which, with what it has thrown, and the assignment holds', async () => {
  const at = await stage({ topics: { ledger: 2 } });
  const consumer = at.kafka.consumer(settings);
  let isAngry = true;
  await consumer.subscribe(['ledger'], {
    onPartitionsAssigned() {
      if (isAngry) throw new RangeError('no more room');
    },
  });
  const error = await failure(pollUntil([consumer], () => false));
  isAngry = false;
  expect(error.message).toMatch(/onPartitionsAssigned has thrown: no more room.*the next poll continues/);
  expect(error.cause).toBeInstanceOf(RangeError);
  expect(partitionsOf([consumer])).toEqual([0, 1]);
  await lives({ at, consumer });
});
