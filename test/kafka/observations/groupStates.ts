/** Groups as administrators see them in each state: described, listed, deleted while somebody is there. */
import { DeleteGroups, DescribeGroups, ListGroups } from '../../../lib/protocol/apis/index.ts';
import { commitAll, outsider } from './commits.ts';
import { Group } from './group.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

/** Takes a group of two through its states, and looks in each of them. */
async function inEachState(group: Group, look: () => Promise<Plain>): Promise<Plain> {
  const seen: Plain[] = [];
  const note = async () => seen.push([await group.state(), await look()]);
  await note();
  const [a, b] = await group.gathered();
  await note();
  await Promise.all([a.sync({ a: 'work of a', b: 'work of b' }), b.sync()]);
  await note();
  const again = a.join();
  await group.is('PreparingRebalance');
  await note();
  await Promise.all([b.join(), again]);
  await a.leave();
  await b.leave();
  await note();
  return seen;
}

async function deleted(scene: Scene, groupId: string): Promise<string> {
  const { results } = await scene.ask(DeleteGroups, { groupsNames: [groupId] });
  return nameOf(results[0].errorCode);
}

export const groupStateObservations = [
  observation('a group of two is described in each state', async (scene) => {
    const group = await Group.in(scene);
    return inEachState(group, () => group.describe());
  }),
  observation('a group of two is listed in each state', async (scene) => {
    const group = await Group.in(scene);
    return inEachState(group, async () => {
      const { groups } = await scene.ask(ListGroups, {});
      return tell(groups.filter(({ groupId }) => groupId === group.id));
    });
  }),
  observation('a group of two is found by the filter of its state alone', async (scene) => {
    const group = await Group.in(scene);
    const states = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'];
    return inEachState(group, async () => {
      const found: string[] = [];
      for (const state of states) {
        const { groups } = await scene.ask(ListGroups, { statesFilter: [state] });
        if (groups.some(({ groupId }) => groupId === group.id)) found.push(state);
      }
      return found;
    });
  }),
  observation('filters by state and type at once', async (scene) => {
    const topic = await scene.topic('ledger');
    const [simple, stable] = [await Group.in(scene, 'simple'), await Group.in(scene, 'stable')];
    await (await outsider(simple)).commit(topic, 1);
    await stable.stable();
    const seen: Plain[] = [];
    for (const [statesFilter, typesFilter] of [
      [['Stable'], ['classic']],
      [['Empty'], ['classic']],
      [['Stable'], ['consumer']],
      [['STABLE', 'empty'], ['CLASSIC']],
      [
        ['Stable', 'Nonsense'],
        ['classic', 'nonsense'],
      ],
      [[], []],
      [[''], []],
    ]) {
      const { errorCode, groups } = await scene.ask(ListGroups, { statesFilter, typesFilter });
      const own = groups.map(({ groupId }) => groupId).filter((id) => id === simple.id || id === stable.id);
      seen.push([nameOf(errorCode), ...own.sort()]);
    }
    return seen;
  }),
  observation('a group is deleted in each state: members protect it', async (scene) => {
    const group = await Group.in(scene);
    return inEachState(group, () => deleted(scene, group.id));
  }),
  observation('offsets protect no group from deletion', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 3 }));
    await commitAll(scene, group.id, [{ name: topic, partitions }]);
    return [await deleted(scene, group.id), await group.committed(topic), await deleted(scene, group.id)];
  }),
  observation('a group is deleted under somebody who was only given an id', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.join();
    const described = await group.describe();
    return [described, await deleted(scene, group.id), await a.join(), await group.describe()];
  }),
  observation('several groups are described at once, one of them twice', async (scene) => {
    const [one, two] = [await Group.in(scene, 'one'), await Group.in(scene, 'two')];
    await one.stable();
    const ids = [one.id, two.id, one.id];
    const { groups } = await scene.ask(DescribeGroups, { groups: ids });
    return groups.map(({ groupId, groupState, members }) => `${groupId} ${groupState} ${members.length}`).sort();
  }),
];
