/**
 * Java's consumer, which is what ours is: the position moves when a batch is handed over, commits happen inside `poll` and in `close`, and what the work
 * throws is the program's own affair. The `poll` of kafka-python has the same policy.
 *
 * Source: Apache Kafka `ClassicKafkaConsumer.poll`, `ConsumerCoordinator.maybeAutoCommitOffsetsAsync` and `close`.
 */
import { AUTO_COMMIT_INTERVAL_MS, type ClientModel, TURN_MS } from './model.ts';

export const java: ClientModel = {
  name: 'java',
  async open(kafka, { topics, autoCommit = true, autoCommitIntervalMs = AUTO_COMMIT_INTERVAL_MS, ...settings }) {
    const consumer = kafka.consumer({ ...settings, enableAutoCommit: autoCommit, autoCommitIntervalMs });
    await consumer.subscribe(topics);
    return {
      consumer,
      async turn(handle) {
        for (const record of await consumer.poll(TURN_MS)) await handle(record);
      },
      commit: () => consumer.commitSync(),
      close: () => consumer.close(),
    };
  },
};
