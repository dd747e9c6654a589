/** The faults that tell a right model of a group from a wrong one, one by one, each with the checker looking on. */
import { afterEach, expect, test } from 'vitest';
import { type Kafka, type SimulatedKafka, simulate, type Task } from '../../lib/index.ts';
import { check, inWords } from '../../lib/sim/checker/check.ts';
import { wiretap } from '../../lib/sim/checker/wiretap.ts';

let kafka: SimulatedKafka;

async function world(seed: number, partitions = 2): Promise<void> {
  const config = { 'group.initial.rebalance.delay.ms': '100' };
  kafka = await simulate({ seed, topics: { ledger: partitions }, config });
  wiretap(kafka.cluster);
}

afterEach(async () => {
  const { events } = kafka.cluster.trace;
  expect(check(events, { dense: true, commitsPositions: true }).map((one) => inWords(one, events))).toEqual([]);
  await kafka.close();
});

const settings = {
  groupId: 'g',
  autoOffsetReset: 'earliest',
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
} as const;

/** A member that reads and tells nobody. */
const member = (name: string, more: object = {}): Task =>
  kafka.world.spawn(name, async (own: Kafka) => {
    const consumer = own.consumer({ ...settings, ...more });
    await consumer.subscribe(['ledger']);
    for (;;) await consumer.poll('500 ms');
  });

const group = () => kafka.cluster.group('g');
const stableWith = (members: number) => group()?.state === 'Stable' && group()?.members.length === members;
const generations = () =>
  kafka.cluster.trace.events.filter(
    ({ what, detail }) => what === 'group.state' && detail.to === 'CompletingRebalance',
  );
const ownersOf = () =>
  kafka.cluster.trace.events.filter(({ what }) => what === 'consumer.assigned').map(({ node }) => node);

test('an answer to SyncGroup that is lost is asked for again (L5)', async () => {
  await world(1);
  kafka.cluster.on('SyncGroup', { times: 1 }).dropAnswer();
  member('m1', { requestTimeoutMs: 2_000, maxPollIntervalMs: 3_000 });
  await kafka.world.until(() => ownersOf().includes('m1/consumer-1'));
  expect(stableWith(1)).toBe(true);
});

test('a leader that dies before it hands in the assignment does not block the group (L4)', async () => {
  await world(2);
  const held = kafka.cluster.on('SyncGroup', { times: 1 }).delay('1 h');
  const leader = member('m1');
  await kafka.world.until(() => held.count === 1);
  leader.crash();
  member('m2');
  await kafka.world.until(() => ownersOf().includes('m2/consumer-1'));
  expect(stableWith(1)).toBe(true);
});

test('a group goes on after its coordinator has been started again, without a rebalance (L6)', async () => {
  await world(3);
  member('m1');
  member('m2');
  await kafka.world.until(() => stableWith(2));
  const before = generations().length;
  kafka.cluster.crash(0);
  await kafka.cluster.restart(0);
  await kafka.producer().send({ topic: 'ledger', value: 'after' });
  await kafka.world.pass('20 s');
  expect([generations().length, stableWith(2)]).toEqual([before, true]);
});

test('a generation that was not stored when the coordinator died can come a second time, and nobody is confused (S15)', async () => {
  await world(4);
  const first = member('m1');
  await kafka.world.until(() => stableWith(1));
  const held = kafka.cluster.on('SyncGroup', { times: 2 }).delay('1 h');
  member('m2');
  await kafka.world.until(() => held.count === 2);
  kafka.cluster.crash(0);
  kafka.cluster.removeControls();
  await kafka.cluster.restart(0);
  await kafka.world.until(() => stableWith(2));
  expect(generations().map(({ detail }) => detail.generation)).toEqual([1, 2, 2]);
  expect(first.state).toBe('running');
});

test('somebody who takes an id and never comes back is not waited for (L7)', async () => {
  await world(5);
  member('m1');
  await kafka.world.until(() => stableWith(1));
  // The id is handed out, and its owner dies before it hears of it.
  const answered = kafka.cluster.on('JoinGroup', { clientId: 'm2/consumer-1', times: 1 }).dropAnswer();
  const ghost = member('m2');
  await kafka.world.until(() => answered.count === 1);
  ghost.crash();
  member('m3');
  await kafka.world.until(() => stableWith(2), { within: '20 s' });
});

test('who sleeps longer than its session comes back as a stranger, and its commit is refused (S9, S10)', async () => {
  await world(6, 1);
  await kafka.producer().send([1, 2, 3].map((value) => ({ topic: 'ledger', value: String(value) })));
  const outcomes: string[] = [];
  const sleeper = kafka.world.spawn('sleeper', async (own) => {
    const consumer = own.consumer({ ...settings, enableAutoCommit: false });
    await consumer.subscribe(['ledger']);
    while ((await consumer.poll('500 ms')).length === 0);
    await own.world.sleep('1 s');
    await consumer.commitSync().catch((error: Error) => outcomes.push(error.name));
  });
  await kafka.world.until(() => kafka.cluster.trace.events.some(({ what }) => what === 'consumer.records'));
  sleeper.freeze();
  member('heir');
  await kafka.world.until(() => ownersOf().includes('heir/consumer-1'));
  sleeper.thaw();
  await sleeper.done;
  expect(outcomes).toEqual(['CommitFailedError']);
});

test('a commit that was held up sets the group back: the broker does not compare offsets (S8)', async () => {
  await world(7, 1);
  await kafka.producer().send([1, 2, 3].map((value) => ({ topic: 'ledger', value: String(value) })));
  kafka.cluster.on('OffsetCommit', { times: 1 }).delay('4 s');
  kafka.world.spawn('hasty', async (own) => {
    const consumer = own.consumer({ ...settings, enableAutoCommit: false, requestTimeoutMs: 2_000, maxPollRecords: 1 });
    await consumer.subscribe(['ledger']);
    for (let read = 0; read < 2; ) {
      const records = await consumer.poll('500 ms');
      read += records.length;
      if (records.length > 0) await consumer.commitSync();
    }
    await own.world.sleep('1 h');
  });
  await kafka.world.until(() => kafka.cluster.committed('g').ledger?.[0] === 2);
  await kafka.world.pass('4 s');
  expect(kafka.cluster.committed('g')).toEqual({ ledger: { 0: 1 } });
});

test('two restarts of a static member move nothing, and leave one holder of the name (S27)', async () => {
  await world(8);
  const named = { groupInstanceId: 'desk' };
  member('other');
  let task = member('m1', named);
  await kafka.world.until(() => stableWith(2));
  const before = generations().length;
  for (let count = 1; count <= 2; count++) {
    task.crash();
    const assignments = ownersOf().length;
    task = member('m1', named);
    await kafka.world.until(() => ownersOf().length > assignments);
  }
  expect([generations().length, stableWith(2)]).toEqual([before, true]);
});
