/** Topics and partitions, as text and in groups. */
import type { TopicPartition } from '../assignors/index.ts';

export type { TopicPartition } from '../assignors/index.ts';

/** `ledger-0`, as Kafka writes it. No two partitions share a name. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Throws a `TypeError` for what is no name of a topic at all. In a request it would spoil the answer for all others. */
export function mustBeTopicName(topic: unknown): void {
  if (typeof topic === 'string' && topic !== '') return;
  throw new TypeError(`${JSON.stringify(topic)} is no name of a topic: give a string that is not empty`);
}

/** The entries of each topic, in the order in which they came. */
export function byTopic<T extends { readonly topic: string }>(entries: Iterable<T>): [topic: string, entries: T[]][] {
  const topics = new Map<string, T[]>();
  for (const entry of entries) {
    const same = topics.get(entry.topic);
    if (same === undefined) topics.set(entry.topic, [entry]);
    else same.push(entry);
  }
  return [...topics];
}

/** By topic, then by number: the order in which Java hands partitions to callbacks. */
export function inOrder<T extends TopicPartition>(partitions: Iterable<T>): T[] {
  return [...partitions].sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
