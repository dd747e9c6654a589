/** OffsetCommit, OffsetFetch and OffsetDelete: who may commit when, and what is found then. */
import { DeleteTopics, OffsetCommit, OffsetDelete, OffsetFetch } from '../../../lib/protocol/apis/index.ts';
import type { RequestInput } from '../../../lib/protocol/schema.ts';
import { Group, type Member } from './group.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

/** Somebody who commits without being a member, as administrators do. */
export async function outsider(group: Group): Promise<Member> {
  return group.member('outsider');
}

export async function commitAll(
  scene: Scene,
  groupId: string,
  topics: RequestInput<typeof OffsetCommit>['topics'],
  version?: number,
): Promise<Plain> {
  const response = await scene.ask(OffsetCommit, { groupId, topics }, version);
  return response.topics.map(({ name, partitions }) => [
    name,
    tell([...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)),
  ]);
}

export async function fetchAll(
  scene: Scene,
  groupId: string,
  topics: readonly { name: string; partitionIndexes: number[] }[] | null,
  version = 8,
): Promise<Plain> {
  const request = { groupId, topics, groups: [{ groupId, topics }] };
  const response = await scene.ask(OffsetFetch, request, version);
  const { errorCode, topics: found } = version >= 8 ? response.groups[0] : response;
  const inOrder = [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    nameOf(errorCode),
    ...inOrder.map(({ name, partitions }) => [
      name,
      tell([...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)),
    ]),
  ];
}

export async function forget(scene: Scene, groupId: string, name: string, ...indexes: number[]): Promise<Plain> {
  const partitions = indexes.map((partitionIndex) => ({ partitionIndex }));
  const { errorCode, topics } = await scene.ask(OffsetDelete, { groupId, topics: [{ name, partitions }] });
  const each = topics.flatMap((topic) =>
    topic.partitions.map((one) => `${one.partitionIndex} ${nameOf(one.errorCode)}`),
  );
  return [nameOf(errorCode), ...each.sort()];
}

