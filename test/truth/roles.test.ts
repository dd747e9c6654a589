/** Who does what in a classic group: coordinator, leader, strategy. */
import { expect, test } from 'vitest';
import { type Assignor, cooperativeSticky, range, roundRobin } from '../../lib/index.ts';
import { RawMember, withRawMembers } from './rawMember.ts';
import { errorOf, inWorld, ledger0, namesOf, some } from './stage.ts';

test(
  'A-05, D-08, E-48: the leader is the first that was added, and not the first that asked; when it leaves another leads',
  withRawMembers(async (stage) => {
    const [early, quick] = [await RawMember.of(stage), await RawMember.of(stage)];
    expect(await early.join()).toMatchObject({ error: 'MEMBER_ID_REQUIRED' });
    const second = quick.joinTwice();
    await stage.sleep(10);
    expect(await early.join()).toMatchObject({ error: 'NONE', leader: quick.id });
    expect((await second).members).toHaveLength(2);
    await quick.leave();
    expect(await early.join()).toMatchObject({ leader: early.id, members: [early.id] });
  }),
);

test(
  'A-08: without a setting rebalances are eager, range being in the list; with cooperative-sticky alone only what moves is revoked',
  inWorld(
    async (at) => {
      for (const [groupId, strategies, revoked] of [
        ['eager', undefined, 'revoked ledger-0 ledger-1'],
        ['cooperative', [cooperativeSticky], 'revoked ledger-1'],
      ] as const) {
        const settings = { groupId, ...(strategies && { partitionAssignmentStrategy: strategies }) };
        const first = at.member(`${groupId}-1`, settings);
        await at.kafka.world.until(() => first.calls.length === 1);
        at.member(`${groupId}-2`, settings);
        await at.kafka.world.until(() => first.calls.some((call) => call.startsWith('revoked')));
        expect(first.calls[1]).toBe(revoked);
      }
    },
    { topics: { ledger: 2 } },
  ),
);

/** Everything to whoever's client id comes first in the alphabet. */
const firstInTheAlphabet = (ran: string[]): Assignor => ({
  name: 'firstInTheAlphabet',
  assign(members, partitions) {
    ran.push('assign');
    const [first] = [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1));
    const all = [...partitions].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    );
    return new Map(members.map(({ memberId }) => [memberId, memberId === first.memberId ? all : []]));
  },
});

test(
  'B-05, B-08: a strategy that the broker has never heard of runs in the leader, and the broker hands on what comes of it',
  inWorld(
    async (at) => {
      const ran = { a: [] as string[], b: [] as string[] };
      const a = at.member('a', { partitionAssignmentStrategy: [firstInTheAlphabet(ran.a)] });
      const b = at.member('b', { partitionAssignmentStrategy: [firstInTheAlphabet(ran.b)] });
      await at.stable(2);
      await at.kafka.world.until(() => a.consumer.assignment().length === 3);
      expect(at.kafka.cluster.group('bank')?.protocolName).toBe('firstInTheAlphabet');
      expect(namesOf(b.consumer.assignment())).toBe('');
      const led = at.kafka.cluster.trace.events.filter(({ what }) => what === 'consumer.leads').map(({ node }) => node);
      const times = (name: 'a' | 'b') => led.filter((node) => node === name).length;
      expect(led.length).toBeGreaterThan(0);
      expect([ran.a.length, ran.b.length]).toEqual([times('a'), times('b')]);
    },
    { topics: { ledger: 3 } },
  ),
);

test(
  'B-06: the setting of the clients names the strategy of a classic group; the broker has no say',
  inWorld(
    async (at) => {
      for (const strategy of [range, roundRobin]) {
        const groupId = `by-${strategy.name}`;
        at.member(groupId, { groupId, partitionAssignmentStrategy: [strategy] });
        await at.kafka.world.until(() => at.kafka.cluster.group(groupId)?.state === 'Stable');
        expect(at.kafka.cluster.group(groupId)?.protocolName).toBe(strategy.name);
      }
    },
    { topics: { ledger: 3 } },
  ),
);

