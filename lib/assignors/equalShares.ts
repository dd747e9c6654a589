/**
 * The sticky division of a group whose members all want the same topics.
 *
 * Everybody may have everything, so the sizes are known in advance: some members get one partition more than the rest, and it does not matter
 * which. Those who hold that many keep them; who holds more gives up the surplus; and what is free then goes round to those who have too few.
 *
 * Source: Apache Kafka `AbstractStickyAssignor.ConstrainedAssignmentBuilder`, without racks. Where that follows the order of a Java hash map,
 * members come by their ids here.
 */
import { compare, nameOf, partitionsOf, type TopicPartition } from './assignor.ts';
import type { Claims } from './claims.ts';

export interface EqualDivision {
  readonly assignment: Map<string, TopicPartition[]>;
  /** Partitions that go from one living member to another. */
  readonly moving: ReadonlySet<string>;
}

// #region divideEqually
export function divideEqually(claims: Claims, partitionCounts: ReadonlyMap<string, number>): EqualDivision {
  const all = claims.topics.flatMap((topic) => partitionsOf(topic, partitionCounts));
  const smaller = Math.floor(all.length / claims.claimants.length);
  const larger = smaller + 1;
  /** How many more members may have the larger share. */
  let largerLeft = all.length % claims.claimants.length;

  const assignment = new Map<string, TopicPartition[]>();
  const givenUp = new Map<string, string>();
  const hungry: string[] = [];
  const couldTakeOne: string[] = [];
  for (const { memberId } of claims.claimants) {
    const own = claims.owned.get(memberId)!.filter((partition) => !claims.disputed.has(nameOf(partition)));
    own.sort((a, b) => a.partition - b.partition || compare(a.topic, b.topic));
    const mayHaveLarger = largerLeft > 0;
    const takesLarger = own.length >= larger && mayHaveLarger;
    if (takesLarger) largerLeft--;
    else if (own.length < smaller) hungry.push(memberId);
    else if (mayHaveLarger) couldTakeOne.push(memberId);
    const kept = own.splice(0, takesLarger ? larger : smaller);
    assignment.set(memberId, kept);
    for (const partition of own) givenUp.set(nameOf(partition), memberId);
  }

  const kept = new Set([...assignment.values()].flat().map(nameOf));
  const moving = new Set<string>();
  const waiting = largerLeft > 0 ? couldTakeOne : [];
  let next = 0;
  for (const partition of all.filter((one) => !kept.has(nameOf(one)))) {
    // First everybody up to the smaller share, in turns; then one more for as many as there is one for.
    const memberId = hungry.length > 0 ? hungry[next] : waiting.shift()!;
    const share = assignment.get(memberId)!;
    share.push(partition);
    const before = givenUp.get(nameOf(partition)) ?? memberId;
    if (before !== memberId || claims.disputed.has(nameOf(partition))) moving.add(nameOf(partition));
    if (share.length === smaller) waiting.push(...hungry.splice(next, 1));
    else next++;
    if (next >= hungry.length) next = 0;
  }
  return { assignment, moving };
}
// #endregion divideEqually
