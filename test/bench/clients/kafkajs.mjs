/** kafkajs 2.2.4. */
import { createRequire } from 'node:module';
import { sends, takePart } from './contestant.mjs';

/** @type {typeof import('kafkajs')} */
const { Kafka, logLevel, Partitioners } = createRequire(import.meta.url)('kafkajs');

const clientOf = (/** @type {string} */ bootstrap) =>
  new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR });

await takePart({
  async produce(job) {
    const producer = clientOf(job.bootstrap).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (const messages of sends(job)) await producer.send({ topic: job.topic, acks: -1, messages });
    return () => producer.disconnect();
  },

  async consume({ bootstrap, topic, group, records, fetchBytes }) {
    const consumer = clientOf(bootstrap).consumer({ groupId: group, maxBytesPerPartition: fetchBytes });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let read = 0;
    await new Promise((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      const eachBatch = async (/** @type {import('kafkajs').EachBatchPayload} */ { batch }) => {
        read += batch.messages.length;
        if (read >= records) resolve(undefined);
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
    return () => consumer.disconnect();
  },

  async oneByOne({ bootstrap, topic, group, records, recordBytes }, arrived) {
    const kafka = clientOf(bootstrap);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    const consumer = kafka.consumer({ groupId: group });
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic, fromBeginning: true });
    let came = () => {};
    await consumer.run({ autoCommit: false, eachMessage: async () => came() });
    const messages = [{ partition: 0, value: Buffer.alloc(recordBytes, 'kafkaito ') }];
    for (let sent = 0; sent < records; sent++) {
      const coming = new Promise((resolve) => {
        came = () => resolve(undefined);
      });
      const began = performance.now();
      producer.send({ topic, acks: -1, messages });
      await coming;
      arrived(performance.now() - began);
    }
    return () => Promise.all([consumer.disconnect(), producer.disconnect()]);
  },
});