test(
  'B-09: to the coordinator assignments are bytes; of subscriptions it knows enough to keep the offsets that somebody still wants',
  inWorld(
    async (at) => {
      const admin = at.kafka.admin();
      const consumer = at.reader();
      await consumer.subscribe(['ledger']);
      await consumer.poll('4 s');
      await consumer.commitSync([{ ...ledger0, offset: 0 }]);
      expect((await errorOf(admin.deleteConsumerGroupOffsets('bank', [ledger0]))).message).toMatch(
        /GROUP_SUBSCRIBED_TO_TOPIC/,
      );
    },
    { topics: { ledger: 1 } },
  ),
);

test(
  'C-09, C-10: leader and followers are clients; the coordinator is no member, and relays an assignment that it cannot read',
  withRawMembers(async (stage) => {
    const [one, two] = [await RawMember.of(stage), await RawMember.of(stage)];
    const rounds = await Promise.all([one.joinTwice(), two.joinTwice()]);
    const leads = rounds.find(({ members }) => members.length > 0);
    expect([...(leads?.members ?? [])].sort()).toEqual([one.id, two.id].sort());
    expect([one.id, two.id]).toContain(leads?.leader);
    const [leader, follower] = leads?.leader === one.id ? [one, two] : [two, one];
    const waiting = follower.sync();
    expect(await leader.sync({ [follower.id]: 'no assignment at all', [leader.id]: '?' })).toBe('?');
    expect(await waiting).toBe('no assignment at all');
  }),
);

test(
  'E-49: the coordinator keeps the members and counts their votes; it refuses whoever shares no strategy with all others',
  withRawMembers(async (stage) => {
    const members = await Promise.all([
      RawMember.of(stage, ['range', 'roundrobin']),
      RawMember.of(stage, ['roundrobin', 'range']),
      RawMember.of(stage, ['roundrobin']),
    ]);
    const rounds = await Promise.all(members.map((member) => member.joinTwice()));
    expect(rounds.map(({ strategy }) => strategy)).toEqual(['roundrobin', 'roundrobin', 'roundrobin']);
    const stranger = await RawMember.of(stage, ['sticky']);
    expect((await stranger.join()).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
  }),
);

test(
  'E-53: range gives unequal shares where there are several topics; round robin does not',
  inWorld(
    async (at) => {
      for (const [strategy, sizes] of [
        [range, [2, 4]],
        [roundRobin, [3, 3]],
      ] as const) {
        const settings = {
          groupId: strategy.name,
          topics: ['ledger', 'orders'],
          partitionAssignmentStrategy: [strategy],
        };
        const members = ['one', 'two'].map((name) => at.member(`${strategy.name}-${name}`, settings));
        const held = () => members.map(({ consumer }) => consumer.assignment().length).sort();
        await at.kafka.world.pass('10 s');
        expect(held()).toEqual(sizes);
      }
    },
    { topics: { ledger: 3, orders: 3 } },
  ),
);

test(
  'A-03: a group has a coordinator once somebody needs one, and none while its broker is down',
  inWorld(async (at) => {
    const { kafka } = at;
    await at.write(2);
    const lone = kafka.consumer({ autoOffsetReset: 'earliest', clientId: 'lone' });
    await lone.assign([ledger0]);
    expect(await some(lone)).toHaveLength(2);
    expect([at.asked('FindCoordinator', 'lone'), kafka.cluster.groups()]).toEqual([0, []]);

    const { consumer } = await at.reading({ enableAutoCommit: false, defaultApiTimeoutMs: 5_000 });
    kafka.cluster.crash(0);
    expect((await errorOf(consumer.commitSync())).message).toMatch(/could not .*within 5000 ms/);
    await kafka.cluster.restart(0);
    await consumer.commitSync();
    expect([at.stored(), at.generation]).toEqual([2, 1]);
  }),
);
