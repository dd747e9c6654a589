/**
 * kafka-python's `for message in consumer`: a batch is fetched at a time, but the position moves record by record, and it moves just before the program gets the
 * record. So whoever catches a failure and goes on skips one record, and a commit without arguments includes the one that is being worked on. Automatic
 * commits are looked at when the next batch is fetched, and at the end.
 *
 * Source: kafka-python `KafkaConsumer._message_generator_v2`, `ConsumerCoordinator._maybe_auto_commit_offsets_async`.
 */
import { type ConsumerRecord, range, roundRobin } from '../../../lib/index.ts';
import { AUTO_COMMIT_INTERVAL_MS, type ClientModel, Places, TURN_MS } from './model.ts';

export const kafkaPythonIterator: ClientModel = {
  name: 'kafka-python iterator',
  async open(kafka, { topics, autoCommit = true, autoCommitIntervalMs = AUTO_COMMIT_INTERVAL_MS, ...settings }) {
    const partitionAssignmentStrategy = [range, roundRobin];
    const consumer = kafka.consumer({ ...settings, enableAutoCommit: false, partitionAssignmentStrategy });
    const positions = new Places();
    const batch: ConsumerRecord[] = [];
    let commitAt = kafka.world.now() + autoCommitIntervalMs;
    const commitPositions = async () => {
      if (positions.all.length > 0) await consumer.commitSync(positions.all);
    };
    const commitIfDue = async () => {
      if (!autoCommit || kafka.world.now() < commitAt) return;
      commitAt = kafka.world.now() + autoCommitIntervalMs;
      await commitPositions();
    };
    await consumer.subscribe(topics, {
      async onPartitionsRevoked(partitions) {
        if (autoCommit) await commitPositions();
        positions.forget(partitions);
      },
      onPartitionsLost: (partitions) => positions.forget(partitions),
    });
    return {
      consumer,
      async turn(handle) {
        if (batch.length === 0) {
          await commitIfDue();
          batch.push(...(await consumer.poll(TURN_MS)));
        }
        const record = batch.shift();
        if (record === undefined) return;
        positions.passed(record);
        await handle(record);
      },
      commit: commitPositions,
      // The last commit is that of the partitions that are given up.
      close: () => consumer.close(),
    };
  },
};
