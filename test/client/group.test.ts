import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cooperativeSticky, range, roundRobin, sticky } from '../../lib/assignors/index.ts';
import type { Consumer, ConsumerSettings, RebalanceListener, TopicPartition } from '../../lib/client/index.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import { failure, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
const ledger0 = { topic: 'ledger', partition: 0 };
const settings = { groupId: 'g', autoOffsetReset: 'earliest', enableAutoCommit: false } as const;

async function write({ kafka }: Stage, values: readonly string[], topic = 'ledger', partition = 0): Promise<void> {
  const producer = kafka.producer({ clientId: 'writer' });
  await producer.send(values.map((value) => ({ topic, partition, value })));
  await producer.close();
}

/** Polls all members until `condition` holds. */
async function pollUntil(members: readonly Consumer[], condition: () => boolean): Promise<(string | null)[]> {
  const values: (string | null)[] = [];
  for (let tries = 0; !condition(); tries++) {
    if (tries === 200) throw new Error(`the members have ${members.map((member) => names(member.assignment()))}`);
    const polled = await Promise.all(members.map((member) => member.poll('100 ms')));
    values.push(...polled.flat().map(({ value }) => value));
  }
  return values;
}

const names = (partitions: readonly TopicPartition[]) =>
  partitions
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .sort()
    .join(' ');
const owns =
  (...wanted: [Consumer, number][]) =>
  () =>
    wanted.every(([member, count]) => member.assignment().length === count);

/** A member that has joined, with what its callbacks were called with. */
async function member(at: Stage, count: number, more: ConsumerSettings = {}, listener: RebalanceListener = {}) {
  const calls: string[] = [];
  const noting = (what: keyof RebalanceListener) => async (partitions: readonly TopicPartition[]) => {
    calls.push(`${what.slice('onPartitions'.length).toLowerCase()} ${names(partitions)}`);
    await listener[what]?.(partitions);
  };
  const consumer = at.kafka.consumer({ ...settings, ...more });
  await consumer.subscribe(['ledger'], {
    onPartitionsRevoked: noting('onPartitionsRevoked'),
    onPartitionsAssigned: noting('onPartitionsAssigned'),
    onPartitionsLost: noting('onPartitionsLost'),
  });
  const read = await pollUntil([consumer], owns([consumer, count]));
  return { consumer, calls, read };
}

describe('joining', () => {
  test('a first member joins in two steps: an id, then the meeting; then it computes the assignment', async () => {
    const at = await stage({ topics: { ledger: 2 } });
    const { consumer } = await member(at, 2);
    const joins = at.requests('consumer-1', 'JoinGroup').map(({ detail }) => detail.member);
    expect(joins).toEqual(['', expect.stringMatching(/^consumer-1-/)]);
    expect(at.requests('consumer-1', 'SyncGroup')).toHaveLength(1);
    expect(at.events('consumer.leads').map(({ node }) => node)).toEqual(['consumer-1']);
    expect(at.events('consumer.assigned')[0].detail.partitions).toEqual(consumer.assignment());
    await at.close();
  });

  test('members that share one strategy use it, also when it is the favourite of none', async () => {
    const at = await stage({ topics: { ledger: 4 } });
    const odd = { name: 'odd', assign: range.assign };
    const first = at.kafka.consumer({ ...settings, partitionAssignmentStrategy: [range, roundRobin] });
    const second = at.kafka.consumer({ ...settings, partitionAssignmentStrategy: [odd, roundRobin] });
    for (const one of [first, second]) await one.subscribe(['ledger']);
    await pollUntil([first, second], owns([first, 2], [second, 2]));
    const [group] = await at.kafka.admin().describeGroups(['g']);
    expect(group).toMatchObject({ state: 'Stable', strategy: 'roundrobin' });
    const numbers = (one: Consumer) => one.assignment().map(({ partition }) => partition);
    expect([numbers(first).sort(), numbers(second).sort()].sort()).toEqual([
      [0, 2],
      [1, 3],
    ]);
    await at.close();
  });

  test('a member without a common strategy is turned away, and told what to change', async () => {
    const at = await stage();
    await member(at, 1);
    const stranger = at.kafka.consumer({ ...settings, partitionAssignmentStrategy: [roundRobin] });
    await stranger.subscribe(['ledger']);
    const error = await failure(stranger.poll('5 s'));
    expect(error.message).toMatch(/INCONSISTENT_GROUP_PROTOCOL.*common partitionAssignmentStrategy/);
    await at.close();
  });

  test('members with different topics: each gets partitions of its own topics only', async () => {
    const at = await stage({ topics: { ledger: 2, orders: 2 } });
    const first = at.kafka.consumer(settings);
    const second = at.kafka.consumer(settings);
    await first.subscribe(['ledger']);
    await second.subscribe(['ledger', 'orders']);
    await pollUntil([first, second], owns([first, 1], [second, 3]));
    expect(names(first.assignment())).toMatch(/^ledger-[01]$/);
    expect(names(second.assignment())).toMatch(/^ledger-[01] orders-0 orders-1$/);
    await at.close();
  });

  test('a topic that is created after the subscription is noticed, and the group meets again for it', async () => {
    const at = await stage({ topics: { other: 1 }, config: { 'auto.create.topics.enable': 'false' } });
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(['ledger']);
    await consumer.poll('3 s');
    expect(consumer.assignment()).toEqual([]);
    await at.kafka.admin().createTopics({ ledger: 2 });
    await pollUntil([consumer], owns([consumer, 2]));
    await at.close();
  });

  test('subscribing to something else gives up the old partitions and gets the new', async () => {
    const at = await stage({ topics: { ledger: 1, orders: 2 } });
    const { consumer, calls } = await member(at, 1);
    await consumer.subscribe(['orders']);
    await pollUntil([consumer], owns([consumer, 2]));
    expect(names(consumer.assignment())).toBe('orders-0 orders-1');
    expect(calls).toEqual(['assigned ledger-0']);
    await consumer.unsubscribe();
    expect(consumer.assignment()).toEqual([]);
    expect((await at.kafka.admin().describeGroups(['g']))[0].state).toBe('Empty');
    await at.close();
  });
});

