/** The answers of chapter 08. */
import type { Replay } from 'course/08';

/** Found by trying `group-1`, `group-2` and so on. */
export const neighbour = 'group-32';

/** One place for each group, topic and partition; the last record counts, and null is an order to forget. */
export const replay: Replay = (records) => {
  const nameOf = (group: string, topic: string, partition: number) => `${group} ${topic} ${partition}`;
  const offsets = new Map<string, number>();
  for (const { key, value } of records) {
    const name = nameOf(key.group, key.topic, key.partition);
    if (value === null) offsets.delete(name);
    else offsets.set(name, value.offset);
  }
  return (group, topic, partition) => offsets.get(nameOf(group, topic, partition));
};
