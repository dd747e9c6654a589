/**
 * kafkajs with `eachMessage`: the client has the loop, and the program only the work on one record. An offset is "resolved" when that work has succeeded; fetching
 * and commits go by resolved offsets. A failure commits what is resolved and comes again from the failed record on, after a pause; when five further
 * attempts have failed too, the consumer is closed and begins anew at the committed offset. So nothing is lost, and nothing gets past a record that never succeeds.
 *
 * Source: kafkajs 2.2.4 `consumer/runner.js`, `consumer/offsetManager`, `retry/defaults.js`.
 */
import { type Consumer, type ConsumerRecord, kafkajsRoundRobin } from '../../../lib/index.ts';
import { type ClientModel, Places, TURN_MS } from './model.ts';

const FIRST_PAUSE_MS = 300;
const RETRIES = 5;

export const kafkajs: ClientModel = {
  name: 'kafkajs',
  async open(kafka, { topics, autoCommit = true, autoCommitIntervalMs, ...settings }) {
    const resolved = new Places();
    let consumer: Consumer;
    let failures = 0;
    let lastCommitAt = 0;

    const start = async () => {
      const strategy = { partitionAssignmentStrategy: [kafkajsRoundRobin], isolationLevel: 'read_committed' } as const;
      consumer = kafka.consumer({ ...settings, ...strategy, enableAutoCommit: false, sessionTimeoutMs: 30_000 });
      const forget = (partitions: Parameters<Places['forget']>[0]) => resolved.forget(partitions);
      await consumer.subscribe(topics, { onPartitionsRevoked: forget });
    };
    const commit = async () => {
      lastCommitAt = kafka.world.now();
      if (resolved.all.length > 0) await consumer.commitSync(resolved.all);
    };
    const isDue = () => autoCommitIntervalMs !== undefined && kafka.world.now() - lastCommitAt >= autoCommitIntervalMs;
    /** Reads on where nothing has been resolved yet, a pause later. */
    const comeAgain = async (unresolved: readonly ConsumerRecord[]) => {
      await kafka.world.sleep(FIRST_PAUSE_MS * 2 ** failures);
      if (failures++ < RETRIES) {
        for (const record of [...unresolved].reverse()) await consumer.seek(record);
        return;
      }
      failures = 0;
      await consumer.close();
      await start();
    };

    await start();
    lastCommitAt = kafka.world.now();
    return {
      get consumer() {
        return consumer;
      },
      async turn(handle) {
        const records = await consumer.poll(TURN_MS);
        for (const [index, record] of records.entries()) {
          try {
            await handle(record);
          } catch {
            if (autoCommit) await commit();
            return comeAgain(records.slice(index));
          }
          resolved.passed(record);
          if (autoCommit && isDue()) await commit();
        }
        if (records.length === 0) return;
        failures = 0;
        if (autoCommit) await commit();
      },
      commit,
      close: () => consumer.close(),
    };
  },
};