describe('callbacks', () => {
  test('come in the order revoked, meeting, assigned; and revoked once more at close', async () => {
    const at = await stage({ topics: { ledger: 2 } });
    const first = await member(at, 2);
    const second = at.kafka.consumer(settings);
    await second.subscribe(['ledger']);
    await pollUntil([first.consumer, second], owns([first.consumer, 1], [second, 1]));
    const kept = names(first.consumer.assignment());
    await first.consumer.close();
    expect(first.calls).toEqual([
      'assigned ledger-0 ledger-1',
      'revoked ledger-0 ledger-1',
      `assigned ${kept}`,
      `revoked ${kept}`,
    ]);
    const order = at.cluster.trace.events
      .filter(
        ({ node, what, detail }) =>
          node === 'consumer-1' && (what.startsWith('consumer.') || detail.api === 'JoinGroup'),
      )
      .map(({ what, detail }) => detail.api ?? what)
      .filter((what) => /assigned|revoked|JoinGroup/.test(String(what)));
    expect(order.slice(2, 6)).toEqual(['consumer.assigned', 'consumer.revoked', 'JoinGroup', 'consumer.assigned']);
    await at.close();
  });

  test('may commit what is being taken away: the next owner begins there', async () => {
    const at = await stage();
    await write(at, ['a', 'b', 'c']);
    const calls: string[] = [];
    const first = at.kafka.consumer({ ...settings, maxPollRecords: 2 });
    await first.subscribe(['ledger'], {
      onPartitionsRevoked: async ([partition]) => {
        calls.push(`position ${await first.position(partition)}`);
        await first.commitSync();
      },
    });
    let read: (string | null)[] = [];
    while (read.length < 2) read = read.concat((await first.poll('1 s')).map(({ value }) => value));
    await first.close();
    expect(calls).toEqual(['position 2']);
    const { consumer, read: before } = await member(at, 1);
    const after = (await consumer.poll('1 s')).map(({ value }) => value);
    expect([...before, ...after]).toEqual(['c']);
    await at.close();
  });

  test('may not poll', async () => {
    const at = await stage();
    let refusal: Error | undefined;
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(['ledger'], {
      onPartitionsAssigned: async () => {
        refusal = await failure(consumer.poll(0));
      },
    });
    await pollUntil([consumer], () => refusal !== undefined);
    expect(refusal?.message).toContain('inside a rebalance callback');
    await at.close();
  });

  test('may not poll either when a callback of a commit was called in the middle of it', async () => {
    const at = await stage();
    let refusal: Error | undefined;
    let calls = 0;
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(['ledger'], {
      onPartitionsAssigned: async () => {
        if (++calls > 1) return;
        consumer.commitAsync([{ ...ledger0, offset: 0 }], () => {});
        await consumer.commitSync([{ ...ledger0, offset: 0 }]);
        refusal = await failure(consumer.poll(0));
      },
    });
    await pollUntil([consumer], () => refusal !== undefined);
    expect(refusal?.message).toContain('inside a rebalance callback');
    await at.close();
  });

  // Java does the same: it takes the assignment in hand once more, and finds nothing new in it.
  test('what one of them throws, poll throws; the next poll calls it for nothing, and goes on', async () => {
    const at = await stage();
    const calls: string[] = [];
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(['ledger'], {
      onPartitionsAssigned(partitions) {
        calls.push(names(partitions));
        if (calls.length === 1) throw new RangeError('no more room');
      },
    });
    const error = await failure(pollUntil([consumer], () => false));
    expect(error.name).toBe('RebalanceListenerError');
    expect(error.message).toContain('onPartitionsAssigned has thrown: no more room');
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(names(consumer.assignment())).toBe('ledger-0');
    await write(at, ['a']);
    expect(await pollUntil([consumer], () => at.events('consumer.records').length > 0)).toEqual(['a']);
    expect(calls).toEqual(['ledger-0', '']);
    await at.close();
  });
});

