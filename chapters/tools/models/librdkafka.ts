/**
 * librdkafka, as confluent-kafka for Python, Go and .NET has it: records come one by one, and with each the position and the "stored" offset move on before
 * the program has seen it. A timer in the background commits what is stored, whether or not the program is still at work on it. So by default a crash in
 * the middle of a record can lose it. With `enableAutoOffsetStore: false` the offset is stored when the work is done, and the loss is gone.
 *
 * Its heartbeats have always come from a thread of its own. Since 1.0 (2019) it also watches whether the program still asks for records (`max.poll.interval.ms`); before that
 * nobody did.
 *
 * Source: librdkafka INTRODUCTION.md, "At-least-once processing", CONFIGURATION.md, and the release notes of 1.0.0.
 */
import { CommitFailedError, KafkaError, RebalanceInProgressError, range, roundRobin } from '../../../lib/index.ts';
import { AUTO_COMMIT_INTERVAL_MS, type ClientModel, type ModelSettings, Places, TURN_MS } from './model.ts';

/** How long it keeps the consumer for itself while it waits for a record: the timer has its turn in between. */
const WAIT_MS = 50;

/**
 * In place of no limit, in ms: more than three weeks. The coordinator is told of it too, and would wait as long for a member in a new round, which is nothing
 * that librdkafka has ever asked of it: the model is good for groups that do not meet while it is stuck.
 */
const NO_LIMIT_MS = 2 ** 31 - 1;

interface Ways {
  /** The name under which the model goes. */
  readonly name?: string;
  /** `enable.auto.offset.store`. Default true. */
  readonly enableAutoOffsetStore?: boolean;
  /** Whether it leaves its group when it is not asked for records for five minutes. Default true. */
  readonly watchesPolls?: boolean;
}

/** The model, with or without `enable.auto.offset.store`, and with or without the watch over the program. */
export function librdkafkaWith({
  enableAutoOffsetStore = true,
  name = enableAutoOffsetStore ? 'librdkafka' : 'librdkafka, storing offsets itself',
  watchesPolls = true,
}: Ways): ClientModel {
  return {
    name,
    async open(kafka, { topics, autoCommit = true, autoCommitIntervalMs, ...settings }: ModelSettings) {
      const consumer = kafka.consumer({
        ...settings,
        enableAutoCommit: false,
        maxPollRecords: 1,
        isolationLevel: 'read_committed',
        partitionAssignmentStrategy: [range, roundRobin],
        ...(watchesPolls ? {} : { maxPollIntervalMs: NO_LIMIT_MS }),
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

export const librdkafka = librdkafkaWith({});

/** As it was before 1.0: whoever hangs stays in the group, since the heartbeats go on. */
export const librdkafka011 = librdkafkaWith({ name: 'librdkafka 0.11', watchesPolls: false });

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
