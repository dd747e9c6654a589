/** Who counts as alive, and who finds out: heartbeats, sessions, the poll interval, and what has no part in it. */
import { expect, test } from 'vitest';
import type { Kafka } from '../../lib/index.ts';
import { RawMember, withRawMembers } from './rawMember.ts';
import { inWorld, ledger0 } from './stage.ts';

test(
  'A-02, B-02: heartbeats go on without poll; who does not poll leaves by itself, and only the silent is given up',
  inWorld(async (at) => {
    await at.write(1);
    at.member('busy', { work: (_, own) => own.world.sleep('10 min') });
    await at.stable(1);
    await at.kafka.world.pass('4 min');
    expect(at.asked('Heartbeat', 'busy')).toBeGreaterThan(75);
    expect(at.members).toEqual(['busy']);
    await at.kafka.world.pass('70 s');
    expect([at.asked('LeaveGroup', 'busy'), at.members]).toEqual([1, []]);

    const dead = at.member('dead');
    await at.stable(1);
    dead.task.crash();
    await at.kafka.world.pass('41 s');
    expect(at.members).toEqual(['dead']);
    await at.kafka.world.pass('5 s');
    expect([at.asked('LeaveGroup', 'dead'), at.members]).toEqual([0, []]);
  }),
);

test(
  'A-04: a member is given up when its session ends, unless the coordinator itself keeps it waiting',
  inWorld(
    async (at) => {
      const { world, cluster } = at.kafka;
      for (const partition of [0, 1]) await at.write(1, 'ledger', partition);
      const patient = at.member('patient', { autoOffsetReset: 'latest', enableAutoCommit: false });
      await at.stable(1);
      let began = false;
      const once = async (own: Kafka) => {
        if (began) return;
        began = true;
        await own.world.sleep('4 min');
      };
      at.member('busy', { work: (_, own) => once(own) });
      await world.until(() => began);
      const third = at.member('third');
      await world.pass('10 s');
      expect(cluster.group('bank')?.state).toBe('PreparingRebalance');
      const heartbeats = at.asked('Heartbeat', 'patient');
      await world.pass('2 min');
      expect(at.asked('Heartbeat', 'patient')).toBe(heartbeats);
      expect(at.members).toEqual(['busy', 'patient', 'third']);
      await at.stable(3);

      cluster.on('Heartbeat', { clientId: 'third' }).delay('1 h');
      await world.pass('41 s');
      expect(at.members).toContain('third');
      await world.pass('5 s');
      expect(at.members).toEqual(['busy', 'patient']);
      expect([patient.task.state, third.task.state]).toEqual(['running', 'running']);
    },
    { topics: { ledger: 2 } },
  ),
);

test(
  'B-17: a classic member sends a heartbeat every three seconds, twenty a minute',
  inWorld(async (at) => {
    at.member('steady');
    await at.stable(1);
    const before = at.asked('Heartbeat', 'steady');
    await at.kafka.world.pass('1 min');
    expect(at.asked('Heartbeat', 'steady') - before).toBe(20);
  }),
);

test(
  'B-20: the poll interval binds who subscribes, and not who has partitions by assign',
  inWorld(async (at) => {
    const { kafka } = at;
    const lone = kafka.consumer({ groupId: 'lone', clientId: 'lone' });
    await lone.assign([ledger0]);
    const member = at.reader({ clientId: 'member' });
    await member.subscribe(['ledger']);
    for (const one of [lone, member]) await one.poll('4 s');
    await kafka.world.pass('10 min');
    expect([at.asked('LeaveGroup', 'lone'), at.asked('LeaveGroup', 'member')]).toEqual([0, 1]);
    await at.write(1);
    expect(await lone.poll('4 s')).toHaveLength(1);
  }),
);