test('cooperative: what was fetched ahead of a partition that goes is thrown away, of one that stays it is not', async () => {
  const at = await stage({ topics: { ledger: 2 } });
  for (const partition of [0, 1]) await write(at, values(10), 'ledger', partition);
  const more = { ...settings, partitionAssignmentStrategy: [cooperativeSticky], maxPollRecords: 1 };
  const first = at.kafka.consumer({ ...more, clientId: 'a' });
  await first.subscribe(['ledger']);
  await pollUntil([first], () => at.events('consumer.records', 'a').length >= 4);
  const second = at.kafka.consumer({ ...more, clientId: 'b' });
  await second.subscribe(['ledger']);
  await pollUntil([first, second], owns([first, 1], [second, 1]));
  await pollUntil([first, second], () => at.events('consumer.records').length >= 30);
  const read = (node: string, partition: number) =>
    at.events('consumer.records', node).flatMap(({ detail }) => (detail.partition === partition ? [detail.from] : []));
  const [kept] = first.assignment();
  const gone = 1 - kept.partition;
  // Each offset once, up to the end: no position was looked up again, and nothing was asked for twice.
  expect(read('a', kept.partition)).toEqual(values(10).map(Number));
  expect(at.events('consumer.position', 'a').filter(({ detail }) => detail.partition === kept.partition)).toHaveLength(
    1,
  );
  // Nothing was committed, so the new owner begins at 0, and after that the old one has read none of it.
  expect(read('b', gone)).toEqual(values(10).map(Number));
  const handedOver = at.events('consumer.revoked', 'a')[0].at;
  const late = at
    .events('consumer.records', 'a')
    .filter(({ at, detail }) => at > handedOver && detail.partition === gone);
  expect(late).toEqual([]);
  await at.close();
});

test('what a callback throws at close is told once, and the member has left all the same', async () => {
  const at = await stage();
  const consumer = at.kafka.consumer(settings);
  await consumer.subscribe(['ledger'], {
    onPartitionsRevoked() {
      throw new RangeError('no way');
    },
  });
  await pollUntil([consumer], owns([consumer, 1]));
  expect((await failure(consumer.close())).message).toContain('onPartitionsRevoked has thrown: no way');
  expect((await at.kafka.admin().describeGroups(['g']))[0].state).toBe('Empty');
  await at.close();
});

test('of callbacks that throw at close none keeps the others from being called, and the first error is told', async () => {
  const at = await stage();
  const called: string[] = [];
  const throwing = (what: string) => () => {
    called.push(what);
    throw new RangeError(what);
  };
  const { consumer } = await member(at, 1, {}, { onPartitionsRevoked: throwing('revoked') });
  for (const what of ['first commit', 'second commit'])
    consumer.commitAsync([{ ...ledger0, offset: 0 }], throwing(what));
  expect((await failure(consumer.close())).message).toBe('first commit');
  expect(called).toEqual(['first commit', 'second commit', 'revoked']);
  expect((await at.kafka.admin().describeGroups(['g']))[0].state).toBe('Empty');
  await at.close();
});

