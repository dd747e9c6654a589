/**
 * librdkafka, as confluent-kafka for Python, Go and .NET has it: records come one by one, and with each the position and the "stored" offset move on before
 * the program has seen it. A timer in the background commits what is stored, whether or not the program is still at work on it. So by default a crash in
 * the middle of a record can lose it. With `enableAutoOffsetStore: false` the offset is stored when the work is done, and the loss is gone.
 *
 * Source: librdkafka INTRODUCTION.md, "At-least-once processing", and CONFIGURATION.md.
 */
import { CommitFailedError, KafkaError, RebalanceInProgressError, range, roundRobin } from '../../../lib/index.ts';
import { AUTO_COMMIT_INTERVAL_MS, type ClientModel, type ModelSettings, Places, TURN_MS } from './model.ts';

/** How long it keeps the consumer for itself while it waits for a record: the timer has its turn in between. */
const WAIT_MS = 50;

/** The model, with or without `enable.auto.offset.store`. */
export function librdkafkaWith({ enableAutoOffsetStore }: { readonly enableAutoOffsetStore: boolean }): ClientModel {
  return {
    name: enableAutoOffsetStore ? 'librdkafka' : 'librdkafka, storing offsets itself',
    async open(kafka, { topics, autoCommit = true, autoCommitIntervalMs, ...settings }: ModelSettings) {
      const consumer = kafka.consumer({
        ...settings,
        enableAutoCommit: false,
        maxPollRecords: 1,
        isolationLevel: 'read_committed',
        partitionAssignmentStrategy: [range, roundRobin],
      });
      const stored = new Places();
      let isOpen = true;
      const alone = oneAfterTheOther();
      const commitStored = async () => {
        if (isOpen && stored.all.length > 0) await consumer.commitSync(stored.all);
      };
      const inBackground = async () => {
        while (isOpen) {
          await kafka.world.sleep(autoCommitIntervalMs ?? AUTO_COMMIT_INTERVAL_MS);
          await alone(commitStored).catch(passOver);
        }
      };
      await consumer.subscribe(topics, {
        async onPartitionsRevoked(partitions) {
          if (autoCommit) await commitStored().catch(passOver);
          stored.forget(partitions);
        },
        onPartitionsLost: (partitions) => stored.forget(partitions),
      });
      if (autoCommit) void inBackground();
      return {
        consumer,
        async turn(handle) {
          for (let waitedMs = 0; waitedMs < TURN_MS; waitedMs += WAIT_MS) {
            const [record] = await alone(() => consumer.poll(WAIT_MS));
            if (record === undefined) continue;
            if (enableAutoOffsetStore) stored.passed(record);
            await handle(record);
            if (!enableAutoOffsetStore) stored.passed(record);
            return;
          }
        },
        commit: () => alone(commitStored),
        async close() {
          // The last commit is that of the partitions that are given up.
          await alone(async () => {
            await consumer.close();
            isOpen = false;
          });
        },
      };
    },
  };
}

export const librdkafka = librdkafkaWith({ enableAutoOffsetStore: true });

/** The handle of librdkafka may be used from everywhere at once; our consumer wants one call after the other. */
function oneAfterTheOther(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const mine = last.then(call);
    last = mine.catch(() => {});
    return mine;
  };
}

/** A commit of the background that the group refuses is written to a log by librdkafka, and that is all. */
function passOver(error: unknown): void {
  const isRefused =
    error instanceof CommitFailedError || error instanceof RebalanceInProgressError || error instanceof KafkaError;
  if (!isRefused) throw error;
}
