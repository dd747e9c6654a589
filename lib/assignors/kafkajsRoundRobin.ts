/**
 * The round robin of kafkajs, which goes by a name of its own: a consumer that offers it can share a group with members that run kafkajs.
 *
 * kafkajs does not know static members, so it orders the circle by member id alone. It also deals the leader's topics to everybody; where
 * members want different topics, this one gives partitions to subscribers only, as the other strategies do.
 *
 * Source: kafkajs `roundRobinAssigner`.
 */
import { type Assignor, compare } from './assignor.ts';
import { dealt } from './roundRobin.ts';

export const kafkajsRoundRobin: Assignor = {
  name: 'RoundRobinAssigner',
  assign(members, partitionCounts) {
    const circle = [...members].sort((a, b) => compare(a.memberId, b.memberId));
    return dealt(circle, partitionCounts);
  },
};