describe('staying alive', () => {
  test('heartbeats go on for as long as the application works on its records', async () => {
    const at = await stage();
    const { consumer, calls } = await member(at, 1, { sessionTimeoutMs: 6000, heartbeatIntervalMs: 2000 });
    await at.pass(60_000);
    expect(at.requests('consumer-1', 'Heartbeat').length).toBeGreaterThanOrEqual(29);
    await consumer.commitSync([{ ...ledger0, offset: 0 }]);
    expect(calls).toEqual(['assigned ledger-0']);
    await at.close();
  });

  test('who does not poll for maxPollIntervalMs leaves; what it had is lost, and it joins again as a new member', async () => {
    const at = await stage();
    const { consumer, calls } = await member(at, 1, { maxPollIntervalMs: 10_000 });
    await at.pass(10_500);
    expect(at.requests('consumer-1', 'LeaveGroup')).toHaveLength(1);
    expect((await at.kafka.admin().describeGroups(['g']))[0].state).toBe('Empty');
    expect((await failure(consumer.commitSync([{ ...ledger0, offset: 0 }]))).name).toBe('CommitFailedError');
    expect(calls).toEqual(['assigned ledger-0']);
    await pollUntil([consumer], () => calls.length === 3);
    expect(calls).toEqual(['assigned ledger-0', 'lost ledger-0', 'assigned ledger-0']);
    await at.close();
  });

  test('who waits in one long poll is polling: the watch begins when poll returns', async () => {
    const at = await stage();
    const { consumer } = await member(at, 1, { maxPollIntervalMs: 10_000 });
    // Nothing is fetched, so nothing wakes it meanwhile.
    consumer.pause([ledger0]);
    expect(await consumer.poll('1 min')).toEqual([]);
    await at.pass(9500);
    expect(at.requests('consumer-1', 'LeaveGroup')).toEqual([]);
    await at.pass(1000);
    expect(at.requests('consumer-1', 'LeaveGroup')).toHaveLength(1);
    await at.close();
  });

  test('a callback that comes to no end is work of the application: the watch begins with it', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ ...settings, maxPollIntervalMs: 10_000 });
    await consumer.subscribe(['ledger'], { onPartitionsAssigned: () => at.clock.sleep(20_000) });
    const polling = consumer.poll('1 min');
    while (consumer.assignment().length === 0) await at.pass(100);
    await at.pass(9500);
    expect(at.requests('consumer-1', 'LeaveGroup')).toEqual([]);
    await at.pass(1000);
    expect(at.requests('consumer-1', 'LeaveGroup')).toHaveLength(1);
    await at.kafka.close();
    await failure(polling);
    await at.close();
  });

  test('a commit in the middle of a rebalance is refused with the right error, and works after the next poll', async () => {
    const at = await stage({ topics: { ledger: 2 } });
    const { consumer } = await member(at, 2);
    const second = at.kafka.consumer(settings);
    await second.subscribe(['ledger']);
    const joining = failure(second.poll('20 s'));
    await at.pass(4000);
    // The group is meeting and this member has heard of it. As long as it has not joined again, its old generation still counts.
    await consumer.commitSync([{ ...ledger0, offset: 0 }]);
    await consumer.poll(0);
    expect((await failure(consumer.commitSync([{ ...ledger0, offset: 1 }]))).name).toBe('RebalanceInProgressError');
    await pollUntil([consumer], owns([consumer, 1]));
    await consumer.commitSync([{ topic: 'ledger', partition: consumer.assignment()[0].partition, offset: 0 }]);
    await at.kafka.close();
    expect((await joining).name).toBe('ClientClosedError');
    await at.close();
  });

  test('a coordinator that is gone for a while costs nobody its partitions', async () => {
    const at = await stage();
    const { consumer, calls } = await member(at, 1, { sessionTimeoutMs: 20_000 });
    at.cluster.crash(0);
    await consumer.poll('8 s');
    await at.drive(at.cluster.start(0));
    await write(at, ['a']);
    expect(await pollUntil([consumer], () => at.events('consumer.records').length > 0)).toEqual(['a']);
    await consumer.commitSync();
    expect(calls).toEqual(['assigned ledger-0']);
    await at.close();
  });

  test('closing in the middle of a join leaves at once: the others need not wait for a session to end', async () => {
    const at = await stage({ topics: { ledger: 2 } });
    const { consumer } = await member(at, 2);
    const second = at.kafka.consumer(settings);
    await second.subscribe(['ledger']);
    expect(await second.poll('1 s')).toEqual([]);
    const started = at.clock.monotonicMs();
    await second.close();
    expect(at.clock.monotonicMs() - started).toBeLessThan(1000);
    await pollUntil([consumer], owns([consumer, 2]));
    const [group] = await at.kafka.admin().describeGroups(['g']);
    expect(group.members.map(({ clientId }) => clientId)).toEqual(['consumer-1']);
    await at.close();
  });
});

