/** What the README promises somebody with vitest and kafkajs, in a project that has nothing else. */

import { serve } from 'kafkaito/node';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';

test('kafkajs writes to a cluster in the test, and our client reads it', async () => {
  const kafka = await serve({ port: 0, topics: { ledger: 2 } });
  const brokers = kafka.cluster.bootstrap.map(({ host, port }) => `${host}:${port}`);
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: 'ledger', messages: [{ key: 'Ada', value: '+100' }] });
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: 'bank', autoOffsetReset: 'earliest' });
  await consumer.subscribe(['ledger']);
  const records = await consumer.poll('10 s');
  expect(records.map(({ key, value }) => `${key} ${value}`)).toEqual(['Ada +100']);
  await kafka.close();
});