test(
  'C-15: heartbeats keep a membership and offsets are not needed; to the broker a commit counts as a sign of life too',
  inWorld(async (at) => {
    const { world, cluster } = at.kafka;
    at.member('never', { enableAutoCommit: false });
    await at.stable(1);
    await world.pass('15 min');
    expect([at.members, at.generation, at.asked('OffsetCommit')]).toEqual([['never'], 1, 0]);

    const other = { groupId: 'other', clientId: 'commits', autoCommitIntervalMs: 10_000 };
    at.member('commits', other);
    await world.until(() => cluster.group('other')?.state === 'Stable');
    const unheard = cluster.on('Heartbeat', { clientId: 'commits' }).answer({ throttleTimeMs: 0, errorCode: 0 });
    await world.pass('5 min');
    expect(unheard.count).toBeGreaterThan(90);
    expect(cluster.group('other')).toMatchObject({ state: 'Stable', generationId: 1 });
  }),
);

test(
  'E-44: connections that break again and again move no partition',
  inWorld(async (at) => {
    const one = at.member('one');
    await at.stable(1);
    for (let resets = 0; resets < 24; resets++) {
      await at.kafka.world.pass('5 s');
      at.kafka.cluster.network.reset('one', 'broker-0');
    }
    await at.write(3);
    await at.kafka.world.until(() => one.records.length === 3);
    expect([at.generation, one.calls]).toEqual([1, ['assigned ledger-0']]);
  }),
);

test(
  'D-09: the list of the leader has those who joined this round; who only sends heartbeats is dropped at the rebalance timeout',
  withRawMembers(async (stage) => {
    const [one, beats, late] = [await RawMember.of(stage), await RawMember.of(stage), await RawMember.of(stage)];
    await Promise.all([one.joinTwice(), beats.joinTwice()]);
    await Promise.all([one.sync({ [one.id]: 'a', [beats.id]: 'b' }), beats.sync()]);
    const began = stage.now;
    const rounds = Promise.all([one.join(), late.joinTwice()]);
    await stage.sleep(1_000);
    while (stage.now < began + 19_000) {
      expect(await beats.heartbeat()).toBe('REBALANCE_IN_PROGRESS');
      await stage.sleep(2_000);
    }
    const leads = (await rounds).find(({ members }) => members.length > 0);
    expect(stage.now - began).toBeGreaterThanOrEqual(20_000);
    expect([...(leads?.members ?? [])].sort()).toEqual([one.id, late.id].sort());
    expect(await beats.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
  }),
);

test(
  'D-06, E-50: when the leader stands still the coordinator gives it up and goes on with another',
  withRawMembers(async (stage) => {
    const [one, two] = [await RawMember.of(stage), await RawMember.of(stage)];
    const [first, second] = await Promise.all([one.joinTwice(), two.joinTwice()]);
    const [leader, follower] = first.leader === one.id ? [one, two] : [two, one];
    expect(second.leader).toBe(leader.id);
    const waiting = follower.sync();
    const beating = (async () => {
      for (let beats = 0; beats < 4; beats++) {
        await stage.sleep(4_000);
        await leader.heartbeat();
      }
    })();
    expect(await waiting).toBe('REBALANCE_IN_PROGRESS');
    expect(await follower.join()).toMatchObject({ error: 'NONE', leader: follower.id, members: [follower.id] });
    expect(await follower.sync({ [follower.id]: 'all' })).toBe('all');
    await beating;
    expect(await leader.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
  }),
);

test(
  'E-46: nobody is called; a member that does not ask for its assignment never learns it, and is dropped',
  withRawMembers(async (stage) => {
    const [one, two] = [await RawMember.of(stage), await RawMember.of(stage)];
    const { leader } = (await Promise.all([one.joinTwice(), two.joinTwice()]))[0];
    const [asks, silent] = leader === one.id ? [one, two] : [two, one];
    expect(await asks.sync({ [asks.id]: 'a', [silent.id]: 'b' })).toBe('a');
    for (let beats = 0; beats < 4; beats++) {
      await stage.sleep(4_000);
      expect([await asks.heartbeat(), await silent.heartbeat()]).toEqual(['NONE', 'NONE']);
    }
    await stage.sleep(5_000);
    expect([await asks.heartbeat(), await silent.heartbeat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID']);
  }),
);
