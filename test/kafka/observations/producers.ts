/** Idempotent producers: how their numbers are checked, and what a batch that comes twice is answered with. */
import { InitProducerId } from '../../../lib/protocol/apis/index.ts';
import { observation } from './observation.ts';
import { byBroker, produce } from './produce.ts';
import { batch, joined, record, type Scene } from './scene.ts';
import type { Plain } from './telling.ts';

/** A fresh broker may need a moment before it has producer ids to give. */
export async function newProducerId(scene: Scene): Promise<number> {
  let id = -1;
  await scene.until(async () => {
    ({ producerId: id } = await scene.ask(InitProducerId, {}));
    return id >= 0;
  });
  return id;
}

/** A batch of one idempotent producer. */
function numbered(id: number, baseSequence: number, { epoch = 0, count = 1, time = 1_000 } = {}): Uint8Array {
  const records = Array.from({ length: count }, () => record('value', { timestamp: time }));
  return batch(records, { producerId: id, producerEpoch: epoch, baseSequence });
}

export const producerObservations = [
  observation('a duplicate is answered with the offset that it has', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    const seen: Plain[] = [];
    for (const sequence of [0, 1, 0, 1, 2, 1]) seen.push(await produce(scene, topic, numbered(id, sequence)));
    return seen;
  }),
  observation('a duplicate from before the last five batches', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    for (let sequence = 0; sequence < 7; sequence++) await produce(scene, topic, numbered(id, sequence));
    const seen: Plain[] = [];
    for (const sequence of [0, 1, 2, 6]) seen.push(await produce(scene, topic, numbered(id, sequence)));
    return seen;
  }),
  observation('a batch that repeats a part of an earlier one', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, numbered(id, 0, { count: 3 })),
      await produce(scene, topic, numbered(id, 1, { count: 2 })),
      await produce(scene, topic, numbered(id, 0, { count: 2 })),
      await produce(scene, topic, numbered(id, 2, { count: 2 })),
    ];
  }),
  observation('sequence numbers that leave a gap', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    const seen: Plain[] = [];
    for (const sequence of [0, 2, 1, 3]) seen.push(await produce(scene, topic, numbered(id, sequence)));
    return seen;
  }),
  observation('a producer that a partition does not know yet', async (scene) => {
    const topic = await scene.topic('ledger', { partitions: 3 });
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, numbered(id, 5)),
      await produce(scene, topic, numbered(id, 0), { index: 1 }),
      await produce(scene, topic, numbered(777_777, 0), { index: 2 }),
      await produce(scene, topic, numbered(id, 3, { epoch: 4 }), { index: 2 }),
    ];
  }),
  observation('epochs of a producer: an old one, a newer one, and where its numbers begin', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, numbered(id, 0, { epoch: 1 })),
      await produce(scene, topic, numbered(id, 1, { epoch: 0 })),
      await produce(scene, topic, numbered(id, 4, { epoch: 2 })),
      await produce(scene, topic, numbered(id, 0, { epoch: 2 })),
      await produce(scene, topic, numbered(id, 1, { epoch: 1 })),
      await produce(scene, topic, numbered(id, 1, { epoch: 2 })),
    ];
  }),
  observation('sequence numbers begin again behind the largest', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, numbered(id, 0x7fffffff)),
      await produce(scene, topic, numbered(id, 0)),
      await produce(scene, topic, numbered(id, 1)),
      await produce(scene, topic, numbered(id, 0x7ffffffe, { count: 3 })),
    ];
  }),
  observation('a producer id without a sequence number, and the other way round', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, numbered(id, -1)),
      await produce(scene, topic, numbered(-1, 0)),
      await produce(scene, topic, numbered(id, 0, { epoch: -1 })),
      await produce(scene, topic, numbered(id, -2)),
    ];
  }),
  observation('two batches of an idempotent producer for one partition', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    return [
      await produce(scene, topic, joined([numbered(id, 0), numbered(id, 1)])),
      await produce(scene, topic, numbered(id, 0)),
    ];
  }),
  observation('a duplicate where the broker sets the time', async (scene) => {
    const topic = await scene.topic('ledger', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const id = await newProducerId(scene);
    const twice = numbered(id, 0);
    const seen: Plain[] = [];
    for (const records of [twice, twice]) seen.push(await produce(scene, topic, records, { telling: byBroker }));
    return seen;
  }),
  observation('a batch of a transaction in a request that names none', async (scene) => {
    const topic = await scene.topic('ledger');
    const id = await newProducerId(scene);
    const settings = { producerId: id, producerEpoch: 0, baseSequence: 0, isTransactional: true };
    return produce(scene, topic, batch([record()], settings));
  }),
];
