/** Topics that a cluster begins with: how many partitions they have, and what is in them. */
import type { ControlledCluster } from '../broker/controls/cluster.ts';
import type { Kafka } from '../client/kafka.ts';
import type { ProducerRecord } from '../client/producer/record.ts';

/** A topic with records. Their partitions are chosen as a producer chooses them, where they do not say one. */
export interface TopicSeed {
  /** Default 1. */
  readonly partitions?: number;
  /** Put into the topic when it is empty. */
  readonly records?: readonly Omit<ProducerRecord, 'topic'>[];
}

/** Topics by name, each with its number of partitions, or with more about it. */
export type TopicSeeds = { readonly [topic: string]: number | TopicSeed };

/** The numbers of partitions alone, for the broker. */
export function partitionsOf(topics: TopicSeeds = {}): { readonly [topic: string]: number } {
  return Object.fromEntries(
    Object.entries(topics).map(([name, seed]) => [name, typeof seed === 'number' ? seed : (seed.partitions ?? 1)]),
  );
}

/** Puts the records in. The requests that this takes are not counted. */
export async function sow(kafka: Kafka, cluster: ControlledCluster, topics: TopicSeeds = {}): Promise<void> {
  for (const [topic, seed] of Object.entries(topics)) {
    const records = typeof seed === 'number' ? [] : (seed.records ?? []);
    if (records.length === 0 || (await cluster.records(topic)).length > 0) continue;
    const producer = kafka.producer({ clientId: 'seed' });
    await producer.send(records.map((record) => ({ ...record, topic })));
    await producer.close();
    cluster.requests.clear();
  }
}
