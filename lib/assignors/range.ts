/**
 * Range: each topic by itself is cut into as many runs of neighbouring partitions as it has subscribers.
 *
 * When the numbers do not divide evenly, the first members get one partition more. They do so for every topic, so with many topics of few
 * partitions the first members carry much more than the last. In return, two topics with the same number of partitions are cut alike,
 * and a member finds both halves of a join on its own desk.
 *
 * Source: Apache Kafka `RangeAssignor`, without racks.
 */
import { type Assignor, inOrder, type TopicPartition, topicsOf } from './assignor.ts';

// #region range
export const range: Assignor = {
  name: 'range',
  assign(members, partitionCounts) {
    const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    for (const topic of topicsOf(members, partitionCounts)) {
      const subscribers = inOrder(members.filter((member) => member.topics.includes(topic)));
      const partitions = partitionCounts.get(topic)!;
      const share = Math.floor(partitions / subscribers.length);
      const rest = partitions % subscribers.length;
      let next = 0;
      for (const [index, { memberId }] of subscribers.entries()) {
        const end = next + share + (index < rest ? 1 : 0);
        for (; next < end; next++) assignment.get(memberId)!.push({ topic, partition: next });
      }
    }
    return assignment;
  },
};
// #endregion range
