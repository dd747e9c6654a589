/** Members with a name of their own, `group.instance.id` (KIP-345): they come back to the place that they had. */
import { LeaveGroup } from '../../../lib/protocol/apis/index.ts';
import { Group, strategy } from './group.ts';
import { observation } from './observation.ts';
import { type Plain, tell } from './telling.ts';

export const staticMemberObservations = [
  observation('a static member comes in without a second join', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a', 'one');
    const joined = await a.join();
    return [joined, await a.sync({ a: 'work' }), await group.describe(), await a.heartbeat()];
  }),
  observation('a static member comes back: no new round, and the old id is fenced', async (scene) => {
    const group = await Group.in(scene);
    const before = await group.stable('before', 'one');
    const after = await group.member('after', 'one');
    return [
      await after.join(),
      await group.state(),
      await before.heartbeat(),
      await before.sync(),
      await before.join(),
      await after.sync(),
      await after.heartbeat(),
    ];
  }),
  observation('a static member comes back with another strategy', async (scene) => {
    const group = await Group.in(scene);
    await group.stable('before', 'one');
    const after = await group.member('after', 'one');
    return [await after.join({ protocols: [strategy('sticky', 'after')] }), await group.state()];
  }),
  observation('a static member comes back in the versions 5 and 8', async (scene) => {
    const seen: Plain[] = [];
    for (const version of [5, 8]) {
      const group = await Group.in(scene, `group-${version}`);
      await group.stable('before', 'one');
      const after = await group.member('after', 'one');
      seen.push(await after.join({ version }), await group.state());
    }
    return seen;
  }),
  observation('a static member with the id of another one, and with one that nobody has', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable('a', 'one');
    const stranger = await group.member('stranger', 'two');
    stranger.memberId = 'made-up';
    stranger.generationId = a.generationId;
    const thief = await group.member('thief', 'one');
    thief.memberId = 'made-up';
    thief.generationId = a.generationId;
    const seen: Plain[] = [];
    for (const one of [stranger, thief]) {
      seen.push(await one.join(), await one.sync(), await one.heartbeat(), await one.leave());
    }
    return seen;
  }),
  observation('a static member is sent away by its instance id alone', async (scene) => {
    const group = await Group.in(scene);
    await group.stable('a', 'one');
    const leave = async (groupInstanceId: string | null) => {
      const members = [{ memberId: '', groupInstanceId }];
      return tell(await scene.ask(LeaveGroup, { groupId: group.id, members }), group.telling);
    };
    return [await leave('two'), await leave('one'), await group.state(), await leave('one'), await leave(null)];
  }),
];
