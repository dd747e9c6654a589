/** Offsets of groups, request by request: what is kept with them, what is found again, and what goes. */
import { DeleteTopics, OffsetCommit, OffsetFetch } from '../../../lib/protocol/apis/index.ts';
import { commitAll, fetchAll, forget, outsider } from './commits.ts';
import { Group } from './group.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

const at = (partitionIndex: number, committedOffset: number, more = {}) => ({
  partitionIndex,
  committedOffset,
  ...more,
});

async function fetchGroups(scene: Scene, request: object, version: number): Promise<Plain> {
  const { groups } = await scene.ask(OffsetFetch, request, version);
  const sorted = [...groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  return tell(
    sorted.map((group) => ({ ...group, topics: [...group.topics].sort((a, b) => (a.name < b.name ? -1 : 1)) })),
  );
}

export const groupOffsetObservations = [
  observation('leader epochs that are committed and found again', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 4 });
    const seen: Plain[] = [];
    for (const version of [5, 6, 9]) {
      const group = await Group.in(scene, `group-${version}`);
      const partitions = [-1, 0, 7, 2_147_483_647].map((epoch, index) =>
        at(index, 1, version < 6 ? {} : { committedLeaderEpoch: epoch }),
      );
      seen.push(await commitAll(scene, group.id, [{ name: topic, partitions }], version));
      seen.push(await fetchAll(scene, group.id, null, 4), await fetchAll(scene, group.id, null, 5));
    }
    return seen;
  }),
  observation('one partition twice in a commit, and one topic twice', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const twice = { name: topic, partitions: [at(0, 1), at(0, 2), at(1, 3)] };
    const seen: Plain[] = [await commitAll(scene, group.id, [twice]), await fetchAll(scene, group.id, null)];
    const topics = [4, 5].map((offset) => ({ name: topic, partitions: [at(1, offset)] }));
    return [...seen, await commitAll(scene, group.id, topics), await fetchAll(scene, group.id, null)];
  }),
  observation('a commit takes the place of an earlier one, with its words and its epoch', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const seen: Plain[] = [];
    for (const one of [
      at(0, 9, { committedMetadata: 'nine', committedLeaderEpoch: 3 }),
      at(0, 4, { committedMetadata: 'four' }),
      at(0, 4, { committedMetadata: null, committedLeaderEpoch: 1 }),
    ]) {
      await commitAll(scene, group.id, [{ name: topic, partitions: [one] }]);
      seen.push(await fetchAll(scene, group.id, null));
    }
    return seen;
  }),
  observation('5,000 characters of metadata, beside a commit that is fine', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const a = await group.stable();
    const partitions = [at(0, 1, { committedMetadata: 'x'.repeat(5_000) }), at(1, 2, { committedMetadata: 'fine' })];
    const identity = { groupId: group.id, memberId: a.memberId, generationIdOrMemberEpoch: a.generationId };
    const response = await scene.ask(OffsetCommit, { ...identity, topics: [{ name: topic, partitions }] });
    return [tell(response), await fetchAll(scene, group.id, null), await a.heartbeat()];
  }),
  observation('metadata of many bytes and few characters', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const group = await Group.in(scene);
    const partitions = [
      at(0, 1, { committedMetadata: 'ä'.repeat(4_096) }),
      at(1, 2, { committedMetadata: '\u{1f600}'.repeat(2_049) }),
    ];
    return commitAll(scene, group.id, [{ name: topic, partitions }]);
  }),
  observation('a member commits what does not exist', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    const identity = { groupId: group.id, memberId: a.memberId, generationIdOrMemberEpoch: a.generationId };
    const topics = [
      { name: topic, partitions: [at(0, 1), at(1, 1), at(2_147_483_647, 1)] },
      { name: scene.name('missing'), partitions: [at(0, 1)] },
      { name: '', partitions: [at(0, 1)] },
    ];
    const { topics: answers } = await scene.ask(OffsetCommit, { ...identity, topics });
    const told = answers.map(({ name, partitions }) => [
      name,
      ...[...partitions]
        .sort((one, two) => one.partitionIndex - two.partitionIndex)
        .map(({ partitionIndex, errorCode }) => `${partitionIndex} ${nameOf(errorCode)}`),
    ]);
    return [told.sort((one, two) => (one[0] < two[0] ? -1 : 1)), await a.heartbeat()];
  }),
  observation('commits of somebody who was only given an id', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.join();
    const other = await group.member('b');
    await group.stable('c');
    await other.join();
    return [
      await a.commit(topic, 1, { generationIdOrMemberEpoch: 0 }),
      await other.commit(topic, 1, { generationIdOrMemberEpoch: 1 }),
      await other.commit(topic, 1, { generationIdOrMemberEpoch: -1 }),
    ];
  }),
  observation('offsets may be fetched in each state of a group', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 7);
    const seen: Plain[] = [await group.state(), await group.committed(topic)];
    const look = async () => seen.push(await group.state(), await group.committed(topic));
    const a = await group.member('a');
    await a.enter();
    await look();
    await a.sync({ a: 'work' });
    await look();
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    await look();
    await Promise.all([a.join(), entered]);
    return seen;
  }),
  observation('offsets of several groups, some with all their topics', async (scene) => {
    const [topic, other] = [await scene.topic('ledger'), await scene.topic('other')];
    const [one, two, none] = [
      await Group.in(scene, 'one'),
      await Group.in(scene, 'two'),
      await Group.in(scene, 'none'),
    ];
    await commitAll(scene, one.id, [
      { name: topic, partitions: [at(0, 11)] },
      { name: other, partitions: [at(0, 12)] },
    ]);
    await (await outsider(two)).commit(topic, 21);
    const groups = [
      { groupId: one.id, topics: null },
      { groupId: two.id, topics: [{ name: topic, partitionIndexes: [0, 3] }] },
      { groupId: none.id, topics: null },
    ];
    return [await fetchGroups(scene, { groups }, 8), await fetchGroups(scene, { groups }, 9)];
  }),
  observation('offsets of no group, and of a group without topics', async (scene) => {
    const group = await Group.in(scene);
    const groups = [{ groupId: group.id, topics: [] }];
    return [await fetchGroups(scene, { groups: [] }, 8), await fetchGroups(scene, { groups }, 8)];
  }),
  observation('only stable offsets are wanted, where no transaction is', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 7);
    const topics = [{ name: topic, partitionIndexes: [0] }];
    const seen: Plain[] = [];
    for (const requireStable of [true, false]) {
      const seven = await scene.ask(OffsetFetch, { groupId: group.id, topics, requireStable }, 7);
      seen.push(tell(seven.topics), nameOf(seven.errorCode));
      for (const version of [8, 9]) {
        const groups = [{ groupId: group.id, topics }];
        seen.push(await fetchGroups(scene, { groups, requireStable }, version));
      }
    }
    return seen;
  }),
  observation('who fetches offsets is not asked who it is', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    await a.commit(topic, 7);
    const topics = [{ name: topic, partitionIndexes: [0] }];
    const seen: Plain[] = [];
    for (const [memberId, memberEpoch] of [
      ['made-up', -1],
      [null, -1],
    ] as const) {
      const groups = [{ groupId: group.id, memberId, memberEpoch, topics }];
      const [found] = (await scene.ask(OffsetFetch, { groups }, 9)).groups;
      seen.push(nameOf(found.errorCode), tell(found.topics));
    }
    return seen;
  }),
  observation('offsets of partitions that do not exist are fetched', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    await (await outsider(group)).commit(topic, 7);
    return [
      await fetchAll(scene, group.id, [{ name: topic, partitionIndexes: [0, 5, -1] }]),
      await fetchAll(scene, group.id, [{ name: topic, partitionIndexes: [] }]),
    ];
  }),
  observation('topics go while a group works: it forgets these offsets and keeps the others', async (scene) => {
    const [kept, gone] = [await scene.topic('kept'), await scene.topic('gone', { partitions: 3 })];
    const group = await Group.in(scene);
    const a = await group.stable();
    const identity = { groupId: group.id, memberId: a.memberId, generationIdOrMemberEpoch: a.generationId };
    const topics = [
      { name: kept, partitions: [at(0, 1)] },
      { name: gone, partitions: [at(0, 2), at(2, 3)] },
    ];
    await scene.ask(OffsetCommit, { ...identity, topics });
    await scene.ask(DeleteTopics, { topics: [{ name: gone }], timeoutMs: 5_000 });
    await scene.until(async () => ((await fetchAll(scene, group.id, null)) as readonly Plain[]).length === 2);
    return [await fetchAll(scene, group.id, null), await a.heartbeat(), await group.state()];
  }),
  observation('a topic that is made again begins without offsets', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const other = await outsider(group);
    await other.commit(topic, 7);
    await scene.ask(DeleteTopics, { topics: [{ name: topic }], timeoutMs: 5_000 });
    await scene.until(async () => ((await fetchAll(scene, group.id, null)) as readonly Plain[]).length === 1);
    await scene.topic('ledger');
    return [await group.committed(topic), await other.commit(topic, 2), await group.committed(topic)];
  }),
  observation('offsets are deleted in each state of a group', async (scene) => {
    const [topic, foreign] = [await scene.topic('ledger'), await scene.topic('foreign')];
    const group = await Group.in(scene);
    await commitAll(scene, group.id, [{ name: foreign, partitions: [at(0, 1)] }]);
    const a = await group.member('a');
    await a.enter();
    const seen: Plain[] = [await group.state(), await forget(scene, group.id, foreign, 0)];
    await a.sync({ a: 'work' });
    await a.commit(foreign, 2);
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    seen.push(await group.state(), await forget(scene, group.id, foreign, 0), await group.committed(foreign));
    await Promise.all([a.join(), entered]);
    return [...seen, await forget(scene, group.id, topic, 0)];
  }),
];
