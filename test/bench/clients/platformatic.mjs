/** @platformatic/kafka 1.35. The command line names its module: it is not among this project's own packages. */
import { sends, takePart } from './contestant.mjs';

const { Consumer, Producer } = await import(process.argv[2]);

const common = (/** @type {string} */ bootstrap) => ({ clientId: 'bench', bootstrapBrokers: [bootstrap] });

await takePart({
  async produce(job) {
    const producer = new Producer({ ...common(job.bootstrap), acks: -1, idempotent: false });
    const { topic } = job;
    for (const records of sends(job)) {
      await producer.send({ messages: records.map((record) => ({ topic, ...record })) });
    }
    return () => producer.close();
  },

  async consume({ bootstrap, topic, group, records, fetchBytes }) {
    const consumer = new Consumer({ ...common(bootstrap), groupId: group, autocommit: false });
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'earliest',
      maxBytesPerPartition: fetchBytes,
      maxWaitTime: 500,
    });
    let read = 0;
    await new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('data', () => {
        read++;
        if (read === records) resolve(undefined);
      });
    });
    return () => consumer.close(true);
  },
});
