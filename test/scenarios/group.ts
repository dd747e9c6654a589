import { expect } from 'vitest';
import type { Consumer, Kafka } from '../../lib/index.ts';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

const settings = {
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 200,
  sessionTimeoutMs: 6000,
} as const;

/** Polls all consumers in turn until each owns as many partitions as asked, and keeps what they read. */
export async function settle(
  kafka: Kafka,
  consumers: readonly Consumer[],
  sizes: readonly number[],
): Promise<(string | null)[][]> {
  const seen: (string | null)[][] = consumers.map(() => []);
  const deadline = kafka.world.now() + 30_000;
  const owned = () => consumers.map((consumer) => consumer.assignment().length);
  const wanted = [...sizes].sort().join();
  while (owned().sort().join() !== wanted) {
    if (kafka.world.now() > deadline) throw new Error(`the members own ${owned()} partitions, not ${sizes}`);
    await pollAll(consumers, seen);
  }
  return seen;
}

export async function pollAll(consumers: readonly Consumer[], seen: readonly (string | null)[][]): Promise<void> {
  const polled = await Promise.all(consumers.map((consumer) => consumer.poll('100 ms')));
  for (const [index, records] of polled.entries()) seen[index].push(...valuesOf(records));
}

export const partitionsOf = (consumers: readonly Consumer[]) =>
  consumers
    .flatMap((consumer) => consumer.assignment())
    .map(({ partition }) => partition)
    .sort();

export const group = [
  scenario('two members share four partitions, and none has two owners', async ({ kafka, topic, group }) => {
    const ledger = await topic(4);
    const groupId = group();
    const members = [kafka.consumer({ groupId, ...settings }), kafka.consumer({ groupId, ...settings })];
    for (const member of members) await member.subscribe([ledger]);
    await settle(kafka, members, [2, 2]);
    expect(partitionsOf(members)).toEqual([0, 1, 2, 3]);
    for (const member of members) await member.close();
  }),

  scenario('a third member on two partitions has nothing to do', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    const groupId = group();
    const members = Array.from({ length: 3 }, () => kafka.consumer({ groupId, ...settings }));
    for (const member of members) await member.subscribe([ledger]);
    await settle(kafka, members, [0, 1, 1]);
    for (const member of members) await member.close();
  }),

  scenario('between them, two members see every record once', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    const groupId = group();
    const members = [kafka.consumer({ groupId, ...settings }), kafka.consumer({ groupId, ...settings })];
    for (const member of members) await member.subscribe([ledger]);
    const seen = await settle(kafka, members, [1, 1]);
    await send(kafka, ledger, ['a0', 'a1'], 0);
    await send(kafka, ledger, ['b0', 'b1'], 1);
    await kafka.world.until(async () => {
      await pollAll(members, seen);
      return seen.flat().length >= 4;
    });
    expect(seen.map((values) => values.join()).sort()).toEqual(['a0,a1', 'b0,b1']);
    for (const member of members) await member.close();
  }),

  scenario(
    'when a member leaves, the other takes over and goes on at the committed offset',
    async ({ kafka, topic, group }) => {
      const ledger = await topic(2);
      const groupId = group();
      const [stays, leaves] = [kafka.consumer({ groupId, ...settings }), kafka.consumer({ groupId, ...settings })];
      for (const member of [stays, leaves]) await member.subscribe([ledger]);
      await settle(kafka, [stays, leaves], [1, 1]);
      const { partition } = leaves.assignment()[0];
      await send(kafka, ledger, ['a', 'b'], partition);
      await read(kafka, leaves, 2);
      await leaves.commitSync([{ topic: ledger, partition, offset: 1 }]);
      await leaves.close();
      expect(valuesOf(await read(kafka, stays, 1))).toEqual(['b']);
      expect(partitionsOf([stays])).toEqual([0, 1]);
      await stays.close();
    },
  ),

  scenario('callbacks: all is revoked before the group meets, and then assigned', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    const groupId = group();
    const calls: string[] = [];
    const note = (what: string) => (partitions: readonly { partition: number }[]) => {
      calls.push(`${what} ${partitions.map(({ partition }) => partition).sort()}`);
    };
    const first = kafka.consumer({ groupId, ...settings });
    await first.subscribe([ledger], {
      onPartitionsRevoked: note('revoked'),
      onPartitionsAssigned: note('assigned'),
      onPartitionsLost: note('lost'),
    });
    await settle(kafka, [first], [2]);
    const second = kafka.consumer({ groupId, ...settings });
    await second.subscribe([ledger]);
    await settle(kafka, [first, second], [1, 1]);
    await second.close();
    await settle(kafka, [first], [2]);
    expect(calls.filter((call) => call !== 'revoked ')).toEqual([
      'assigned 0,1',
      'revoked 0,1',
      expect.stringMatching(/^assigned [01]$/),
      expect.stringMatching(/^revoked [01]$/),
      'assigned 0,1',
    ]);
    await first.close();
  }),

  scenario('a member that crashes keeps its partition until its session runs out', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    const groupId = group();
    await send(kafka, ledger, ['a', 'b', 'c']);
    const victim = kafka.world.spawn('victim', async (kafka) => {
      const consumer = kafka.consumer({ groupId, ...settings });
      await consumer.subscribe([ledger]);
      for (;;) await consumer.poll('100 ms');
    });
    const described = async () => (await kafka.admin().describeGroups([groupId]))[0];
    await kafka.world.until(async () => (await described()).state === 'Stable');
    await victim.crash();
    const crashedAt = kafka.world.now();
    const heir = kafka.consumer({ groupId, ...settings });
    await heir.subscribe([ledger]);
    expect(valuesOf(await read(kafka, heir, 3))).toEqual(['a', 'b', 'c']);
    expect(kafka.world.now() - crashedAt).toBeGreaterThan(4000);
    await heir.close();
  }),

  scenario('a member that was frozen for longer than its session cannot commit', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    const groupId = group();
    await send(kafka, ledger, ['a', 'b']);
    const errors: string[] = [];
    let reads = 0;
    let frozen = false;
    const zombie = kafka.world.spawn('zombie', async (kafka) => {
      const consumer = kafka.consumer({ groupId, ...settings });
      await consumer.subscribe([ledger]);
      while (reads < 2) reads += (await consumer.poll('100 ms')).length;
      while (!frozen) await kafka.world.sleep('50 ms');
      errors.push((await failure(consumer.commitSync())).name);
    });
    await kafka.world.until(() => reads === 2);
    zombie.freeze();
    frozen = true;
    const heir = kafka.consumer({ groupId, ...settings });
    await heir.subscribe([ledger]);
    expect(valuesOf(await read(kafka, heir, 2))).toEqual(['a', 'b']);
    zombie.thaw();
    await zombie.done;
    expect(errors).toEqual(['CommitFailedError']);
    await heir.close();
  }),

  scenario('a session timeout below what the broker allows is refused', async ({ kafka, topic, group }) => {
    const ledger = await topic(1);
    const consumer = kafka.consumer({ groupId: group(), ...settings, heartbeatIntervalMs: 1, sessionTimeoutMs: 10 });
    await consumer.subscribe([ledger]);
    expect((await failure(read(kafka, consumer, 1))).message).toContain('INVALID_SESSION_TIMEOUT');
    await consumer.close();
  }),
];
