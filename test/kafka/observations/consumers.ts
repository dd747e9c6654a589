/**
 * Groups as a program sees them: our own consumer runs the same few lines against both brokers, and what it is told must be the same. Callbacks with
 * their order, the generation, positions, and the errors that come out of a call.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cooperativeSticky, range } from '../../../lib/assignors/index.ts';
import type { Assignor, ConsumerSettings } from '../../../lib/index.ts';
import { connect } from '../../../lib/node/index.ts';
import { LeaveGroup } from '../../../lib/protocol/apis/index.ts';
import { observation } from './observation.ts';
import { failing, heardOfChanges, Reader, settings, settle, withKafka } from './reader.ts';
import type { Scene } from './scene.ts';
import type { Plain } from './telling.ts';

/** A strategy under a name of its own that does what it is told. */
function strategyOf(assign: Assignor['assign']): Assignor {
  return { name: 'own', assign };
}

async function positionsAfter(scene: Scene, given: ConsumerSettings, committed?: number): Promise<Plain> {
  return withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
    for (let count = 0; count < 3; count++) await scene.append(topic);
    const partition = { topic, partition: 0 };
    const admin = kafka.consumer({ ...settings, groupId });
    if (committed !== undefined) {
      await admin.assign([partition]);
      await admin.commitSync([{ ...partition, offset: committed }]);
    }
    await admin.close();
    const consumer = kafka.consumer({ ...settings, groupId, defaultApiTimeoutMs: 5_000, ...given });
    await consumer.assign([partition]);
    const polled = await failing(consumer.poll(1_000));
    const position = await consumer.position(partition).catch((error: Error) => error.name);
    await consumer.close();
    return [polled, position];
  });
}

