/**
 * Round robin: all partitions of all topics in one row are dealt out like cards, skipping members that do not subscribe to the topic.
 *
 * With equal subscriptions no member has more than one partition above another. One member more or less can move nearly every partition.
 *
 * Source: Apache Kafka `RoundRobinAssignor`.
 */
import { type Assignor, type GroupMember, inOrder, partitionsOf, type TopicPartition, topicsOf } from './assignor.ts';

// #region roundRobin
export const roundRobin: Assignor = {
  name: 'roundrobin',
  assign: (members, partitionCounts) => dealt(inOrder(members), partitionCounts),
};

/** Deals all partitions to the members of a circle, in its order. */
export function dealt(
  circle: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>(circle.map(({ memberId }) => [memberId, []]));
  let next = 0;
  for (const topic of topicsOf(circle, partitionCounts)) {
    for (const partition of partitionsOf(topic, partitionCounts)) {
      // Every topic here has a subscriber, so the search ends.
      while (!circle[next % circle.length].topics.includes(topic)) next++;
      assignment.get(circle[next++ % circle.length].memberId)!.push(partition);
    }
  }
  return assignment;
}
// #endregion roundRobin
