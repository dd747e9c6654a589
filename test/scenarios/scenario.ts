/**
 * A scenario is a small program over a Kafka, with what must come of it. It does not know which Kafka: the same file runs in virtual time, on
 * our broker over TCP, and on Apache Kafka. So a scenario uses fresh topics and groups, and states only what all three promise.
 */
import type { Consumer, ConsumerRecord, Kafka } from '../../lib/index.ts';

export interface Stage {
  readonly kafka: Kafka;
  /** Makes a topic with a name of its own and answers that name. */
  topic(partitions?: number): Promise<string>;
  /** A group id of its own. */
  group(): string;
}

export interface Scenario {
  readonly name: string;
  /** Not for virtual time, where something it needs cannot be had; a test of its own says what happens there instead. */
  readonly realTimeOnly: boolean;
  run(stage: Stage): Promise<void>;
}

export function scenario(name: string, run: (stage: Stage) => Promise<void>, { realTimeOnly = false } = {}): Scenario {
  return { name, realTimeOnly, run };
}

/** A stage on `kafka`; `prefix` keeps apart scenarios that share one broker. */
export function stageOn(kafka: Kafka, prefix: string): Stage {
  let made = 0;
  return {
    kafka,
    async topic(partitions = 1) {
      const name = `${prefix}-topic-${++made}`;
      await kafka.admin().createTopics({ [name]: partitions });
      return name;
    },
    group: () => `${prefix}-group-${++made}`,
  };
}

/** Polls until `count` records have come. Fails after `within` ms of the world's time, saying how many came. */
export async function read(
  kafka: Kafka,
  consumer: Consumer,
  count: number,
  within = 30_000,
): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  const deadline = kafka.world.now() + within;
  while (records.length < count) {
    if (kafka.world.now() > deadline) throw new Error(`${records.length} of ${count} records came within ${within} ms`);
    records.push(...(await consumer.poll('200 ms')));
  }
  return records;
}

export const valuesOf = (records: readonly ConsumerRecord[]) => records.map((record) => record.value);

/** Sends `values` to one partition, one after the other. */
export async function send(kafka: Kafka, topic: string, values: readonly string[], partition = 0): Promise<void> {
  const producer = kafka.producer();
  await producer.send(values.map((value) => ({ topic, partition, value })));
  await producer.close();
}

/** The error that `run` ends with; a scenario that expects one must not go on without it. */
export async function failure(run: Promise<unknown>): Promise<Error> {
  try {
    await run;
  } catch (error) {
    return error as Error;
  }
  throw new Error('this should have failed');
}
