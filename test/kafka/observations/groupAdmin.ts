/** Groups as administrators see them: described, listed and deleted. */
import { DeleteGroups, DescribeGroups, ListGroups } from '../../../lib/protocol/apis/index.ts';
import type { RequestInput } from '../../../lib/protocol/schema.ts';
import { commitAll, fetchAll, forget, outsider } from './commits.ts';
import { Group } from './group.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

async function deleteGroups(scene: Scene, ...groupsNames: string[]): Promise<Plain> {
  const { results } = await scene.ask(DeleteGroups, { groupsNames });
  return tell([...results].sort((a, b) => (a.groupId < b.groupId ? -1 : 1)));
}

export const groupAdminObservations = [
  observation('groups are deleted: empty, unknown, and with members', async (scene) => {
    const topic = await scene.topic('ledger');
    const [empty, full] = [await Group.in(scene, 'empty'), await Group.in(scene, 'full')];
    await (await outsider(empty)).commit(topic, 1);
    await full.stable();
    const seen: Plain[] = [await deleteGroups(scene, empty.id, full.id, scene.name('missing'))];
    return [
      ...seen,
      await empty.committed(topic),
      await empty.describe(),
      await full.state(),
      await deleteGroups(scene),
    ];
  }),
  observation('a group that was deleted begins anew', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    await a.leave();
    const seen: Plain[] = [await group.describe(), await deleteGroups(scene, group.id), await group.describe()];
    const again = await group.stable('again');
    return [...seen, again.generationId, await group.state()];
  }),
  observation('a group is deleted twice in one request', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 1);
    return deleteGroups(scene, group.id, group.id);
  }),
  observation('a group in each version of DescribeGroups', async (scene) => {
    const group = await Group.in(scene);
    await group.stable();
    const seen: Plain[] = [];
    for (let version = 0; version <= 5; version++) seen.push(await group.describe(version));
    return [...seen, await group.describe(5, true)];
  }),
  observation('groups that nobody has are described', async (scene) => {
    const { groups } = await scene.ask(DescribeGroups, {
      groups: [scene.name('missing')],
      includeAuthorizedOperations: true,
    });
    return [tell(groups), tell(await scene.ask(DescribeGroups, { groups: [] }))];
  }),
  observation('groups in the list, by state and type', async (scene) => {
    const topic = await scene.topic('ledger');
    const [simple, empty, stable] = [
      await Group.in(scene, 'simple'),
      await Group.in(scene, 'empty'),
      await Group.in(scene, 'stable'),
    ];
    await (await outsider(simple)).commit(topic, 1);
    await (await empty.stable()).leave();
    await stable.stable();
    const own = [simple.id, empty.id, stable.id];
    const list = async (request: RequestInput<typeof ListGroups>, version?: number) => {
      const { errorCode, groups } = await scene.ask(ListGroups, request, version);
      const found = groups.filter(({ groupId }) => own.includes(groupId));
      return [nameOf(errorCode), tell([...found].sort((a, b) => (a.groupId < b.groupId ? -1 : 1)))];
    };
    const seen: Plain[] = [];
    for (let version = 0; version <= 5; version++) seen.push(await list({}, version));
    for (const statesFilter of [['Stable'], ['stable'], ['Empty', 'Dead'], ['Nonsense'], ['CompletingRebalance']]) {
      seen.push([statesFilter, await list({ statesFilter })]);
    }
    for (const typesFilter of [['classic'], ['Classic'], ['consumer'], ['nonsense']]) {
      seen.push([typesFilter, await list({ typesFilter })]);
    }
    return seen;
  }),
  observation('a group whose name is empty', async (scene) => {
    const topic = await scene.topic('ledger');
    await Group.in(scene);
    const partitions = [{ partitionIndex: 0, committedOffset: 1 }];
    const wanted = [{ name: topic, partitionIndexes: [0] }];
    const describe = async () => {
      const { groups } = await scene.ask(DescribeGroups, { groups: [''] });
      return groups[0].groupState;
    };
    return [
      await commitAll(scene, '', [{ name: topic, partitions }]),
      await fetchAll(scene, '', wanted),
      await describe(),
      await forget(scene, '', topic, 0),
      await deleteGroups(scene, ''),
      await describe(),
    ];
  }),
];
