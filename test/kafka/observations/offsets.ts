/** ListOffsets, DeleteRecords and OffsetForLeaderEpoch: where a log begins and ends, and which offset belongs to a time. */
import { DeleteRecords, ListOffsets, OffsetForLeaderEpoch } from '../../../lib/protocol/apis/index.ts';
import { observation } from './observation.ts';
import { batch, record, type Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

interface Given {
  readonly index?: number;
  readonly currentLeaderEpoch?: number;
  readonly isolationLevel?: number;
  readonly version?: number;
}

/** Which offset is found for a time. */
async function list(scene: Scene, name: string, timestamp: number, given: Given = {}): Promise<Plain> {
  const { index = 0, currentLeaderEpoch, isolationLevel, version } = given;
  const partitions = [{ partitionIndex: index, timestamp, currentLeaderEpoch }];
  const answer = await scene.askOrClose(ListOffsets, { isolationLevel, topics: [{ name, partitions }] }, version);
  if (answer === 'closed') return answer;
  const [one] = answer.topics[0].partitions;
  return `${nameOf(one.errorCode)}: offset ${one.offset}, time ${one.timestamp}, epoch ${one.leaderEpoch}`;
}

async function deleteBefore(scene: Scene, name: string, offset: number, index = 0): Promise<Plain> {
  const topics = [{ name, partitions: [{ partitionIndex: index, offset }] }];
  const [one] = (await scene.ask(DeleteRecords, { topics, timeoutMs: 5_000 })).topics[0].partitions;
  return `${nameOf(one.errorCode)}: ${one.lowWatermark}`;
}

/** Batches of these times, one record each or several. */
async function ledgerOf(scene: Scene, ...times: (number | readonly number[])[]): Promise<string> {
  const topic = await scene.topic('ledger');
  const batches = times.map((time) => batch([time].flat().map((timestamp) => record('value', { timestamp }))));
  await scene.append(topic, { batches });
  return topic;
}

async function listAll(scene: Scene, name: string, timestamps: readonly number[]): Promise<Plain> {
  const seen: Plain[] = [];
  for (const timestamp of timestamps) seen.push(`${timestamp}: ${await list(scene, name, timestamp)}`);
  return seen;
}

export const offsetObservations = [
  observation('offsets of an empty log', async (scene) =>
    listAll(scene, await scene.topic('ledger'), [-1, -2, -3, 0, 1_000]),
  ),
  observation('offsets of times before, between, at and behind those of the records', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000, [3_000, 4_000, 5_000], 6_000);
    return listAll(scene, topic, [-1, -2, -3, 0, 999, 1_000, 1_001, 2_500, 3_500, 4_000, 5_500, 6_000, 6_001]);
  }),
  observation('offsets of times that do not come in order', async (scene) => {
    const topic = await ledgerOf(scene, 5_000, 1_000, [4_000, 9_000, 2_000], 3_000);
    return listAll(scene, topic, [-3, 0, 1_000, 4_500, 5_001, 8_000, 9_001]);
  }),
  observation('of several records with the largest time the first one is named', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, [7_000, 7_000], 7_000);
    return listAll(scene, topic, [-3, 7_000]);
  }),
  observation('offsets of records without a time', async (scene) => {
    const topic = await ledgerOf(scene, -1, [-1, 500], -1);
    return listAll(scene, topic, [-1, -2, -3, 0, 400]);
  }),
  observation('offsets in packed batches', async (scene) => {
    const topic = await scene.topic('ledger');
    const times = [1_000, 2_000, 3_000].map((timestamp) => record('value', { timestamp }));
    await scene.append(topic, { batches: [batch(times, { codec: 'gzip' }), batch(times, { codec: 'lz4' })] });
    return listAll(scene, topic, [-3, 1_500, 2_000, 2_500, 3_500]);
  }),
  observation('the special times from -4 down', async (scene) => {
    const topic = await ledgerOf(scene, 1_000);
    return listAll(scene, topic, [-4, -5, -6, -7]);
  }),
  observation('offsets asked for in each version', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000);
    const seen: Plain[] = [];
    for (let version = 1; version <= 7; version++) {
      seen.push(await list(scene, topic, -1, { version }), await list(scene, topic, 1_500, { version }));
    }
    return seen;
  }),
  observation('the largest time is asked for in a version before it could be', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000);
    return [await list(scene, topic, -3, { version: 6 }), await list(scene, topic, -3, { version: 1 })];
  }),
  observation('offsets of partitions and topics that are not there', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await list(scene, topic, -1, { index: 1 }),
      await list(scene, topic, -1, { index: -1 }),
      await list(scene, scene.name('missing'), -1),
      await list(scene, '', -1),
    ];
  }),
  observation('offsets and the epoch of the leader', async (scene) => {
    const topic = await ledgerOf(scene, 1_000);
    const seen: Plain[] = [];
    for (const currentLeaderEpoch of [-1, 0, 1, -5]) {
      seen.push(
        await list(scene, topic, -1, { currentLeaderEpoch }),
        await list(scene, topic, 0, { currentLeaderEpoch }),
      );
    }
    return seen;
  }),
  observation('offsets as read committed sees them', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000);
    const seen: Plain[] = [];
    for (const timestamp of [-1, -2, -3, 1_500]) seen.push(await list(scene, topic, timestamp, { isolationLevel: 1 }));
    return seen;
  }),
  observation('offsets of one partition asked for twice', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000);
    const partitions = [-1, -2].map((timestamp) => ({ partitionIndex: 0, timestamp }));
    const { topics } = await scene.ask(ListOffsets, { topics: [{ name: topic, partitions }] });
    return tell(topics[0].partitions);
  }),
  observation('offsets after the beginning of the log was deleted', async (scene) => {
    const topic = await ledgerOf(scene, 5_000, 1_000, [2_000, 3_000, 4_000]);
    return [await deleteBefore(scene, topic, 3), await listAll(scene, topic, [-1, -2, 0, 2_000, 2_500, 4_000])];
  }),
  observation('the largest time when its record has been deleted', async (scene) => {
    const topic = await ledgerOf(scene, 5_000, 1_000, 2_000);
    return [await deleteBefore(scene, topic, 1), await list(scene, topic, -3)];
  }),
  observation('the largest time when all records have been deleted', async (scene) => {
    const topic = await ledgerOf(scene, 1_000, 2_000);
    return [await deleteBefore(scene, topic, -1), await list(scene, topic, -3), await list(scene, topic, 0)];
  }),
  observation('offsets of times that the broker has set', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    await scene.append(topic, { batches: [batch([record('a'), record('b')])] });
    const partitions = [0, -3].map((timestamp) => ({ partitionIndex: 0, timestamp }));
    const seen: Plain[] = [];
    for (const one of partitions) {
      const { topics } = await scene.ask(ListOffsets, { topics: [{ name: topic, partitions: [one] }] });
      seen.push(tell(topics[0].partitions, { present: ['timestamp'] }));
    }
    return seen;
  }),

  observation('records that are deleted, and those that cannot be', async (scene) => {
    const topic = await scene.topic('ledger', { records: 3 });
    await scene.internalTopic();
    return [
      await deleteBefore(scene, topic, 2),
      await deleteBefore(scene, topic, 1),
      await deleteBefore(scene, topic, 4),
      await deleteBefore(scene, topic, -2),
      await deleteBefore(scene, topic, 0, 7),
      await deleteBefore(scene, scene.name('missing'), 0),
      await deleteBefore(scene, '__consumer_offsets', 0),
      await deleteBefore(scene, topic, -1),
      await deleteBefore(scene, topic, -1),
    ];
  }),
  observation('records of a topic that is compacted cannot be deleted', async (scene) => {
    const compacted = await scene.topic('compacted', { configs: { 'cleanup.policy': 'compact' }, records: 2 });
    const both = await scene.topic('both', { configs: { 'cleanup.policy': 'compact,delete' }, records: 2 });
    return [await deleteBefore(scene, compacted, 1), await deleteBefore(scene, both, 1)];
  }),
  observation('records of an empty log are deleted', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await deleteBefore(scene, topic, 0),
      await deleteBefore(scene, topic, -1),
      await deleteBefore(scene, topic, 1),
    ];
  }),
  observation('what comes after a deletion gets the next offset', async (scene) => {
    const topic = await scene.topic('ledger', { records: 2 });
    const seen = [await deleteBefore(scene, topic, -1)];
    await scene.append(topic);
    return [...seen, await listAll(scene, topic, [-1, -2])];
  }),

  observation('the ends of leader epochs', async (scene) => {
    const topic = await scene.topic('ledger', { records: 3 });
    const seen: Plain[] = [];
    for (const [currentLeaderEpoch, leaderEpoch, partition] of [
      [-1, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
      [-1, 1, 0],
      [-1, -1, 0],
      [-1, 0, 7],
      [-2, 0, 0],
    ]) {
      const topics = [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }];
      const response = await scene.ask(OffsetForLeaderEpoch, { replicaId: -1, topics });
      seen.push(tell(response.topics[0].partitions));
    }
    return seen;
  }),
  observation('the end of an epoch in an empty log and in a topic that is not there', async (scene) => {
    const empty = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (const topic of [empty, scene.name('missing')]) {
      for (let version = 2; version <= 4; version++) {
        const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }];
        const response = await scene.ask(OffsetForLeaderEpoch, { replicaId: -1, topics }, version);
        seen.push(tell(response.topics[0].partitions));
      }
    }
    return seen;
  }),
];
