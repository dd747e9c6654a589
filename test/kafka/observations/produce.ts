/** Produce: what is taken, what is refused, and what the answer says. */

import { ListOffsets, Produce } from '../../../lib/protocol/apis/index.ts';
import type { RequestInput } from '../../../lib/protocol/schema.ts';
import { ATTRIBUTES_AT, CRC_AT } from '../../../lib/records/header.ts';
import { observation } from './observation.ts';
import { batch, changed, joined, record, type Scene } from './scene.ts';
import { type Plain, type Telling, tell } from './telling.ts';

type Request = RequestInput<typeof Produce>;

interface Given extends Partial<Omit<Request, 'topicData'>> {
  readonly index?: number;
  readonly version?: number;
  readonly telling?: Telling;
}

/** Hands over what may be a batch, and tells the answer for its partition. */
export async function produce(
  scene: Scene,
  name: string,
  records: Uint8Array | null,
  given: Given = {},
): Promise<Plain> {
  const { index = 0, version, telling = { without }, ...fields } = given;
  const topicData = [{ name, partitionData: [{ index, records }] }];
  const answer = await scene.askOrClose(Produce, { acks: -1, timeoutMs: 5_000, topicData, ...fields }, version);
  if (answer === 'closed') return answer;
  return tell(answer.responses[0].partitionResponses[0], telling);
}

const without = ['index', 'currentLeader'];

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

/** Where the broker says what time it was. */
export const byBroker = { without, present: ['logAppendTimeMs'] };

const MINUTE = 60_000;

