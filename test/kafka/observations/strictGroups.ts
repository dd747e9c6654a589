/** At a broker whose groups have room for two, whose first rounds wait for others, and which forgets quickly. */
import { OffsetCommit } from '../../../lib/protocol/apis/index.ts';
import { commitAll, fetchAll, outsider } from './commits.ts';
import { errorIn, Group, generationIn, type Member, strategy } from './group.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { type Plain, tell } from './telling.ts';

const strict = { strict: true };

/** A group that is not forgotten while it has only handed out ids: it has an offset to keep. */
async function anchored(scene: Scene): Promise<Group> {
  const topic = await scene.topic('anchor');
  const group = await Group.in(scene);
  await (await outsider(group)).commit(topic, 1);
  return group;
}

/** Joins in the last version in which one step is enough: between two steps an empty group could be forgotten. */
const oneStep = { version: 3 };

/** Two that start together: the first round waits for the second. */
async function full(group: Group, instances: readonly (string | null)[] = [null, null]): Promise<readonly Member[]> {
  const [a, b] = [await group.member('a', instances[0]), await group.member('b', instances[1])];
  const first = a.enter();
  await group.is('PreparingRebalance');
  await Promise.all([first, b.enter()]);
  await Promise.all([a.sync({ a: 'one', b: 'two' }), b.sync()]);
  return [a, b];
}

/** Commits an offset that is to be kept for a while only, as clients up to OffsetCommit version 4 can say. */
async function commitFor(
  scene: Scene,
  group: Group,
  topic: string,
  retentionTimeMs: number,
  given: { partition?: number; member?: Member } = {},
): Promise<Plain> {
  const { partition = 0, member } = given;
  const identity = { memberId: member?.memberId ?? '', generationIdOrMemberEpoch: member?.generationId ?? -1 };
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: 5 }] }];
  return tell(await scene.ask(OffsetCommit, { groupId: group.id, ...identity, topics, retentionTimeMs }, 4));
}

const count = (found: Plain) => (found as readonly Plain[]).length - 1;