export const consumerObservations = [
  observation('our consumer: positions after each reset policy', async (scene) => {
    const seen: Plain[] = [];
    const topic = await scene.topic('ledger');
    for (let count = 0; count < 3; count++) await scene.append(topic);
    await scene.internalTopic();
    const { host, port } = scene.address;
    const kafka = await connect(`${host}:${port}`);
    for (const autoOffsetReset of ['earliest', 'latest', 'none', 'by_duration:PT1H', 'by_duration:P36500D'] as const) {
      const consumer = kafka.consumer({
        ...settings,
        groupId: scene.name(autoOffsetReset.slice(0, 5)),
        autoOffsetReset,
      });
      const partition = { topic, partition: 0 };
      await consumer.assign([partition]);
      const position = await consumer.position(partition).catch((error: Error) => error.name);
      seen.push([autoOffsetReset, position]);
      await consumer.close();
    }
    await kafka.close();
    return seen;
  }),
  observation('our consumer: it goes on where the group was', (scene) => positionsAfter(scene, {}, 2)),
  observation('our consumer: a committed offset behind the end, and earliest', (scene) =>
    positionsAfter(scene, { autoOffsetReset: 'earliest' }, 99),
  ),
  observation('our consumer: a committed offset behind the end, and latest', (scene) =>
    positionsAfter(scene, { autoOffsetReset: 'latest', maxPollRecords: 1 }, 99),
  ),
  observation('our consumer: a committed offset behind the end, and none', (scene) =>
    positionsAfter(scene, { autoOffsetReset: 'none' }, 99),
  ),
  observation('our consumer: callbacks of an eager group that grows and shrinks', (scene) =>
    withKafka(scene, 4, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId, clientId: 'a', partitionAssignmentStrategy: [range] });
      const b = await Reader.subscribed(kafka, topic, { groupId, clientId: 'b', partitionAssignmentStrategy: [range] });
      await settle([a], 4);
      const seen: Plain[] = [a.generation];
      await settle([a, b], 2, 2);
      seen.push(a.generation, b.generation);
      await b.consumer.close();
      await settle([a], 4);
      seen.push(a.generation);
      await a.consumer.close();
      return [...seen, a.heard, b.heard];
    }),
  ),
  observation('our consumer: callbacks of a cooperative group that grows and shrinks', (scene) =>
    withKafka(scene, 4, async ({ kafka, topic, groupId }) => {
      const given = { groupId, partitionAssignmentStrategy: [cooperativeSticky] };
      const a = await Reader.subscribed(kafka, topic, { ...given, clientId: 'a' });
      const b = await Reader.subscribed(kafka, topic, { ...given, clientId: 'b' });
      await settle([a], 4);
      await settle([a, b], 2, 2);
      await a.consumer.close();
      await settle([b], 4);
      await b.consumer.close();
      return [heardOfChanges(a), heardOfChanges(b)];
    }),
  ),
  observation('our consumer: who it is before, in and after its group', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId });
      const who = () => {
        const { generationId, memberId, groupInstanceId } = a.consumer.groupMetadata();
        return [generationId, memberId === '' ? 'nobody' : 'a member', groupInstanceId];
      };
      const seen: Plain[] = [who()];
      await settle([a], 2);
      seen.push(who());
      a.rejoin();
      await settle([a], 2);
      seen.push(who());
      await a.consumer.unsubscribe();
      seen.push(who());
      await a.consumer.close();
      return [...seen, a.heard];
    }),
  ),
  observation('our consumer: a static member that is replaced', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const anna = { groupId, groupInstanceId: 'anna' };
      const first = await Reader.subscribed(kafka, topic, anna);
      await settle([first], 2);
      const second = await Reader.subscribed(kafka, topic, anna);
      await settle([second], 2);
      await first.pollUntilHeard(first.heard.length + 1);
      for (let count = 0; count < 4; count++) await first.poll();
      const generations = second.generation;
      await first.consumer.close();
      await second.consumer.close();
      return [first.heard, second.heard, generations];
    }),
  ),
  observation('our consumer: a commit after it was sent away', (scene) =>
    withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId, groupInstanceId: 'anna', heartbeatIntervalMs: 5_000 });
      await settle([a], 1);
      const { memberId, generationId } = a.consumer.groupMetadata();
      a.beyond = generationId;
      await removeStatic(scene, groupId, 'anna');
      const commit = await failing(a.consumer.commitSync([{ topic, partition: 0, offset: 0 }]));
      await settle([a], 1);
      const again = a.consumer.groupMetadata();
      await a.consumer.close();
      return [commit, a.heard, again.generationId, again.memberId === memberId];
    }),
  ),
  observation('our consumer: 5,000 characters of metadata with an offset', (scene) =>
    withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId });
      await settle([a], 1);
      const commit = a.consumer.commitSync([{ topic, partition: 0, offset: 1, metadata: 'x'.repeat(5_000) }]);
      const seen = [await failing(commit), await failing(a.consumer.commitSync([{ topic, partition: 0, offset: 2 }]))];
      const committed = await a.consumer.committed({ topic, partition: 0 });
      await a.consumer.close();
      return [...seen, committed === null ? null : committed.offset, a.heard];
    }),
  ),
  observation('our consumer: a commit of a partition that does not exist', (scene) =>
    withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId, defaultApiTimeoutMs: 1_500 });
      await settle([a], 1);
      const seen = [
        await failing(a.consumer.commitSync([{ topic, partition: 7, offset: 1 }])),
        await failing(a.consumer.commitSync([{ topic, partition: 0, offset: 2 }])),
      ];
      await a.consumer.close();
      return [...seen, a.heard];
    }),
  ),
  observation('our consumer: a session timeout that is too short', (scene) =>
    withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId, sessionTimeoutMs: 500 });
      await a.pollUntilHeard();
      await a.consumer.close();
      return a.heard;
    }),
  ),
  observation('our consumer: no strategy in common with the group', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId, partitionAssignmentStrategy: [range] });
      await settle([a], 2);
      const b = await Reader.subscribed(kafka, topic, {
        groupId,
        partitionAssignmentStrategy: [strategyOf(() => new Map())],
      });
      await b.pollUntilHeard();
      await settle([a], 2);
      const generation = a.generation;
      await b.consumer.close();
      await a.consumer.close();
      return [a.heard, b.heard, generation];
    }),
  ),
  observation('our consumer: a listener that throws, in each callback', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const a = await Reader.subscribed(kafka, topic, { groupId });
      a.anger = new Error('at the assignment');
      await settle([a], 2);
      a.anger = new Error('at the revocation');
      a.rejoin();
      await settle([a], 2);
      const generation = a.generation;
      a.anger = new Error('at close');
      const close = await failing(a.consumer.close());
      return [a.heard, generation, close];
    }),
  ),
  observation('our consumer: a strategy that throws once', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      let isBroken = true;
      const moody = strategyOf((members, counts) => {
        if (isBroken) throw new RangeError('not today');
        return range.assign(members, counts);
      });
      const a = await Reader.subscribed(kafka, topic, { groupId, partitionAssignmentStrategy: [moody] });
      await a.pollUntilHeard();
      isBroken = false;
      await settle([a], 2);
      await a.consumer.close();
      return a.heard;
    }),
  ),
  observation('our consumer: a strategy that forgets a partition', (scene) =>
    withKafka(scene, 3, async ({ kafka, topic, groupId }) => {
      const forgetful = strategyOf(
        (members, counts) =>
          new Map(
            [...range.assign(members, counts)].map(([id, all]) => [id, all.filter(({ partition }) => partition > 0)]),
          ),
      );
      const a = await Reader.subscribed(kafka, topic, { groupId, partitionAssignmentStrategy: [forgetful] });
      await settle([a], 2);
      await a.consumer.close();
      return a.heard;
    }),
  ),
  observation('our consumer: a strategy that gives a partition to two', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const generous = strategyOf(
        (members) => new Map(members.map(({ memberId }) => [memberId, [{ topic, partition: 0 }]])),
      );
      const given = { groupId, partitionAssignmentStrategy: [generous] };
      const [a, b] = [await Reader.subscribed(kafka, topic, given), await Reader.subscribed(kafka, topic, given)];
      await settle([a], 1);
      const second = b.poll();
      await settle([a, b], 1, 1);
      await second;
      const commits = [];
      for (const one of [a, b])
        commits.push(await failing(one.consumer.commitSync([{ topic, partition: 0, offset: 1 }])));
      for (const one of [a, b]) await one.consumer.close();
      return [commits, a.heard.length > 0, b.heard.length > 0];
    }),
  ),
  observation('our consumer: a strategy that names somebody who is not there, and not itself', (scene) =>
    withKafka(scene, 2, async ({ kafka, topic, groupId }) => {
      const absent = strategyOf(() => new Map([['made-up', [{ topic, partition: 0 }]]]));
      const a = await Reader.subscribed(kafka, topic, { groupId, partitionAssignmentStrategy: [absent] });
      await a.pollUntilHeard();
      const seen = [a.size, a.generation];
      await a.consumer.close();
      return [...seen, a.heard];
    }),
  ),
  observation('our consumer: a topic goes and comes back', (scene) =>
    withKafka(scene, 1, async ({ kafka, topic, groupId }) => {
      const partition = { topic, partition: 0 };
      const consumer = kafka.consumer({ ...settings, groupId });
      await consumer.assign([partition]);
      await consumer.commitSync([{ ...partition, offset: 5 }]);
      await kafka.admin().deleteTopics([topic]);
      await scene.settled();
      await sleep(500);
      await scene.topic('ledger');
      const committed = await consumer.committed(partition);
      await consumer.close();
      return committed === null ? 'nothing' : committed.offset;
    }),
  ),
];

async function removeStatic(scene: Scene, groupId: string, groupInstanceId: string): Promise<void> {
  const members = [{ memberId: '', groupInstanceId }];
  const answer = await scene.ask(LeaveGroup, { groupId, members });
  if (answer.members[0].errorCode !== 0) throw new Error(`${groupInstanceId} was not there`);
}