describe('auto-commit', () => {
  test('before a rebalance the positions are committed, so that nothing is read twice', async () => {
    const at = await stage();
    await write(at, ['a', 'b']);
    const { consumer } = await member(at, 1, { enableAutoCommit: true, clientId: 'a-first' });
    await pollUntil([consumer], () => at.events('consumer.records').length > 0);
    await consumer.subscribe(['ledger', 'nothing']);
    await pollUntil([consumer], () => at.events('consumer.revoked').length > 0);
    expect(at.events('consumer.committed').map(({ detail }) => detail.offset)).toEqual([2]);
    await at.close();
  });

  test('the five seconds begin with the assignment, and each commit covers earlier polls only', async () => {
    const at = await stage();
    const { consumer } = await member(at, 1, { enableAutoCommit: true, fetchMaxWaitMs: 10 });
    const assignedAt = at.events('consumer.assigned')[0].at;
    for (let second = 0; second < 12; second++) {
      await write(at, [String(second)]);
      await consumer.poll('1 s');
      await at.pass(1000);
    }
    const commits = at.requests('consumer-1', 'OffsetCommit').map(({ at }) => at - assignedAt);
    expect(commits).toHaveLength(2);
    expect(commits[0]).toBeGreaterThanOrEqual(5000);
    const events = at.cluster.trace.events;
    for (const sent of at.requests('consumer-1', 'OffsetCommit')) {
      const before = events
        .slice(0, events.indexOf(sent))
        .filter(({ what }) => what === 'consumer.records')
        .at(-1)!;
      const answered = events.slice(events.indexOf(sent)).find(({ what }) => what === 'consumer.committed')!;
      expect(answered.detail.offset).toBe(Number(before.detail.to) + 1);
    }
    await at.close();
  });
});

const seeds = fc.integer({ min: 1, max: 1_000_000 });
const breaks = fc.integer({ min: 5, max: 60 });
const ways = fc.constantFrom([range], [sticky], [cooperativeSticky]);
const named = fc.boolean();

test('whatever breaks and when: members that work first and commit then miss nothing, and each reads upwards', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, breaks, ways, named, async (seed, oneIn, strategies, areNamed) => {
      const lots = new SeededRandom(seed);
      let isCalm = false;
      const fate = (_: string, client: string) =>
        !isCalm && client.startsWith('consumer') && lots.nextU32() % oneIn === 0 ? 'breaks' : 'passes';
      const at = await stage({ seed, topics: { ledger: 3 }, fate });
      for (const partition of [0, 1, 2]) await write(at, values(20), 'ledger', partition);
      const done = new Set<string>();
      const members = await Promise.all(
        [0, 1].map(async (index) => {
          const last = new Map<number, number>();
          const consumer = at.kafka.consumer({
            ...settings,
            maxPollRecords: 4,
            sessionTimeoutMs: 6000,
            heartbeatIntervalMs: 500,
            partitionAssignmentStrategy: strategies,
            ...(areNamed ? { groupInstanceId: `member-${index}` } : {}),
          });
          const forget = () => last.clear();
          await consumer.subscribe(['ledger'], { onPartitionsAssigned: forget });
          return { consumer, last };
        }),
      );
      const step = async ({ consumer, last }: (typeof members)[number]) => {
        const records = await consumer.poll('200 ms');
        for (const { partition, offset } of records) {
          expect(offset).toBe((last.get(partition) ?? offset - 1) + 1);
          last.set(partition, offset);
          done.add(`${partition}-${offset}`);
        }
        // A refusal means that somebody else will do it again.
        if (records.length > 0)
          await consumer.commitSync().catch((error) => expect(error.name).toMatch(/CommitFailed|RebalanceIn/));
      };
      for (let round = 0; round < 200 && done.size < 60; round++) {
        if (round === 4) at.cluster.crash(0);
        const steps = Promise.all(members.map(step));
        if (round === 4) await at.drive(at.clock.sleep(500).then(() => at.cluster.start(0)));
        await steps;
        isCalm = round > 60;
      }
      expect(done.size).toBe(60);
      await at.close();
    }),
    { numRuns: 20 },
  );
});

const values = (count: number) => Array.from({ length: count }, (_, index) => String(index));
