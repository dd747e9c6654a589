/** The ways in which a group meets again: eagerly, cooperatively, for static members, and when somebody wants it so. */
import { expect } from 'vitest';
import {
  type Assignor,
  type Consumer,
  type ConsumerSettings,
  cooperativeSticky,
  type Kafka,
  kafkajsRoundRobin,
  range,
  sticky,
} from '../../lib/index.ts';
import { partitionsOf, pollAll, settle } from './group.ts';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

const settings = {
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 200,
  sessionTimeoutMs: 6000,
} as const;

/** A member that has subscribed, and the calls of its callbacks, as `assigned 0,1`. */
async function member(
  kafka: Kafka,
  topic: string,
  more: ConsumerSettings,
): Promise<{ consumer: Consumer; calls: string[] }> {
  const calls: string[] = [];
  const note = (what: string) => (partitions: readonly { partition: number }[]) => {
    calls.push(`${what} ${partitions.map(({ partition }) => partition).join()}`);
  };
  const consumer = kafka.consumer({ ...settings, ...more });
  await consumer.subscribe([topic], {
    onPartitionsRevoked: note('revoked'),
    onPartitionsAssigned: note('assigned'),
    onPartitionsLost: note('lost'),
  });
  return { consumer, calls };
}

const generation = (consumer: Consumer) => consumer.groupMetadata().generationId;

/** Polls for a while, so that a rebalance that nobody expects would show. */
async function settled(members: readonly Consumer[]): Promise<void> {
  for (let round = 0; round < 8; round++)
    await pollAll(
      members,
      members.map(() => []),
    );
}

