/** What makes a group meet again and what does not, and what that costs whom. */
import { expect, test } from 'vitest';
import { cooperativeSticky } from '../../lib/index.ts';
import { errorOf, inWorld, ledger0, offsetsOf, some, upTo } from './stage.ts';

const manual = { enableAutoCommit: false };
const cooperative = { partitionAssignmentStrategy: [cooperativeSticky] };

test(
  'C-37, E-47: eager members give up all before they meet and stand still; cooperative ones give up only what moves, and read on',
  inWorld(
    async (at) => {
      for (const [groupId, settings, calls] of [
        ['eager', {}, ['assigned ledger-0 ledger-1', 'revoked ledger-0 ledger-1', 'assigned ledger-0']],
        ['cooperative', cooperative, ['assigned ledger-0 ledger-1', 'revoked ledger-1', 'assigned', 'assigned']],
      ] as const) {
        const first = at.member(`${groupId}-1`, { groupId, ...settings });
        await at.kafka.world.until(() => first.calls.length === 1);
        // The leader is slow to hand in the assignment, so that the round takes a while.
        const slowly = at.kafka.cluster.on('SyncGroup', { clientId: `${groupId}-1` }).delay('10 s');
        at.member(`${groupId}-2`, { groupId, ...settings });
        await at.kafka.world.until(() => at.kafka.cluster.group(groupId)?.state === 'CompletingRebalance');
        await at.write(5, 'ledger', 0);
        await at.kafka.world.pass('5 s');
        expect(first.records).toHaveLength(groupId === 'eager' ? 0 : 5 + 5);
        slowly.remove();
        await at.kafka.world.until(() => first.calls.length === calls.length);
        expect(first.calls).toEqual(calls);
      }
    },
    { topics: { ledger: 2 } },
  ),
);

test(
  'C-38: whoever was given up hears of its loss after the heir has its partitions, and can commit nothing any more',
  inWorld(async (at) => {
    await at.write(3);
    const refused: string[] = [];
    const old = at.member('old', {
      ...manual,
      losing: (consumer) =>
        consumer.commitSync([{ ...ledger0, offset: 3 }]).catch(({ name }) => void refused.push(name)),
    });
    await at.kafka.world.until(() => old.records.length === 3);
    old.task.freeze();
    const heir = at.member('heir', manual);
    await at.kafka.world.until(() => heir.calls.includes('assigned ledger-0'), { within: '2 min' });
    expect(old.calls).toEqual(['assigned ledger-0']);
    old.task.thaw();
    await at.kafka.world.until(() => old.calls.length > 1, { within: '2 min' });
    expect(old.calls[1]).toBe('lost ledger-0');
    expect(old.callTimes[1]).toBeGreaterThan(heir.callTimes[0]);
    expect([refused, at.stored()]).toEqual([['CommitFailedError'], undefined]);
  }),
);

test(
  'C-39: each rebalance ends with the callback for what is new, be it nothing, and the callback can say where to begin',
  inWorld(async (at) => {
    await at.write(10);
    const calls: number[] = [];
    const consumer = at.reader({ ...manual, ...cooperative });
    await consumer.subscribe(['ledger'], {
      async onPartitionsAssigned(partitions) {
        calls.push(partitions.length);
        for (const { topic, partition } of partitions) await consumer.seek({ topic, partition, offset: 7 });
      },
    });
    expect(offsetsOf(await some(consumer))).toEqual([7, 8, 9]);
    consumer.enforceRebalance();
    await consumer.poll('1 s');
    expect(calls).toEqual([1, 0]);
    expect(await consumer.position(ledger0)).toBe(10);
  }),
);

test(
  'D-05: a group meets for more than new and lost members, and not for every one of these',
  inWorld(
    async (at) => {
      const desk = { groupInstanceId: 'desk', sessionTimeoutMs: 30_000 };
      const consumer = at.reader(desk);
      const generations: number[] = [];
      const meets = async () => {
        await consumer.poll('5 s');
        generations.push(at.generation);
      };
      await consumer.subscribe(['ledger']);
      await meets();
      consumer.enforceRebalance();
      await meets();
      await consumer.subscribe(['ledger', 'orders']);
      await meets();
      expect(generations).toEqual([1, 2, 3]);

      const before = at.kafka.cluster.group('bank')?.members[0].memberId;
      await consumer.close();
      const again = at.reader({ ...desk, clientId: 'again' });
      await again.subscribe(['ledger', 'orders']);
      await again.poll('5 s');
      expect(at.kafka.cluster.group('bank')).toMatchObject({ generationId: 3, members: [{ groupInstanceId: 'desk' }] });
      expect(at.kafka.cluster.group('bank')?.members[0].memberId).not.toBe(before);
    },
    { topics: { ledger: 1, orders: 1 } },
  ),
);