export const commitObservations = [
  observation('an offset is committed by nobody in particular, and is there', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const other = await outsider(group);
    return [
      await group.committed(topic),
      await other.commit(topic, 5),
      await group.committed(topic),
      await group.describe(),
      await other.commit(topic, 3),
      await group.committed(topic),
    ];
  }),
  observation('commits in each version', async (scene) => {
    const topic = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (let version = 2; version <= 9; version++) {
      const group = await Group.in(scene, `group-${version}`);
      seen.push(await (await outsider(group)).commit(topic, version, { version }), await group.committed(topic));
    }
    return seen;
  }),
  observation('commits for partitions and topics that are not there', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const partitions = [0, 1, -1].map((partitionIndex) => ({ partitionIndex, committedOffset: 1 }));
    const missing = scene.name('missing');
    return [
      await commitAll(scene, group.id, [
        { name: topic, partitions },
        { name: missing, partitions },
      ]),
      await commitAll(scene, group.id, []),
      await fetchAll(scene, group.id, null),
    ];
  }),
  observation('offsets and words that are strange, and words that are too long', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 6 });
    const group = await Group.in(scene);
    const partitions = [
      { partitionIndex: 0, committedOffset: -1, committedMetadata: '' },
      { partitionIndex: 1, committedOffset: -5, committedMetadata: null },
      { partitionIndex: 2, committedOffset: 1_000_000, committedMetadata: 'ä \u{1f600}' },
      { partitionIndex: 3, committedOffset: 1, committedMetadata: 'x'.repeat(4_096) },
      { partitionIndex: 4, committedOffset: 1, committedMetadata: 'x'.repeat(4_097) },
      { partitionIndex: 5, committedOffset: 1, committedLeaderEpoch: 7 },
    ];
    const committed = await commitAll(scene, group.id, [{ name: topic, partitions }]);
    const kept = await fetchAll(scene, group.id, null);
    return [committed, JSON.parse(JSON.stringify(kept).replace('x'.repeat(4_096), '4096 times x'))];
  }),
  observation('commits of a generation to a group that nobody has', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const other = await outsider(group);
    const seen: Plain[] = [];
    for (const version of [8, 9]) {
      seen.push(await other.commit(topic, 1, { generationIdOrMemberEpoch: 1, memberId: 'made-up', version }));
      seen.push(await other.commit(topic, 1, { generationIdOrMemberEpoch: 0, version }));
    }
    return [...seen, await group.describe()];
  }),
  observation('commits of a member in each state of its group', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter();
    const completing = await a.commit(topic, 1);
    await a.sync({ a: 'work' });
    const stable = await a.commit(topic, 2);
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    const preparing = await a.commit(topic, 3);
    const old = a.generationId;
    await Promise.all([a.join(), entered]);
    const tooLate = await a.commit(topic, 4, { generationIdOrMemberEpoch: old });
    return [completing, stable, preparing, tooLate, await group.committed(topic)];
  }),
  observation('commits to a stable group by others than its members', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    const other = await outsider(group);
    return [
      await other.commit(topic, 1),
      await other.commit(topic, 1, { memberId: 'made-up' }),
      await other.commit(topic, 1, { memberId: 'made-up', generationIdOrMemberEpoch: a.generationId }),
      await a.commit(topic, 1, { generationIdOrMemberEpoch: a.generationId + 1 }),
      await a.commit(topic, 1, { generationIdOrMemberEpoch: a.generationId - 1 }),
      await a.commit(topic, 1, { generationIdOrMemberEpoch: -1 }),
      await a.commit(topic, 1, { groupInstanceId: 'one' }),
      await group.committed(topic),
    ];
  }),
  observation('commits after the last member has left', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    await a.leave();
    const other = await outsider(group);
    return [await a.commit(topic, 1), await other.commit(topic, 2), await group.committed(topic), await group.state()];
  }),
  observation('commits of a static member that was replaced', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const before = await group.stable('before', 'one');
    const after = await group.member('after', 'one');
    await after.join();
    return [await before.commit(topic, 1), await after.commit(topic, 2), await group.committed(topic)];
  }),

  observation('offsets are fetched in each version', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedLeaderEpoch: 0, committedMetadata: 'note' }];
    await commitAll(scene, group.id, [{ name: topic, partitions }]);
    const seen: Plain[] = [];
    for (let version = 1; version <= 9; version++) {
      seen.push(await fetchAll(scene, group.id, [{ name: topic, partitionIndexes: [0, 1, 9] }], version));
    }
    return seen;
  }),
  observation('all offsets of a group are fetched, and none', async (scene) => {
    const [one, two] = [await scene.topic('one'), await scene.topic('two', { partitions: 2 })];
    const group = await Group.in(scene);
    const at = (partitionIndex: number) => ({ partitionIndex, committedOffset: partitionIndex + 1 });
    await commitAll(scene, group.id, [
      { name: one, partitions: [at(0)] },
      { name: two, partitions: [at(0), at(1)] },
    ]);
    const seen: Plain[] = [];
    for (const version of [2, 7, 8])
      seen.push(await fetchAll(scene, group.id, null, version), await fetchAll(scene, group.id, [], version));
    return seen;
  }),
  observation('offsets of groups and topics that are not there', async (scene) => {
    const group = await Group.in(scene);
    const missing = [{ name: scene.name('missing'), partitionIndexes: [0] }];
    return [
      await fetchAll(scene, group.id, missing),
      await fetchAll(scene, group.id, null),
      await fetchAll(scene, group.id, missing, 1),
      await group.describe(),
    ];
  }),
  observation('offsets of several groups in one request', async (scene) => {
    const topic = await scene.topic('ledger');
    const [one, two] = [await Group.in(scene, 'one'), await Group.in(scene, 'two')];
    await (await outsider(one)).commit(topic, 11);
    const topics = [{ name: topic, partitionIndexes: [0] }];
    const groups = [one, two].map(({ id }) => ({ groupId: id, topics }));
    const response = await scene.ask(OffsetFetch, { groups, requireStable: true }, 8);
    return tell([...response.groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1)));
  }),
  observation('offsets of a topic go with it', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 3);
    await scene.ask(DeleteTopics, { topics: [{ name: topic }], timeoutMs: 5_000 });
    await scene.settled();
    await scene.pause(500);
    return [await fetchAll(scene, group.id, null), await group.committed(topic), await group.state()];
  }),
  observation('offsets that are deleted, and those that cannot be', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const seen: Plain[] = [await forget(scene, group.id, topic, 0)];
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 7 }));
    await commitAll(scene, group.id, [{ name: topic, partitions }]);
    return [
      ...seen,
      await forget(scene, group.id, topic, 0, 9),
      await forget(scene, group.id, scene.name('missing'), 0),
      await fetchAll(scene, group.id, null),
    ];
  }),
  observation('offsets of a group that has members are deleted', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    await a.commit(topic, 1);
    return [
      await forget(scene, group.id, topic, 0),
      await forget(scene, group.id, 'ledger', 0),
      await group.committed(topic),
    ];
  }),
  observation('the last offset of a group is deleted', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 1);
    return [await forget(scene, group.id, topic, 0), await group.describe(), await fetchAll(scene, group.id, null)];
  }),
];
