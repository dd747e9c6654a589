/** Several static members in one group, in each state of it: who is fenced, who has to meet, and who may go on. */
import { LeaveGroup } from '../../../lib/protocol/apis/index.ts';
import { errorIn, Group, type Member, strategy } from './group.ts';
import { observation } from './observation.ts';
import { type Plain, tell } from './telling.ts';

/** How a round ended for its leader. Its answer may come before one of a newcomer says who that is, so members are only counted. */
function met(answer: Plain): Plain {
  const { errorCode, generationId, members } = answer as {
    readonly errorCode: string;
    readonly generationId: number;
    readonly members: readonly Plain[];
  };
  return [errorCode, generationId, members.length];
}

/** Two static members that have joined generation 2, led by `a`. */
async function gathered(group: Group): Promise<readonly [Member, Member]> {
  const a = await group.stable('a', 'one');
  const b = await group.member('b', 'two');
  const entered = b.join();
  await group.is('PreparingRebalance');
  await Promise.all([a.join(), entered]);
  return [a, b];
}

async function pair(group: Group): Promise<readonly [Member, Member]> {
  const [a, b] = await gathered(group);
  await Promise.all([a.sync({ a: 'work of a', b: 'work of b' }), b.sync()]);
  return [a, b];
}

export const staticGroupObservations = [
  observation('two static members: the follower comes back and the leader hears nothing of it', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await pair(group);
    const back = await group.member('back', 'two');
    return [
      await back.join(),
      await group.state(),
      await back.sync(),
      await a.heartbeat(),
      await b.heartbeat(),
      await group.describe(),
    ];
  }),
  observation('two static members: the leader comes back and is told to keep the assignment', async (scene) => {
    const group = await Group.in(scene);
    const [, b] = await pair(group);
    const back = await group.member('back', 'one');
    return [await back.join(), await group.state(), await back.sync(), await b.heartbeat(), await back.heartbeat()];
  }),
  observation('two static members: the leader comes back in a version that knows no skipping', async (scene) => {
    const group = await Group.in(scene);
    const [, b] = await pair(group);
    const back = await group.member('back', 'one');
    return [await back.join({ version: 8 }), await group.state(), await back.sync(), await b.heartbeat()];
  }),
  observation('one that came back leads: it joins again for a new round', async (scene) => {
    const group = await Group.in(scene);
    const [, b] = await pair(group);
    const back = await group.member('back', 'one');
    await back.join();
    const again = back.join();
    await group.is('PreparingRebalance');
    const told = await b.heartbeat();
    const follower = await b.join();
    return [told, await again, follower];
  }),
  observation('one that was replaced is fenced in each of its requests', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const [, b] = await pair(group);
    await (await group.member('back', 'two')).join();
    return [
      await b.heartbeat(),
      await b.sync(),
      await b.join(),
      await b.commit(topic, 1),
      await b.leave(),
      await group.describe(),
    ];
  }),
  observation('without its instance id one that was replaced is nobody', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const [, b] = await pair(group);
    await (await group.member('back', 'two')).join();
    return [
      await b.heartbeat({ groupInstanceId: null }),
      errorIn(await b.sync({}, { groupInstanceId: null })),
      errorIn(await b.join({ groupInstanceId: null })),
      await b.commit(topic, 1, { groupInstanceId: null }),
    ];
  }),
  observation('a static member comes back while the leader divides the work', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await gathered(group);
    const waiting = b.sync();
    await scene.pause(200);
    const back = (await group.member('back', 'two')).join();
    const fenced = await waiting;
    await group.is('PreparingRebalance');
    const late = await a.sync({ a: 'one', b: 'two' });
    return [fenced, late, met(await a.join()), await back];
  }),
  observation('a static member comes back while the group prepares', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await pair(group);
    const first = b.join({ protocols: [strategy('range', 'b changed')] });
    await group.is('PreparingRebalance');
    const back = (await group.member('back', 'two')).join();
    const fenced = await first;
    return [fenced, met(await a.join()), await back];
  }),
  observation('a static member comes back with other wishes and the same strategy', async (scene) => {
    const group = await Group.in(scene);
    const [a] = await pair(group);
    const back = await group.member('back', 'two');
    return [
      await back.join({ protocols: [strategy('range', 'other wishes')] }),
      await group.state(),
      await a.heartbeat(),
      await group.describe(),
    ];
  }),
  observation('a static member comes back and lists more strategies', async (scene) => {
    const group = await Group.in(scene);
    const [a] = await pair(group);
    const back = await group.member('back', 'two');
    const protocols = [strategy('sticky', 'back'), strategy('range', 'back')];
    return [await back.join({ protocols }), await group.state(), await a.heartbeat()];
  }),
  observation('two newcomers under one instance id: the second replaces the first', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable('a');
    const [first, second] = [await group.member('first', 'one'), await group.member('second', 'one')];
    const one = first.join();
    await group.is('PreparingRebalance');
    const two = second.join();
    const fenced = await one;
    return [fenced, met(await a.join()), await two];
  }),
  observation('dynamic and static members leave in one request', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable('a');
    const b = await group.member('b', 'one');
    const entered = b.join();
    await group.is('PreparingRebalance');
    await Promise.all([a.join(), entered]);
    await Promise.all([a.sync({ a: 'one', b: 'two' }), b.sync()]);
    const members = [
      { memberId: 'made-up', groupInstanceId: 'one' },
      { memberId: '', groupInstanceId: 'nobody' },
      { memberId: b.memberId, groupInstanceId: null },
      { memberId: a.memberId, groupInstanceId: 'one' },
      { memberId: a.memberId, groupInstanceId: null },
    ];
    const response = await scene.ask(LeaveGroup, { groupId: group.id, members });
    return [tell(response, group.telling), await group.state()];
  }),
  observation('an instance id that somebody claims who came without one', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable('a');
    return [
      await a.heartbeat({ groupInstanceId: 'one' }),
      errorIn(await a.sync({}, { groupInstanceId: 'one' })),
      errorIn(await a.join({ groupInstanceId: 'one' })),
      await a.commit(topic, 1, { groupInstanceId: 'one' }),
      await a.heartbeat(),
    ];
  }),
  observation('strange instance ids', async (scene) => {
    const seen: Plain[] = [];
    for (const [index, instance] of ['', '.', 'ä b', 'x'.repeat(300)].entries()) {
      const group = await Group.in(scene, `group-${index}`);
      seen.push(errorIn(await (await group.member('a', instance)).join()), await group.state());
    }
    return seen;
  }),
];