test(
  'D-11, E-43: a new partition is noticed by the leader alone, at its next look at the metadata; while it is frozen nobody notices',
  inWorld(async (at) => {
    const { world, cluster } = at.kafka;
    const settings = { metadataMaxAgeMs: 15_000 };
    const group = ['one', 'two'].map((name) => at.member(name, settings));
    await at.stable(2);
    await world.pass('5 s');
    const leaderId = cluster.group('bank')?.leaderId ?? '';
    const [leader, follower] = leaderId.startsWith('one') ? group : [...group].reverse();
    const began = at.generation;
    // For less than its session: otherwise it would be given up, which is another reason to meet.
    leader.task.freeze();
    await at.kafka.admin().createPartitions({ ledger: 2 });
    await world.pass('40 s');
    expect(at.generation).toBe(began);
    leader.task.thaw();
    await world.until(() => group.every(({ consumer }) => consumer.assignment().length === 1), { within: '2 min' });
    expect(at.generation).toBe(began + 1);
    expect(follower.task.state).toBe('running');
  }),
);

test(
  'E-56: partitions are never taken from a topic: that is refused, and no group meets for it',
  inWorld(
    async (at) => {
      at.member('one');
      await at.stable(1);
      expect((await errorOf(at.kafka.admin().createPartitions({ ledger: 4 }))).message).toMatch(/INVALID_PARTITIONS/);
      await at.kafka.world.pass('10 min');
      expect(at.generation).toBe(1);
    },
    { topics: { ledger: 6 } },
  ),
);

test(
  'E-58: who has read and committed everything keeps its partitions and gets no others',
  inWorld(
    async (at) => {
      const group = ['one', 'two'].map((name) => at.member(name, { metadataMaxAgeMs: 60_000 }));
      await at.stable(2);
      await at.kafka.world.pass('10 s');
      const began = at.generation;
      await at.write(5, 'ledger', 0);
      for (let minutes = 0; minutes < 5; minutes++) {
        await at.write(20, 'ledger', 1);
        await at.kafka.world.pass('1 min');
      }
      expect([at.stored(0), at.stored(1)]).toEqual([5, 100]);
      expect(at.generation).toBe(began);
      expect(group.map(({ consumer }) => consumer.assignment().length)).toEqual([1, 1]);
    },
    { topics: { ledger: 2 } },
  ),
);

test(
  'E-60: a commit at the last moment spares repeated records; the pause of a rebalance it does not shorten',
  inWorld(async (at) => {
    const outcomes: { repeated: number; generations: number }[] = [];
    for (const commits of [true, false]) {
      const groupId = commits ? 'careful' : 'careless';
      const losing = commits ? (consumer: { commitSync(): Promise<void> }) => consumer.commitSync() : undefined;
      if (commits) await at.write(10);
      const old = at.member(`${groupId}-1`, { ...manual, groupId, ...(losing && { losing }) });
      await at.kafka.world.until(() => old.records.length === 10);
      const heirs = [2, 3].map((number) => at.member(`${groupId}-${number}`, { ...manual, groupId }));
      await at.kafka.world.pass('10 s');
      const read = [old, ...heirs].flatMap(({ records }) => offsetsOf(records));
      const generations = at.kafka.cluster.group(groupId)?.generationId ?? 0;
      outcomes.push({ repeated: read.length - new Set(read).size, generations });
    }
    expect(outcomes[0].repeated).toBe(0);
    expect(outcomes[1].repeated % 10).toBe(0);
    expect(outcomes[1].repeated).toBeGreaterThan(0);
    expect(outcomes[1].generations).toBe(outcomes[0].generations);
  }),
);

test(
  'E-38: whether the records of a poll are worked on one by one is up to the program: poll has handed over all of them',
  inWorld(async (at) => {
    await at.write(10);
    const { consumer, records } = await at.reading(manual);
    const done: number[] = [];
    for (const { offset } of records) {
      if (offset === 4) break;
      done.push(offset);
    }
    await at.write(1);
    expect([done, offsetsOf(await some(consumer))]).toEqual([upTo(4), [10]]);
  }),
);
