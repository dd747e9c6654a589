/** The harness itself: a stock client finds a working Apache Kafka of the version that the repository names. */
import { createServer } from 'node:net';
import kafkajs from 'kafkajs';
import { expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { startApacheKafka } from './apache.ts';
import { kafkaVersion } from './jars.mjs';

const { bootstrap, version } = inject('apacheKafka');
const kafka = new kafkajs.Kafka({ clientId: 'harness', brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING });

test('the broker is of the version that the truth was taken from', () => {
  expect(version).toBe(kafkaVersion);
});

test('a record produced by kafkajs is read back by a group of kafkajs', async () => {
  const topic = fresh('letters');
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();

  const producer = kafka.producer();
  await producer.connect();
  const [written] = await producer.send({ topic, messages: [{ key: 'ada', value: 'dear reader' }] });
  await producer.disconnect();
  expect(written).toMatchObject({ partition: 0, errorCode: 0, baseOffset: '0' });

  const consumer = kafka.consumer({ groupId: topic, sessionTimeout: 6000, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const read = await new Promise((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => resolve([message.offset, String(message.key), String(message.value)]),
    });
  });
  await consumer.disconnect();
  expect(read).toEqual(['0', 'ada', 'dear reader']);
});

test('a taken port is refused before anything starts', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  await expect(startApacheKafka({ port })).rejects.toThrow(`port ${port} is taken`);
  other.close();
});
