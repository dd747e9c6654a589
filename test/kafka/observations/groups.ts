/** JoinGroup, SyncGroup, Heartbeat and LeaveGroup: what a coordinator answers in each state of a group. */
import { Heartbeat, LeaveGroup, SyncGroup } from '../../../lib/protocol/apis/index.ts';
import { Group, strategy } from './group.ts';
import { observation } from './observation.ts';
import { nameOf, type Plain, tell } from './telling.ts';

export const groupObservations = [
  observation('a first member is given an id, comes in and leads', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    return [await a.join(), await a.join(), await group.state()];
  }),
  observation('a first member in the versions in which no id is asked for', async (scene) => {
    const seen: Plain[] = [];
    for (const version of [0, 1, 2, 3]) {
      const group = await Group.in(scene, `group-${version}`);
      seen.push(await (await group.member('a')).join({ version }));
    }
    return seen;
  }),
  observation('a first member in the versions from 4 on', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 4; version <= 9; version++) {
      const group = await Group.in(scene, `group-${version}`);
      const a = await group.member('a');
      seen.push(await a.join({ version }), await a.join({ version }));
    }
    return seen;
  }),
  observation('a join with what no group takes', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    return [
      await a.join({ groupId: '' }),
      await a.join({ sessionTimeoutMs: 999 }),
      await a.join({ sessionTimeoutMs: 1_800_001 }),
      await a.join({ sessionTimeoutMs: -1 }),
      await a.join({ memberId: 'made-up' }),
      await a.join({ protocolType: '' }),
      await a.join({ protocols: [] }),
    ];
  }),
  observation('a stable group, and each of its answers to its only member', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const joined = await a.enter();
    const completing = [await a.heartbeat(), await group.state()];
    const synced = await a.sync({ a: 'work of a' });
    return [joined, ...completing, synced, await a.heartbeat(), await group.state(), await group.describe()];
  }),
  observation('a sync in each version', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 0; version <= 5; version++) {
      const group = await Group.in(scene, `group-${version}`);
      const a = await group.member('a');
      await a.enter();
      seen.push(await a.sync({ a: 'work of a' }, { version }));
    }
    return seen;
  }),
  observation('a sync that names another protocol than the group has', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter();
    return [
      await a.sync({ a: 'work' }, { protocolType: 'connect', protocolName: 'range' }),
      await a.sync({ a: 'work' }, { protocolType: null, protocolName: null }),
      await a.sync({ a: 'work' }, { protocolType: 'consumer', protocolName: 'sticky' }),
      await group.state(),
      await a.sync({ a: 'work' }, { protocolType: 'consumer', protocolName: 'range' }),
    ];
  }),
  observation('a leader that gives out nothing, and what its group has then', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter();
    return [await a.sync(), await group.state(), await group.describe()];
  }),
  observation('work for somebody who is not there', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter();
    const assignments = [{ memberId: 'made-up', assignment: new Uint8Array([1]) }];
    return [await a.sync({}, { assignments }), await group.describe()];
  }),
  observation('a sync that comes again gets the same answer', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    return [await a.sync(), await a.sync({ a: 'other work' }), await group.state()];
  }),
  observation('requests to a group that nobody has', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    a.memberId = 'made-up';
    a.generationId = 1;
    const seen: Plain[] = [await a.join(), await a.sync(), await a.heartbeat(), await a.leave()];
    return [...seen, await a.leave(2), await group.describe(), await a.heartbeat({ groupId: '' })];
  }),
  observation('requests of a stranger to a stable group', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const stranger = await group.member('stranger');
    stranger.memberId = 'made-up';
    stranger.generationId = a.generationId;
    const seen: Plain[] = [await stranger.join(), await stranger.sync(), await stranger.heartbeat()];
    return [...seen, await stranger.leave(), await stranger.leave(2), await a.heartbeat()];
  }),
  observation('requests with another generation', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const seen: Plain[] = [];
    for (const generationId of [a.generationId - 1, a.generationId + 1, -1]) {
      seen.push(await a.heartbeat({ generationId }), await a.sync({}, { generationId }));
    }
    return [...seen, await a.heartbeat()];
  }),
  observation('a request for a group without a name', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const range = { protocolType: 'consumer', protocolName: 'range', assignments: [] };
    const sync = await scene.ask(SyncGroup, { groupId: '', generationId: 1, memberId: a.memberId, ...range });
    const beat = await scene.ask(Heartbeat, { groupId: '', generationId: 1, memberId: a.memberId });
    const leave = await scene.ask(LeaveGroup, { groupId: '', members: [{ memberId: a.memberId }] });
    return [sync, beat, leave].map(({ errorCode }) => nameOf(errorCode));
  }),
  observation('the leader of a stable group joins again: a new round', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    return [await a.join(), await group.state(), await a.heartbeat()];
  }),
  observation('a follower of a stable group joins again with the same: no new round', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    return [await b.join(), await group.state(), await a.heartbeat(), await b.sync()];
  }),
  observation('a follower of a stable group joins again with something else: a new round', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const again = b.join({ protocols: [strategy('range', 'b changed')] });
    await group.is('PreparingRebalance');
    const beat = await a.heartbeat();
    return [beat, await a.join(), await again, await group.state()];
  }),
  observation('a second member comes into a stable group', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    const first = await b.join();
    const stillStable = [await a.heartbeat(), await group.state()];
    const entered = b.join();
    await group.is('PreparingRebalance');
    const seen = [first, ...stillStable, await a.heartbeat(), await a.sync(), await group.describe()];
    const [again, of] = await Promise.all([a.join(), entered]);
    return [...seen, again, of, await group.state()];
  }),
  observation('followers wait for the work that the leader gives out', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const waiting = b.sync();
    const beats = [await a.heartbeat(), await group.state()];
    const lead = await a.sync({ a: 'work of a', b: 'work of b' });
    return [...beats, lead, await waiting, await group.describe()];
  }),
  observation('a member that the leader forgets gets nothing', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    return Promise.all([a.sync({ a: 'all work' }), b.sync()]);
  }),
  observation('a member that joins while another waits for its work', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const waiting = b.sync();
    const c = await group.member('c');
    await c.join();
    const third = c.join();
    const interrupted = await waiting;
    const state = await group.state();
    const all = await Promise.all([a.join(), b.join(), third]);
    return [interrupted, state, all.map((one) => (one as { readonly generationId: number }).generationId)];
  }),
  observation('a join that is answered twice while work is given out', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    return [await b.join(), await a.join(), await group.state()];
  }),
  observation('no strategy that all can do', async (scene) => {
    const group = await Group.in(scene);
    await group.stable();
    const b = await group.member('b');
    return [
      await b.join({ protocols: [strategy('sticky', 'b')] }),
      await b.join({ protocolType: 'connect' }),
      await b.join({ protocols: [] }),
      await group.state(),
    ];
  }),
  observation('the strategy that most like best among those that all can do', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const ofA = { protocols: [strategy('range', 'a'), strategy('roundrobin', 'a')] };
    await a.enter(ofA);
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const ofB = { protocols: [strategy('sticky', 'b'), strategy('roundrobin', 'b')] };
    const entered = b.enter(ofB);
    await group.is('PreparingRebalance');
    return Promise.all([a.join(ofA), entered]);
  }),
  observation('the only member leaves', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const seen: Plain[] = [
      await a.leave(),
      await group.describe(),
      await a.heartbeat(),
      await a.sync(),
      await a.leave(),
    ];
    return [...seen, await a.join()];
  }),
  observation('members leave in each version', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 0; version <= 5; version++) {
      const group = await Group.in(scene, `group-${version}`);
      const a = await group.stable();
      seen.push(await a.leave(version), await group.state());
    }
    return seen;
  }),
  observation('a follower leaves a stable group', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    return [await b.leave(), await group.state(), await a.heartbeat(), await a.join(), await group.describe()];
  }),
  observation('the leader leaves a stable group, and another one leads', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    return [await a.leave(), await b.heartbeat(), await b.join(), await group.state()];
  }),
  observation('several members leave in one request, among them a stranger', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const members = [a.memberId, 'made-up', b.memberId].map((memberId) => ({ memberId }));
    const response = await scene.ask(LeaveGroup, { groupId: group.id, members });
    return [tell(response, group.telling), await group.state()];
  }),
  observation('nobody leaves', async (scene) => {
    const group = await Group.in(scene);
    await group.stable();
    return tell(await scene.ask(LeaveGroup, { groupId: group.id, members: [] }));
  }),
  observation('somebody who was only given an id leaves', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.join();
    return [await a.leave(), await a.join(), await group.state()];
  }),
  observation('generations count the rounds of a group, also when it is empty', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const first = a.generationId;
    await a.leave();
    const again = await group.stable('again');
    return [first, again.generationId];
  }),
  observation('a member that says nothing for longer than its session is out', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ sessionTimeoutMs: 2_000 });
    await a.sync({ a: 'work' });
    await group.is('Empty');
    return [await a.heartbeat(), await a.join(), await group.describe()];
  }),
  observation('heartbeats keep a session alive', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ sessionTimeoutMs: 2_500 });
    await a.sync({ a: 'work' });
    const seen: Plain[] = [];
    for (let count = 0; count < 6; count++) {
      await scene.pause(500);
      seen.push(await a.heartbeat());
    }
    return [...seen, await group.state()];
  }),
  observation('a follower that vanishes is missed when its session ends', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    const entered = b.enter({ sessionTimeoutMs: 2_000 });
    await group.is('PreparingRebalance');
    await Promise.all([a.join(), entered]);
    await Promise.all([a.sync({ a: 'half', b: 'half' }), b.sync()]);
    b.vanish();
    await group.is('PreparingRebalance');
    return [await a.heartbeat(), await a.join()];
  }),
  observation('who does not join again within the rebalance timeout is out', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ rebalanceTimeoutMs: 1_000 });
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const joined = await b.enter({ rebalanceTimeoutMs: 1_000 });
    return [joined, await a.heartbeat(), await group.state()];
  }),
  observation('who does not ask for its work within the rebalance timeout is out', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ rebalanceTimeoutMs: 1_000 });
    await group.is('Empty');
    return [await a.sync({ a: 'work' }), await a.heartbeat()];
  }),
  observation('an id that nobody comes back with is forgotten after a session', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const seen = [await a.join({ sessionTimeoutMs: 1_000 })];
    await scene.pause(2_500);
    return [...seen, await a.join({ sessionTimeoutMs: 1_000 })];
  }),
];