export const rebalance = [
  scenario(
    'cooperative: only what moves is revoked, and a second meeting hands it on',
    async ({ kafka, topic, group }) => {
      const ledger = await topic(4);
      const cooperative = { groupId: group(), partitionAssignmentStrategy: [cooperativeSticky] };
      const first = await member(kafka, ledger, cooperative);
      await settle(kafka, [first.consumer], [4]);
      const second = await member(kafka, ledger, cooperative);
      await settle(kafka, [first.consumer, second.consumer], [2, 2]);
      await settled([first.consumer, second.consumer]);
      // At the first meeting nothing is new for anybody; at the second the newcomer gets what is free.
      expect(first.calls).toEqual(['assigned 0,1,2,3', 'revoked 2,3', 'assigned ', 'assigned ']);
      expect(second.calls).toEqual(['assigned ', 'assigned 2,3']);
      await second.consumer.close();
      await settle(kafka, [first.consumer], [4]);
      expect(first.calls.slice(4)).toEqual(['assigned 2,3']);
      expect(second.calls.slice(2)).toEqual(['revoked 2,3']);
      await first.consumer.close();
      expect(first.calls.slice(5)).toEqual(['revoked 0,1,2,3']);
    },
  ),

  scenario(
    'cooperative: what stays is read on from its position, without a commit',
    async ({ kafka, topic, group }) => {
      const ledger = await topic(2);
      const cooperative = { groupId: group(), partitionAssignmentStrategy: [cooperativeSticky] };
      await send(kafka, ledger, ['a', 'b'], 0);
      const first = await member(kafka, ledger, cooperative);
      expect(valuesOf(await read(kafka, first.consumer, 2))).toEqual(['a', 'b']);
      const second = await member(kafka, ledger, cooperative);
      const seen = await settle(kafka, [first.consumer, second.consumer], [1, 1]);
      await send(kafka, ledger, ['c'], 0);
      await kafka.world.until(async () => {
        await pollAll([first.consumer, second.consumer], seen);
        return seen.flat().length > 0;
      });
      expect(seen).toEqual([['c'], []]);
      for (const { consumer } of [first, second]) await consumer.close();
    },
  ),

  scenario(
    'eager: the same newcomer costs the first everything, and what is not committed',
    async ({ kafka, topic, group }) => {
      const ledger = await topic(2);
      const eager = { groupId: group(), partitionAssignmentStrategy: [sticky] };
      await send(kafka, ledger, ['a', 'b'], 0);
      const first = await member(kafka, ledger, eager);
      expect(valuesOf(await read(kafka, first.consumer, 2))).toEqual(['a', 'b']);
      const second = await member(kafka, ledger, eager);
      const seen = await settle(kafka, [first.consumer, second.consumer], [1, 1]);
      await kafka.world.until(async () => {
        await pollAll([first.consumer, second.consumer], seen);
        return seen.flat().length >= 2;
      });
      expect(seen).toEqual([['a', 'b'], []]);
      // Sticky has given 0 back to who had it, and even so it began anew.
      expect(first.calls).toEqual(['assigned 0,1', 'revoked 0,1', 'assigned 0']);
      for (const { consumer } of [first, second]) await consumer.close();
    },
  ),

  scenario('a group changes over to cooperative rebalances member by member', async ({ kafka, topic, group }) => {
    const ledger = await topic(4);
    const groupId = group();
    const old = await member(kafka, ledger, { groupId, partitionAssignmentStrategy: [range] });
    await settle(kafka, [old.consumer], [4]);
    // A first round of restarts brings the new strategy beside the old one.
    const both = await member(kafka, ledger, { groupId });
    await settle(kafka, [old.consumer, both.consumer], [2, 2]);
    await old.consumer.close();
    await settle(kafka, [both.consumer], [4]);
    // A second one drops the old strategy; who still lists both gives up everything.
    const fresh = await member(kafka, ledger, { groupId, partitionAssignmentStrategy: [cooperativeSticky] });
    await settle(kafka, [both.consumer, fresh.consumer], [2, 2]);
    expect(partitionsOf([both.consumer, fresh.consumer])).toEqual([0, 1, 2, 3]);
    const [described] = await kafka.admin().describeGroups([groupId]);
    expect(described.strategy).toBe('cooperative-sticky');
    for (const { consumer } of [both, fresh]) await consumer.close();
  }),

  scenario('sticky: when a third member comes, nobody gets anything of another', async ({ kafka, topic, group }) => {
    const ledger = await topic(6);
    const eager = { groupId: group(), partitionAssignmentStrategy: [sticky] };
    const [first, second] = [await member(kafka, ledger, eager), await member(kafka, ledger, eager)];
    await settle(kafka, [first.consumer, second.consumer], [3, 3]);
    const before = [first, second].map(({ consumer }) => partitionsOf([consumer]));
    const third = await member(kafka, ledger, eager);
    await settle(kafka, [first.consumer, second.consumer, third.consumer], [2, 2, 2]);
    for (const [index, { consumer }] of [first, second].entries())
      for (const partition of partitionsOf([consumer])) expect(before[index]).toContain(partition);
    for (const { consumer } of [first, second, third]) await consumer.close();
  }),

  scenario('the round robin of kafkajs goes by its own name', async ({ kafka, topic, group }) => {
    const ledger = await topic(3);
    const groupId = group();
    const alike = { groupId, partitionAssignmentStrategy: [kafkajsRoundRobin] };
    const members = [await member(kafka, ledger, alike), await member(kafka, ledger, alike)];
    await settle(
      kafka,
      members.map(({ consumer }) => consumer),
      [1, 2],
    );
    const [described] = await kafka.admin().describeGroups([groupId]);
    expect(described.strategy).toBe('RoundRobinAssigner');
    for (const { consumer } of members) await consumer.close();
  }),

  scenario('a strategy of your own: everything to one, and the other waits', async ({ kafka, topic, group }) => {
    const ledger = await topic(3);
    const everythingToOne: Assignor = {
      name: 'everything-to-one',
      assign(members, partitionCounts) {
        const all = [...partitionCounts].flatMap(([topic, count]) =>
          Array.from({ length: count }, (_, partition) => ({ topic, partition })),
        );
        const [one] = members.map(({ memberId }) => memberId).sort();
        return new Map(members.map(({ memberId }) => [memberId, memberId === one ? all : []]));
      },
    };
    const alike = { groupId: group(), partitionAssignmentStrategy: [everythingToOne] };
    const members = [await member(kafka, ledger, alike), await member(kafka, ledger, alike)];
    await settle(
      kafka,
      members.map(({ consumer }) => consumer),
      [0, 3],
    );
    for (const { consumer } of members) await consumer.close();
  }),

  scenario('a strategy that throws: poll says so, and the group lives', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    let isBroken = true;
    const moody: Assignor = {
      name: 'range',
      assign(members, partitionCounts) {
        if (isBroken) throw new RangeError('not today');
        return range.assign(members, partitionCounts);
      },
    };
    const { consumer, calls } = await member(kafka, ledger, { groupId: group(), partitionAssignmentStrategy: [moody] });
    expect((await failure(read(kafka, consumer, 1))).message).toBe('not today');
    isBroken = false;
    await settle(kafka, [consumer], [2]);
    expect(calls).toEqual(['assigned 0,1']);
    await consumer.close();
  }),

  scenario('a static member comes back without a rebalance', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    const groupId = group();
    const named = (groupInstanceId: string) => member(kafka, ledger, { groupId, groupInstanceId });
    const [anna, berta] = [await named('anna'), await named('berta')];
    await settle(kafka, [anna.consumer, berta.consumer], [1, 1]);
    await settled([anna.consumer, berta.consumer]);
    const before = {
      generation: generation(berta.consumer),
      calls: [...berta.calls],
      partitions: partitionsOf([anna.consumer]),
    };
    await anna.consumer.close();
    await settled([berta.consumer]);
    const again = await named('anna');
    await settle(kafka, [berta.consumer, again.consumer], [1, 1]);
    await settled([berta.consumer, again.consumer]);
    expect(partitionsOf([again.consumer])).toEqual(before.partitions);
    expect([generation(berta.consumer), generation(again.consumer)]).toEqual([before.generation, before.generation]);
    expect(berta.calls).toEqual(before.calls);
    expect(again.consumer.groupMetadata().groupInstanceId).toBe('anna');
    for (const { consumer } of [berta, again]) await consumer.close();
  }),

  scenario('two with the same name: the one that came first is fenced', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    const anna = { groupId: group(), groupInstanceId: 'anna' };
    const first = await member(kafka, ledger, anna);
    await settle(kafka, [first.consumer], [1]);
    const second = await member(kafka, ledger, anna);
    await settle(kafka, [second.consumer], [1]);
    const commit = first.consumer.commitSync([{ topic: ledger, partition: 0, offset: 0 }]);
    // The commit hears it first, or a heartbeat has heard it already.
    expect((await failure(commit)).message).toMatch(/FENCED_INSTANCE_ID|not a member of the group any more/);
    expect((await failure(read(kafka, first.consumer, 1))).message).toMatch(/FENCED_INSTANCE_ID.*same groupInstanceId/);
    await first.consumer.close();
    expect(first.calls).toEqual(['assigned 0', 'lost 0']);
    await settled([second.consumer]);
    expect(second.calls).toEqual(['assigned 0']);
    await second.consumer.close();
  }),

  scenario('who does not poll in time has left, loses what it had, and comes back', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    const { consumer, calls } = await member(kafka, ledger, { groupId: group(), maxPollIntervalMs: 3200 });
    await settle(kafka, [consumer], [1]);
    await kafka.world.pass('3700 ms');
    const commit = consumer.commitSync([{ topic: ledger, partition: 0, offset: 0 }]);
    expect((await failure(commit)).name).toBe('CommitFailedError');
    await kafka.world.until(async () => {
      await consumer.poll('100 ms');
      return calls.length === 3;
    });
    expect(calls).toEqual(['assigned 0', 'lost 0', 'assigned 0']);
    await consumer.close();
    expect(calls.at(-1)).toBe('revoked 0');
  }),

  scenario('a rebalance that the application wants', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    const { consumer, calls } = await member(kafka, ledger, { groupId: group() });
    await settle(kafka, [consumer], [2]);
    const before = generation(consumer);
    consumer.enforceRebalance('the weather has changed');
    await consumer.poll('1 s');
    expect(generation(consumer)).toBe(before + 1);
    expect(calls).toEqual(['assigned 0,1', 'revoked 0,1', 'assigned 0,1']);
    expect(consumer.metrics().rebalanceTotal).toBe(2);
    await consumer.close();
  }),

  scenario('a callback that throws: poll says so, and the assignment holds', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    await send(kafka, ledger, ['a']);
    const consumer = kafka.consumer({ ...settings, groupId: group() });
    let calls = 0;
    await consumer.subscribe([ledger], {
      onPartitionsAssigned() {
        if (++calls === 1) throw new RangeError('no more room');
      },
    });
    const error = await failure(read(kafka, consumer, 1));
    expect([error.name, (error.cause as Error).message]).toEqual(['RebalanceListenerError', 'no more room']);
    expect(valuesOf(await read(kafka, consumer, 1))).toEqual(['a']);
    await consumer.close();
  }),
];
