/** Clients that are slow, idle by the thousand, or send what is far larger than it looks; and the others, who go on meanwhile. */
import { constants, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { crc32c } from '../../lib/bytes/crc32c.ts';
import type { Kafka } from '../../lib/index.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { Fetch, ListOffsets, Metadata, Produce } from '../../lib/protocol/apis/index.ts';
import { fresh } from '../tools/fresh.ts';
import { settledMemory } from '../tools/settledMemory.ts';
import { correlationIdOf, RawClient, request } from './rawClient.ts';

const MEGABYTE = 1 << 20;
let served: ServedKafka;
let neighbour: Kafka;
const clients: RawClient[] = [];

beforeAll(async () => {
  served = await serve({ port: 0, topics: { ledger: 1, news: 1 } });
  await served.admin().createTopics([{ name: 'table', partitions: 1, configs: { 'cleanup.policy': 'compact' } }]);
  neighbour = await connect(served.bootstrap);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(async () => {
  await neighbour.close();
  await served.close();
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(served.bootstrap);
  clients.push(client);
  return client;
}

/** The others go on: a record there and back. */
async function isServed(): Promise<void> {
  const { offset } = await neighbour.producer().send({ topic: 'news', value: 'x' });
  expect(await neighbour.admin().listOffsets([{ topic: 'news', partition: 0, at: 'latest' }])).toMatchObject([
    { offset: offset + 1 },
  ]);
}

/** A batch around bytes that gzip has made, with a checksum that is right. */
function batchAround(packed: Uint8Array, recordCount: number): Uint8Array {
  const batch = new Uint8Array(61 + packed.length);
  const view = new DataView(batch.buffer);
  view.setInt32(8, batch.length - 12);
  view.setInt8(16, 2);
  view.setInt16(21, 1);
  view.setInt32(23, recordCount - 1);
  view.setBigInt64(27, 1_000n);
  view.setBigInt64(35, 1_000n);
  view.setBigInt64(43, -1n);
  view.setInt16(51, -1);
  view.setInt32(53, -1);
  view.setInt32(57, recordCount);
  batch.set(packed, 61);
  view.setUint32(17, crc32c(batch.subarray(21)));
  return batch;
}

const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));

async function produce(client: RawClient, topic: string, records: Uint8Array): Promise<number> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(Produce, { acks: -1, timeoutMs: 10_000, topicData });
  return responses[0].partitionResponses[0].errorCode;
}

const memory = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

test('a batch that unpacks to more than a batch may be is refused where it has to be opened', async () => {
  const client = await open();
  const bomb = batchAround(packed(new Uint8Array(200 * MEGABYTE)), 1);
  expect(bomb.length).toBeLessThan(MEGABYTE);
  expect(await produce(client, 'table', bomb)).not.toBe(0);
  await isServed();
});

test('millions of records in a few kilobytes take no memory for each of them', async () => {
  const record = Uint8Array.of(12, 0, 0, 0, 1, 1, 0);
  const count = 2_000_000;
  const bomb = batchAround(
    packed(new Uint8Array(count * record.length).map((_, at) => record[at % record.length])),
    count,
  );
  expect(bomb.length).toBeLessThan(100_000);
  const client = await open();
  const before = memory();
  expect(await produce(client, 'table', bomb)).not.toBe(0);
  expect(memory() - before).toBeLessThan(100 * MEGABYTE);
  expect(await produce(client, 'ledger', bomb)).toBe(0);
  const partitions = [{ partitionIndex: 0, timestamp: 2_000 }];
  const { topics } = await client.ask(ListOffsets, { replicaId: -1, topics: [{ name: 'ledger', partitions }] });
  expect(topics[0].partitions[0].errorCode).toBe(0);
  expect(memory() - before).toBeLessThan(100 * MEGABYTE);
  await isServed();
});

test('a consumer of ours that meets a bomb says so and goes on with what lies behind it', async () => {
  const client = await open();
  const bomb = batchAround(packed(new Uint8Array(200 * MEGABYTE)), 1);
  const topic = fresh('mined');
  await served.admin().createTopics({ [topic]: 1 });
  expect(await produce(client, topic, bomb)).toBe(0);
  await neighbour.producer().send({ topic, value: 'behind it' });
  const consumer = neighbour.consumer({});
  await consumer.assign([{ topic, partition: 0 }]);
  await consumer.seek({ topic, partition: 0, offset: 0 });
  await expect(consumer.poll('5 s')).rejects.toThrow(/the limit is|larger than|limit/);
  await consumer.seek({ topic, partition: 0, offset: 1 });
  expect(await consumer.poll('5 s')).toMatchObject([{ value: 'behind it' }]);
  await consumer.close();
});

test('a client that says one byte at a time is answered, and holds up nobody', async () => {
  const slow = await open();
  const bytes = request(Metadata, { topics: [{ name: 'ledger' }] }, 12, 5);
  for (const byte of bytes) {
    slow.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await isServed();
  expect(correlationIdOf(await slow.frame())).toBe(5);
});

test('a thousand clients that say nothing, and a hundred in the middle of a word, cost the others nothing', async () => {
  const idle = await Promise.all(Array.from({ length: 1_000 }, open));
  for (const client of idle.slice(0, 100)) client.write(Uint8Array.of(0, 0, 1));
  for (let round = 0; round < 50; round++) await isServed();
  const [first] = idle.slice(500);
  expect((await first.ask(Metadata, { topics: [] })).brokers).toHaveLength(1);
});

test('clients that wait for more than there is hold nothing of what there is', async () => {
  const admin = neighbour.admin();
  const topic = fresh('waited');
  await admin.createTopics({ [topic]: 1 });
  for (let index = 0; index < 4; index++) {
    await neighbour.producer().send({ topic, value: new Uint8Array(900_000) });
  }
  const { topicId } = (await admin.describeTopics([topic]))[0];
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 4 * MEGABYTE }];
  const patient = { maxWaitMs: 60_000, minBytes: 0x7fffffff, topics: [{ topicId, partitions }] };
  const before = await settledMemory();
  for (let index = 0; index < 40; index++) (await open()).write(request(Fetch, patient));
  await isServed();
  await isServed();
  expect((await settledMemory()) - before).toBeLessThan(20 * MEGABYTE);
});