export const strictGroupObservations = [
  observation(
    'a full group takes nobody more, and keeps those whom it has',
    async (scene) => {
      const group = await anchored(scene);
      const [a, b] = await full(group);
      const c = await group.member('c');
      return [
        await c.join(),
        await c.join({ version: 3 }),
        await group.state(),
        await a.heartbeat(),
        await b.heartbeat(),
      ];
    },
    strict,
  ),
  observation(
    'a full group has room again when somebody leaves',
    async (scene) => {
      const group = await anchored(scene);
      const [a, b] = await full(group);
      const c = await group.member('c');
      const before = errorIn(await c.join());
      await b.leave();
      await a.join();
      const after = errorIn(await c.join());
      const entered = c.join();
      await group.is('PreparingRebalance');
      return [before, after, generationIn(await a.join()), errorIn(await entered)];
    },
    strict,
  ),
  observation(
    'ids are handed out to more than find room',
    async (scene) => {
      const group = await anchored(scene);
      const members = [await group.member('a'), await group.member('b'), await group.member('c')];
      const ids = [];
      for (const one of members) ids.push(errorIn(await one.join()));
      const entering = [];
      for (const one of members) {
        entering.push(one.join());
        await scene.pause(200);
      }
      const answers = await Promise.all(entering);
      return [ids, answers.map(errorIn), answers.map(generationIn)];
    },
    strict,
  ),
  observation(
    'a full group prepares: a newcomer may take the place of a member that is late',
    async (scene) => {
      const group = await anchored(scene);
      const [a, b] = await full(group);
      const again = b.join({ protocols: [strategy('range', 'b changed')] });
      await group.is('PreparingRebalance');
      const c = await group.member('c');
      const id = errorIn(await c.join());
      const seen = [id];
      const entered = c.join();
      await scene.pause(300);
      const lead = a.join();
      const answers = [];
      for (const one of [entered, lead, again]) {
        const answer = await scene.within(1_000, one);
        answers.push(answer === 'no answer' ? answer : errorIn(answer));
      }
      return [...seen, answers, await a.heartbeat()];
    },
    strict,
  ),
  observation(
    'a static member comes back to a full group',
    async (scene) => {
      const group = await anchored(scene);
      await full(group, ['one', 'two']);
      const back = await group.member('back', 'two');
      return [errorIn(await back.join()), await group.state()];
    },
    strict,
  ),
  observation(
    'the first round waits for members that start together',
    async (scene) => {
      const group = await anchored(scene);
      const [a, b] = [await group.member('a'), await group.member('b')];
      const first = a.enter();
      await group.is('PreparingRebalance');
      await scene.pause(500);
      const second = b.enter();
      return Promise.all([first, second]);
    },
    strict,
  ),
  observation(
    'somebody leaves while the first round waits',
    async (scene) => {
      const group = await anchored(scene);
      const [a, b] = [await group.member('a'), await group.member('b')];
      const first = a.enter();
      await group.is('PreparingRebalance');
      const second = b.enter();
      await scene.pause(300);
      const left = await (await a.again()).leave();
      return [left, await first, await second];
    },
    strict,
  ),
  observation(
    'the only one leaves while the first round waits',
    async (scene) => {
      const group = await anchored(scene);
      const a = await group.member('a');
      const first = a.enter();
      await group.is('PreparingRebalance');
      const left = await (await a.again()).leave();
      const answered = await first;
      await scene.until(async () => (await group.state()) === 'Empty');
      return [left, answered];
    },
    strict,
  ),
  observation(
    'a first round that the rebalance timeout cuts short',
    async (scene) => {
      const group = await Group.in(scene);
      const a = await group.member('a');
      return [await a.join({ ...oneStep, rebalanceTimeoutMs: 1_000 })];
    },
    strict,
  ),
  observation(
    'an offset expires when its time is over, and its group with it',
    async (scene) => {
      const topic = await scene.topic('ledger');
      const group = await Group.in(scene);
      const seen: Plain[] = [await commitFor(scene, group, topic, 700), await group.committed(topic)];
      await scene.until(async () => (await group.state()) === 'Dead');
      return [...seen, await group.committed(topic), await group.describe()];
    },
    strict,
  ),
  observation(
    'one offset expires, and the others keep their group',
    async (scene) => {
      const topic = await scene.topic('ledger', { partitions: 2 });
      const group = await Group.in(scene);
      await commitFor(scene, group, topic, 500, { partition: 0 });
      await commitFor(scene, group, topic, 600_000, { partition: 1 });
      await scene.until(async () => (await group.committed(topic)) === 'NONE: -1 ""');
      return [await fetchAll(scene, group.id, null), await group.state()];
    },
    strict,
  ),
  observation(
    'a later commit without a time of its own keeps the offset',
    async (scene) => {
      const topic = await scene.topic('ledger');
      const group = await Group.in(scene);
      await commitFor(scene, group, topic, 400);
      await (await outsider(group)).commit(topic, 6);
      await scene.pause(1_200);
      return [await group.committed(topic), await group.state()];
    },
    strict,
  ),
  observation(
    'offsets that were to be kept for no time at all',
    async (scene) => {
      const topic = await scene.topic('ledger');
      const group = await Group.in(scene);
      const answer = await commitFor(scene, group, topic, 0);
      await scene.until(async () => (await group.state()) === 'Dead');
      return answer;
    },
    strict,
  ),
  observation(
    'a group at work keeps what it is subscribed to, and lets the rest expire',
    async (scene) => {
      const [wanted, other] = [await scene.topic('wanted'), await scene.topic('other')];
      const group = await Group.in(scene);
      const a = await group.member('a');
      await a.join({ ...oneStep, protocols: [strategy('range', 'a', [wanted])] });
      await a.sync({ a: 'work' });
      await commitFor(scene, group, wanted, 300, { member: a });
      await commitFor(scene, group, other, 300, { member: a });
      await scene.until(async () => count(await fetchAll(scene, group.id, null)) === 1);
      return [await fetchAll(scene, group.id, null), await a.heartbeat(), await group.state()];
    },
    strict,
  ),
  observation(
    'an empty group without offsets is forgotten',
    async (scene) => {
      const group = await Group.in(scene);
      const a = await group.member('a');
      await a.join(oneStep);
      await a.sync({ a: 'work' });
      await a.leave();
      await scene.until(async () => (await group.state()) === 'Dead');
      const again = await group.member('again');
      return [await a.heartbeat(), generationIn(await again.join(oneStep))];
    },
    strict,
  ),
  observation(
    'an empty group with offsets is not forgotten',
    async (scene) => {
      const topic = await scene.topic('ledger');
      const group = await Group.in(scene);
      const a = await group.member('a');
      await a.join(oneStep);
      await a.sync({ a: 'work' });
      await a.commit(topic, 5);
      await a.leave();
      await scene.pause(1_000);
      return [await group.describe(), await group.committed(topic)];
    },
    strict,
  ),
  observation(
    'a group that only stores offsets keeps them for their time',
    async (scene) => {
      const topic = await scene.topic('ledger');
      const group = await Group.in(scene);
      await commitAll(scene, group.id, [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]);
      await scene.pause(600);
      return [await group.state(), await group.committed(topic)];
    },
    strict,
  ),
];
