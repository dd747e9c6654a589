/**
 * Round robin: all partitions of all topics in one row are dealt out like cards, skipping members that do not subscribe to the topic.
 *
 * With equal subscriptions no member has more than one partition above another. One member more or less can move nearly every partition.
 *
 * Source: Apache Kafka `RoundRobinAssignor`.
 */
import { type Assignor, inOrder, type TopicPartition, topicsOf } from './assignor.ts';

// #region roundRobin
export const roundRobin: Assignor = {
  name: 'roundrobin',
  assign(members, partitionCounts) {
    const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    const circle = inOrder(members);
    let next = 0;
    for (const topic of topicsOf(members, partitionCounts)) {
      for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
        // Every topic here has a subscriber, so the search ends.
        while (!circle[next % circle.length].topics.includes(topic)) next++;
        assignment.get(circle[next++ % circle.length].memberId)!.push({ topic, partition });
      }
    }
    return assignment;
  },
};
// #endregion roundRobin
