/** The part of the demo that knows nothing of us: stock kafkajs, as its users have it. */
import { type Consumer, Kafka, logLevel, Partitioners } from 'kafkajs';
import type { Row } from './flights.ts';
import type { Tally } from './tally.ts';

const BATCH_ROWS = 200;
/** The demo kills the broker; kafkajs is told to keep trying for half a minute. */
const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 40 };

export function kafkajsClient(bootstrap: string): Kafka {
  return new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING, retry });
}

/**
 * Writes all rows, and tells after each batch how many are acknowledged. Each partition has one batch on its way at a time: two, of
 * which the first is lost and sent again, would change places.
 */
export async function load(
  kafka: Kafka,
  topic: string,
  partitions: number,
  rows: readonly Row[],
  acknowledged: (rows: number) => void,
): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const lanes = divide(topic, partitions, rows);
  await Promise.all(
    lanes.map(async (lane, partition) => {
      for (let at = 0; at < lane.length; at += BATCH_ROWS) {
        const batch = lane.slice(at, at + BATCH_ROWS);
        const messages = batch.map((row) => ({ partition, key: row.airport, value: JSON.stringify(row) }));
        await producer.send({ topic, acks: -1, messages });
        acknowledged(batch.length);
      }
    }),
  );
  await producer.disconnect();
}

/** Which rows go to which partition: the partitioner of kafkajs decides by the key. */
function divide(topic: string, partitions: number, rows: readonly Row[]): Row[][] {
  const lanes: Row[][] = Array.from({ length: partitions }, () => []);
  const partitionMetadata = lanes.map((_, partitionId) => ({
    ...{ partitionId, leader: 0, partitionErrorCode: 0 },
    ...{ replicas: [0], isr: [0] },
  }));
  const partitioner = Partitioners.DefaultPartitioner();
  for (const row of rows) {
    lanes[partitioner({ topic, partitionMetadata, message: { key: row.airport, value: null } })].push(row);
  }
  return lanes;
}

/** Starts two consumers of one group; resolves when they share the partitions. */
export async function startGroup(kafka: Kafka, groupId: string, topic: string, tally: Tally): Promise<Consumer[]> {
  const consumers = [0, 1].map(() =>
    kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 200, retry }),
  );
  const shares = consumers.map(shareOf);
  for (const consumer of consumers) {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
        for (const { offset, value } of batch.messages) {
          tally.add({ partition: batch.partition, offset: Number(offset), row: JSON.parse(String(value)) });
          resolveOffset(offset);
        }
        await heartbeat();
      },
    });
  }
  await Promise.all(shares);
  return consumers;
}

/** Resolves when the consumer owns some of the partitions and not all: the other one is there, too. */
function shareOf(consumer: Consumer): Promise<void> {
  return new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const owned = Object.values(payload.memberAssignment).flat().length;
      if (owned === 2) resolve();
    });
  });
}

/** The end of each partition of the topic. */
export async function logEnds(kafka: Kafka, topic: string): Promise<number[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends: number[] = [];
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high);
  await admin.disconnect();
  return ends;
}

export async function createTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }], waitForLeaders: true });
  await admin.disconnect();
}
