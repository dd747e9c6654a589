/** Fetch: how much comes, when, what is refused, and what a session remembers. */
import {
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  Fetch,
  Metadata,
  Produce,
} from '../../../lib/protocol/apis/index.ts';
import { NO_UUID, type RequestInput, type ResponseOf } from '../../../lib/protocol/schema.ts';
import { observation } from './observation.ts';
import { batch, changed, joined, record, type Scene } from './scene.ts';
import { type Plain, tell } from './telling.ts';

type Request = RequestInput<typeof Fetch>;
type Wanted = Request['topics'][number]['partitions'][number];

const BY_NAME = 12;
const BY_ID = 13;
const LARGE = 1 << 20;
const at = (fetchOffset: number, given: Partial<Wanted> = {}): Wanted => ({
  partition: 0,
  fetchOffset,
  partitionMaxBytes: LARGE,
  ...given,
});

const answerAtOnce = { maxWaitMs: 0, minBytes: 1, maxBytes: LARGE };

/** Asks for partitions of one topic by name, outside of any session. */
async function fetch(
  scene: Scene,
  topic: string,
  partitions: readonly Wanted[],
  given: Partial<Request> = {},
  { connection }: Pick<Scene, 'connection'> = scene,
) {
  const request = { ...answerAtOnce, topics: [{ topic, partitions }], ...given };
  return told(await connection.send(Fetch, request, { version: BY_NAME }));
}

/** What is told of all answers. Kafka leaves the fields of followers at their defaults, as we do. */
const without = ['topic', 'divergingEpoch', 'snapshotId', 'preferredReadReplica', 'sessionId'];

function told(response: ResponseOf<typeof Fetch>): Plain {
  const { errorCode, responses } = response;
  return tell({ errorCode, partitions: responses.flatMap(({ partitions }) => partitions) }, { without });
}

/** A topic whose partition 0 has batches of two, one and three records. */
async function ledgerOfSix(scene: Scene): Promise<string> {
  const topic = await scene.topic('ledger', { partitions: 2 });
  const batches = [batch([record('a'), record('b')]), batch(), batch([record('c'), record('d'), record('e')])];
  await scene.append(topic, { batches });
  return topic;
}

async function idOf(scene: Scene, name: string): Promise<string> {
  return (await scene.ask(Metadata, { topics: [{ name }] })).topics[0].topicId;
}

/** Whether an answer came before the time that it might take was up. A busy machine may use up much of it. */
async function waited(maxWaitMs: number, look: (maxWaitMs: number) => Promise<Plain>): Promise<Plain> {
  const start = Date.now();
  const seen = await look(maxWaitMs);
  return [Date.now() - start < (maxWaitMs * 2) / 3 ? 'early' : 'when time was up', seen];
}

