/** Our own clients, from dist/. */
import { sends, takePart } from './contestant.mjs';

/** @type {typeof import('../../../lib/node/index.ts')} */
const { connect } = await import(new URL('../../../dist/node/index.js', import.meta.url).href);

/**
 * What the others do: they hand out views of the broker's answer, where our deserializer `bytes` would copy them, and do not look at checksums.
 */
const view = (/** @type {Uint8Array} */ content) => content;
const asTheOthers = { keyDeserializer: view, valueDeserializer: view, checkCrcs: false };

await takePart({
  async produce(job) {
    const kafka = await connect(job.bootstrap);
    // All of one send fits one batch for each partition, as it does with the others.
    const producer = kafka.producer({ batchSizeBytes: 2 << 20, enableIdempotence: false });
    const { topic } = job;
    for (const records of sends(job)) await producer.send(records.map((record) => ({ topic, ...record })));
    return () => kafka.close();
  },

  async consume({ bootstrap, topic, group, records, fetchBytes }) {
    const kafka = await connect(bootstrap);
    const consumer = kafka.consumer({
      groupId: group,
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      maxPartitionFetchBytes: fetchBytes,
      ...asTheOthers,
    });
    await consumer.subscribe([topic]);
    for (let read = 0; read < records; ) read += (await consumer.poll('5 s')).length;
    return () => kafka.close();
  },

  async oneByOne({ bootstrap, topic, records, recordBytes }, arrived) {
    const kafka = await connect(bootstrap);
    const producer = kafka.producer();
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest', ...asTheOthers });
    await consumer.assign([{ topic, partition: 0 }]);
    const value = Buffer.alloc(recordBytes, 'kafkaito ');
    for (let sent = 0; sent < records; sent++) {
      const coming = consumer.poll('5 s');
      const began = performance.now();
      void producer.send({ topic, partition: 0, value });
      if ((await coming).length !== 1) throw new Error('the record has not come');
      arrived(performance.now() - began);
    }
    return () => kafka.close();
  },
});