export const produceObservations = [
  observation('a batch gets the next offset and the answer says where the log starts', async (scene) => {
    const topic = await scene.topic('ledger', { records: 2 });
    return [await produce(scene, topic, batch([record('a'), record('b')])), await produce(scene, topic, batch())];
  }),
  observation('a batch for a partition or a topic that is not there', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await produce(scene, topic, batch(), { index: 1 }),
      await produce(scene, topic, batch(), { index: -1 }),
      await produce(scene, scene.name('missing'), batch()),
      await produce(scene, 'a b', batch()),
      await produce(scene, '', batch()),
    ];
  }),
  observation('each partition of one request gets its own answer', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 2 });
    const spoiled = batch();
    spoiled[spoiled.length - 1] ^= 1;
    const partitionData = [1, 7, 0].map((index) => ({ index, records: index === 0 ? spoiled : batch() }));
    const topicData = [
      { name: topic, partitionData },
      { name: scene.name('missing'), partitionData },
    ];
    const { responses } = await scene.ask(Produce, { acks: -1, timeoutMs: 5_000, topicData });
    return [...responses].sort(byName).map(({ name, partitionResponses }) => {
      const inOrder = [...partitionResponses].sort((a, b) => a.index - b.index);
      return [name, tell(inOrder, { without: ['currentLeader'] })];
    });
  }),
  observation('the answer in each version', async (scene) => {
    const topic = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (let version = 3; version <= 11; version++) seen.push(await produce(scene, topic, batch(), { version }));
    for (const version of [3, 7, 8, 11]) seen.push(await produce(scene, 'a b', batch(), { version }));
    return seen;
  }),
  observation('acks of 0, 1 and -1, and of numbers that mean nothing', async (scene) => {
    const topic = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (const acks of [1, -1, 2, -2, 127]) seen.push(await produce(scene, topic, batch(), { acks }));
    const connection = await scene.connect();
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch() }] }];
    await connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 5_000, topicData });
    await connection.send(Produce, { acks: 1, timeoutMs: 5_000, topicData });
    return [...seen, await produce(scene, topic, batch())];
  }),
  observation('a refused batch that came with acks 0 ends the connection', async (scene) => {
    const connection = await scene.connect();
    const topicData = [{ name: scene.name('missing'), partitionData: [{ index: 0, records: batch() }] }];
    await connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 5_000, topicData });
    await connection.closed;
    return connection.isOpen;
  }),
  observation('a batch whose checksum does not match', async (scene) => {
    const topic = await scene.topic('ledger');
    const spoiled = batch();
    spoiled[spoiled.length - 1] ^= 1;
    const wrongSum = batch();
    wrongSum[CRC_AT] ^= 1;
    return [await produce(scene, topic, spoiled), await produce(scene, topic, wrongSum)];
  }),
  observation('a batch of the formats 0, 1 and 3', async (scene) => {
    const topic = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (const magic of [0, 1, 3, -1]) {
      seen.push(
        await produce(
          scene,
          topic,
          changed(batch(), (view) => view.setInt8(16, magic)),
        ),
      );
    }
    return seen;
  }),
  observation('null in the place of a batch', async (scene) => {
    const topic = await scene.topic('ledger');
    const silence = scene.pause(1_000).then(() => 'no answer within a second');
    return Promise.race([produce(scene, topic, null), silence]);
  }),
  observation('no batch at all: nothing, and half a header', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await produce(scene, topic, new Uint8Array(0)),
      await produce(scene, topic, batch().subarray(0, 30)),
      await produce(scene, topic, batch().subarray(0, 8)),
    ];
  }),
  observation('a batch that is cut, and one with bytes behind it', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await produce(scene, topic, batch().subarray(0, 65)),
      await produce(scene, topic, joined([batch(), new Uint8Array(5)])),
      await produce(scene, topic, batch()),
    ];
  }),
  observation('two batches for one partition', async (scene) => {
    const topic = await scene.topic('ledger');
    const seen = [await produce(scene, topic, joined([batch(), batch()]))];
    return [...seen, await produce(scene, topic, batch())];
  }),
  observation('a batch whose counts do not fit each other', async (scene) => {
    const topic = await scene.topic('ledger');
    const two = batch([record('a'), record('b')]);
    return [
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(23, 0)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(23, 5)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(23, -1)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(57, 3)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(57, 1)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(57, 0)),
      ),
      await produce(
        scene,
        topic,
        changed(two, (view) => view.setInt32(57, -1)),
      ),
      await produce(scene, topic, batch()),
    ];
  }),
  observation('a batch that calls itself a marker, or of a codec that does not exist', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await produce(scene, topic, batch([record()], { isControl: true })),
      await produce(
        scene,
        topic,
        changed(batch(), (view) => view.setInt16(ATTRIBUTES_AT, 5)),
      ),
      await produce(
        scene,
        topic,
        changed(batch(), (view) => view.setInt16(ATTRIBUTES_AT, 7)),
      ),
    ];
  }),
  observation('a batch with zstd in the versions before and after it came', async (scene) => {
    const topic = await scene.topic('ledger');
    const packed = changed(batch(), (view) => view.setInt16(ATTRIBUTES_AT, 4));
    return [await produce(scene, topic, packed, { version: 6 })];
  }),
  observation('the base offset and the leader epoch that a client writes are overwritten', async (scene) => {
    const topic = await scene.topic('ledger');
    return [
      await produce(scene, topic, batch([record()], { baseOffset: 99, leaderEpoch: 12 })),
      await produce(scene, topic, batch()),
    ];
  }),
  observation('a batch larger than max message bytes, to the byte', async (scene) => {
    const size = batch().length;
    const fits = await scene.topic('fits', { configs: { 'max.message.bytes': String(size) } });
    const tight = await scene.topic('tight', { configs: { 'max.message.bytes': String(size - 1) } });
    return [await produce(scene, fits, batch()), await produce(scene, tight, batch())];
  }),
  observation('a batch larger than a segment', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'segment.bytes': '1048576' } });
    const large = 'x'.repeat(1_048_588 - 100);
    return [
      await produce(scene, topic, batch([record(large)])),
      await produce(scene, topic, batch([record('x'.repeat(1_048_576 - 100))])),
    ];
  }),
  observation('times that lie before and after what a topic takes', async (scene) => {
    const configs = { 'message.timestamp.after.max.ms': String(MINUTE) };
    const topic = await scene.topic('ledger', { configs });
    const now = Date.now();
    const seen: Plain[] = [];
    for (const timestamp of [now + 10 * MINUTE, now + MINUTE / 2, 0, -1]) {
      seen.push(await produce(scene, topic, batch([record('a', { timestamp })])));
    }
    seen.push(await produce(scene, topic, batch([record('a'), record('b', { timestamp: now + 10 * MINUTE })])));
    return seen;
  }),
  observation('a time an hour and more ahead, in a topic of the usual settings', async (scene) => {
    const topic = await scene.topic('ledger');
    const at = (timestamp: number) => produce(scene, topic, batch([record('a', { timestamp })]));
    return [await at(Date.now() + 61 * MINUTE), await at(Date.now() + 59 * MINUTE)];
  }),
  observation('times older than message timestamp before max ms', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'message.timestamp.before.max.ms': String(MINUTE) } });
    const at = (timestamp: number) => produce(scene, topic, batch([record('a', { timestamp })]));
    return [await at(Date.now() - 10 * MINUTE), await at(Date.now())];
  }),
  observation('where the broker sets the time the answer says it', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const stamped = changed(batch(), (view) => view.setInt16(ATTRIBUTES_AT, 8));
    const seen: Plain[] = [];
    for (const records of [batch(), batch([record('a', { timestamp: Date.now() + 600 * MINUTE })]), stamped]) {
      seen.push(await produce(scene, topic, records, { telling: byBroker }));
    }
    return seen;
  }),
  observation('a batch that claims a time of the broker where the producer sets it', async (scene) => {
    const topic = await scene.topic('ledger');
    return produce(
      scene,
      topic,
      changed(batch(), (view) => view.setInt16(ATTRIBUTES_AT, 8)),
    );
  }),
  observation('records without a key in a compacted topic', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'cleanup.policy': 'compact' } });
    const keyless = record('a', { key: null });
    return [
      await produce(scene, topic, batch([record(), keyless, record(), keyless])),
      await produce(scene, topic, batch([keyless], { codec: 'gzip' })),
      await produce(scene, topic, batch([record(null)])),
    ];
  }),
  observation('a minimum of in-sync replicas that one broker cannot have', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'min.insync.replicas': '2' } });
    return [
      await produce(scene, topic, batch()),
      await produce(scene, topic, batch(), { acks: 1 }),
      await produce(scene, topic, batch(), { acks: 1 }),
    ];
  }),
  observation('a request of a transaction with a batch that is none of it', async (scene) => {
    const topic = await scene.topic('ledger');
    return produce(scene, topic, batch(), { transactionalId: scene.name('transaction') });
  }),
  observation('records that are fewer or more than their batch says', async (scene) => {
    const topic = await scene.topic('ledger');
    const two = batch([record('a'), record('b')]);
    const claims = (count: number) =>
      changed(two, (view) => {
        view.setInt32(23, count - 1);
        view.setInt32(57, count);
      });
    return [await produce(scene, topic, claims(1)), await produce(scene, topic, claims(3))];
  }),
  observation('the latest time that a batch claims is not that of its records', async (scene) => {
    const topic = await scene.topic('ledger');
    const claimed = changed(batch(), (view) => view.setBigInt64(35, 2_000n));
    await produce(scene, topic, claimed);
    const partitions = [{ partitionIndex: 0, timestamp: -3 }];
    const { topics } = await scene.ask(ListOffsets, { topics: [{ name: topic, partitions }] });
    return tell(topics[0].partitions);
  }),
  observation('a batch for an internal topic', async (scene) => {
    await scene.internalTopic();
    return produce(scene, '__consumer_offsets', batch());
  }),
];