export const fetchObservations = [
  observation('from the start, from the middle of a batch, and from the end', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (const offset of [0, 1, 2, 5, 6]) seen.push(await fetch(scene, topic, [at(offset)]));
    return seen;
  }),
  observation('an offset behind the end and one before the start', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (const offset of [7, 1_000, -1, -2]) seen.push(await fetch(scene, topic, [at(offset)]));
    return seen;
  }),
  observation('an offset before the start of a log that has given up its beginning', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const partitions = [{ partitionIndex: 0, offset: 3 }];
    await scene.ask(DeleteRecords, { topics: [{ name: topic, partitions }], timeoutMs: 5_000 });
    return [await fetch(scene, topic, [at(0)]), await fetch(scene, topic, [at(2)]), await fetch(scene, topic, [at(3)])];
  }),
  observation('a start of the log within a batch', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const partitions = [{ partitionIndex: 0, offset: 4 }];
    await scene.ask(DeleteRecords, { topics: [{ name: topic, partitions }], timeoutMs: 5_000 });
    return [await fetch(scene, topic, [at(3)]), await fetch(scene, topic, [at(4)])];
  }),
  observation('an empty partition, and one that is not there', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const partitions = [at(0, { partition: 1 }), at(0, { partition: 2 }), at(0, { partition: -1 })];
    return [await fetch(scene, topic, partitions), await fetch(scene, scene.name('missing'), [at(0)])];
  }),
  observation('limits of the answer: zero, a byte, one batch, one batch and a part of the next', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    const size = batch([record('a'), record('b')]).length;
    for (const maxBytes of [0, 1, size, size + 10, size + batch().length, LARGE]) {
      seen.push([maxBytes, await fetch(scene, topic, [at(0)], { maxBytes })]);
    }
    return seen;
  }),
  observation('limits of a partition: zero, a byte, one batch, one batch and a part of the next', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    const size = batch([record('a'), record('b')]).length;
    for (const partitionMaxBytes of [0, 1, size, size + 10, size + batch().length]) {
      seen.push([partitionMaxBytes, await fetch(scene, topic, [at(0, { partitionMaxBytes })])]);
    }
    return seen;
  }),
  observation('negative limits', async (scene) => {
    const topic = await ledgerOfSix(scene);
    return [
      await fetch(scene, topic, [at(0)], { maxBytes: -1 }),
      await fetch(scene, topic, [at(0, { partitionMaxBytes: -1 })]),
      await fetch(scene, topic, [at(0)], { minBytes: -1 }),
      await fetch(scene, topic, [at(0)], { maxWaitMs: -1 }),
    ];
  }),
  observation('the limits hold from the second partition on', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 3 });
    for (const index of [0, 1, 2]) await scene.append(topic, { index, batches: [batch(), batch()] });
    const all = [0, 1, 2].map((partition) => at(0, { partition }));
    const size = batch().length;
    return [
      await fetch(scene, topic, all, { maxBytes: 1 }),
      await fetch(scene, topic, all, { maxBytes: 2 * size }),
      await fetch(scene, topic, all, { maxBytes: 3 * size }),
      await fetch(
        scene,
        topic,
        all.map((one) => ({ ...one, partitionMaxBytes: 1 })),
      ),
    ];
  }),
  observation('partitions are answered in the order in which they are asked for', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 4 });
    const asked = [3, 0, 2, 1].map((partition) => at(0, { partition }));
    return fetch(scene, topic, asked);
  }),
  observation('the same partition twice', async (scene) => {
    const topic = await ledgerOfSix(scene);
    return fetch(scene, topic, [at(0), at(2)]);
  }),
  observation('waits until there is enough, or until time is up', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const missing = scene.name('missing');
    const questions: readonly [topic: string, partitions: readonly Wanted[], minBytes: number][] = [
      [topic, [at(0)], 1 << 16],
      [topic, [at(6)], 1],
      [topic, [at(6)], 0],
      [topic, [at(9)], 1 << 16],
      [topic, [at(6), at(0, { partition: 7 })], 1 << 16],
      [missing, [at(0)], 1 << 16],
      [topic, [], 1 << 16],
    ];
    return Promise.all(
      questions.map(async ([name, partitions, minBytes]) => {
        const connection = await scene.connect();
        return waited(3_000, (maxWaitMs) => fetch(scene, name, partitions, { minBytes, maxWaitMs }, { connection }));
      }),
    );
  }),
  observation('a record that comes ends the wait', async (scene) => {
    const topic = await scene.topic('ledger');
    const producer = await scene.connect();
    return waited(10_000, async (maxWaitMs) => {
      const fetched = fetch(scene, topic, [at(0)], { minBytes: 1, maxWaitMs });
      await scene.pause(100);
      const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch() }] }];
      await producer.send(Produce, { acks: -1, timeoutMs: 5_000, topicData });
      return fetched;
    });
  }),
  observation('the first bytes do not end the wait when more are wanted', async (scene) => {
    const topic = await scene.topic('ledger');
    const producer = await scene.connect();
    return waited(10_000, async (maxWaitMs) => {
      const fetched = fetch(scene, topic, [at(0)], { minBytes: 2 * batch().length, maxWaitMs });
      for (let count = 0; count < 2; count++) {
        await scene.pause(100);
        const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch() }] }];
        await producer.send(Produce, { acks: -1, timeoutMs: 5_000, topicData });
      }
      return fetched;
    });
  }),
  observation('read committed reads all where there are no transactions', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (const isolationLevel of [0, 1]) seen.push(await fetch(scene, topic, [at(0)], { isolationLevel }));
    return seen;
  }),
  observation('an isolation level that does not exist', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const topics = [{ topic, partitions: [at(0)] }];
    const answer = await scene.askOrClose(Fetch, { ...answerAtOnce, isolationLevel: 2, topics }, BY_NAME);
    return answer === 'closed' ? answer : told(answer);
  }),
  observation('epochs of the leader that the client knows: current, older, newer', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (const currentLeaderEpoch of [-1, 0, 1, 99, -2]) {
      seen.push(await fetch(scene, topic, [at(0, { currentLeaderEpoch })]));
    }
    return seen;
  }),
  observation('the epoch of the last record that was fetched', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (const lastFetchedEpoch of [0, 1]) seen.push(await fetch(scene, topic, [at(2, { lastFetchedEpoch })]));
    return seen;
  }),
  observation('each version from 4 to 12', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const seen: Plain[] = [];
    for (let version = 4; version <= BY_NAME; version++) {
      const topics = [{ topic, partitions: [at(2), at(9, { partition: 1 })] }];
      seen.push(told(await scene.ask(Fetch, { ...answerAtOnce, topics }, version)));
    }
    return seen;
  }),
  observation('by id: a topic, one that nobody has, and the id of nothing', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const byId = async (topicId: string) => {
      const topics = [{ topicId, partitions: [at(0), at(0, { partition: 5 })] }];
      const response = await scene.ask(Fetch, { ...answerAtOnce, topics }, BY_ID);
      return tell(response.responses, { without, present: ['topicId'] });
    };
    const stranger = 'b2JzZXJ2YXRpb25zb2Zvbg';
    return [await byId(await idOf(scene, topic)), await byId(stranger), await byId(NO_UUID)];
  }),
  observation('a batch packed with zstd, in the versions before and after it came', async (scene) => {
    const topic = await scene.topic('ledger');
    // A frame that says itself that it holds these bytes unpacked.
    const plain = batch([record('zstd')]);
    const content = plain.subarray(61);
    const frame = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, (content.length << 3) | 1, 0, 0]);
    const packed = changed(joined([plain.subarray(0, 61), frame, content]), (view) => {
      view.setInt32(8, plain.length + frame.length - 12);
      view.setInt16(21, 4);
    });
    await scene.append(topic, { batches: [packed] });
    const seen: Plain[] = [];
    for (const version of [9, 10, 12]) {
      const topics = [{ topic, partitions: [at(0)] }];
      seen.push(told(await scene.ask(Fetch, { ...answerAtOnce, topics }, version)));
    }
    return seen;
  }),
  observation('batches keep the codec that they came with', async (scene) => {
    const topic = await scene.topic('ledger');
    for (const codec of ['gzip', 'snappy', 'lz4', 'none'] as const) {
      await scene.append(topic, { batches: [batch([record('a'), record('b')], { codec })] });
    }
    return fetch(scene, topic, [at(0)]);
  }),
  observation('who set the time of a batch', async (scene) => {
    const byBroker = await scene.topic('broker', {
      configs: { 'message.timestamp.type': 'LogAppendTime' },
      records: 1,
    });
    const byProducer = await scene.topic('producer', { records: 1 });
    return [await fetch(scene, byBroker, [at(0)]), await fetch(scene, byProducer, [at(0)])];
  }),
  observation('across segments an answer ends where its segment ends', async (scene) => {
    const large = record('x'.repeat(400_000));
    const topic = await scene.topic('ledger', { configs: { 'segment.bytes': '1048576' } });
    for (let count = 0; count < 5; count++) await scene.append(topic, { batches: [batch([large])] });
    const wide = { partitionMaxBytes: 10 << 20 };
    const seen: Plain[] = [];
    for (const offset of [0, 2, 3]) seen.push(await fetch(scene, topic, [at(offset, wide)], { maxBytes: 10 << 20 }));
    return seen;
  }),
  observation('a topic that is deleted while it is waited for', async (scene) => {
    const topic = await scene.topic('ledger');
    const admin = await scene.connect();
    const fetched = fetch(scene, topic, [at(0)], { minBytes: 1, maxWaitMs: 3_000 });
    await scene.pause(100);
    await admin.send(DeleteTopics, { topics: [{ name: topic }], timeoutMs: 5_000 });
    return fetched;
  }),
  observation('a topic that was deleted and made again has a new id and no records', async (scene) => {
    const topic = await ledgerOfSix(scene);
    const before = await idOf(scene, topic);
    await scene.ask(DeleteTopics, { topics: [{ name: topic }], timeoutMs: 5_000 });
    const again = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await scene.until(async () => (await scene.ask(CreateTopics, { topics: [again] })).topics[0].errorCode === 0);
    await scene.until(async () => {
      const topics = [{ topicId: await idOf(scene, topic), partitions: [at(0)] }];
      const { responses } = await scene.ask(Fetch, { ...answerAtOnce, topics }, BY_ID);
      return topics[0].topicId !== before && responses[0]?.partitions[0].errorCode === 0;
    });
    const topics = [{ topicId: before, partitions: [at(0)] }];
    const byOldId = await scene.ask(Fetch, { ...answerAtOnce, topics }, BY_ID);
    return [
      before === (await idOf(scene, topic)),
      await fetch(scene, topic, [at(0)]),
      tell(byOldId.responses, { without, present: ['topicId'] }),
    ];
  }),
];
