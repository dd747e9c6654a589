/**
 * Who held what before the group met, as far as it can be believed.
 *
 * A sticky strategy leaves partitions where they are. Where they are it knows only from the members themselves, and a member that was away for a
 * while may still name partitions that went to somebody else since. So each claim carries a generation: of two claims to one
 * partition the younger counts, and when both are of the same generation, neither (KIP-792).
 *
 * Source: Apache Kafka `AbstractStickyAssignor.allSubscriptionsEqual`.
 */
import { compare, type GroupMember, nameOf, type TopicPartition, topicsOf } from './assignor.ts';

/** What a member says about its past. */
export interface Past {
  readonly partitions: readonly TopicPartition[];
  /** The generation in which it held these; -1: unknown, older than all others. */
  readonly generationId: number;
}

/** A member with its past. */
export interface Claimant {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly past: Past;
}

export interface Claims {
  /** By member id, so that the result does not depend on who joined first. */
  readonly claimants: readonly Claimant[];
  /** The topics that somebody wants and that have partitions, in alphabetical order. */
  readonly topics: readonly string[];
  /** What each member may keep, if it fits. */
  readonly owned: ReadonlyMap<string, TopicPartition[]>;
  /** Partitions that two members of one generation have named. */
  readonly disputed: ReadonlySet<string>;
}

export function claimsOf(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  pastOf: (member: GroupMember) => Past,
): Claims {
  const claimants = members
    .map((member) => ({ memberId: member.memberId, topics: member.topics, past: pastOf(member) }))
    .sort((a, b) => compare(a.memberId, b.memberId));
  const topics = topicsOf(members, partitionCounts).filter((topic) => partitionCounts.get(topic)! > 0);
  const owned = new Map<string, TopicPartition[]>(claimants.map(({ memberId }) => [memberId, []]));
  const disputed = new Set<string>();
  const holders = new Map<string, Claimant>();
  for (const claimant of claimants) {
    for (const partition of claimant.past.partitions) {
      if (!topics.includes(partition.topic) || partition.partition >= partitionCounts.get(partition.topic)!) continue;
      const name = nameOf(partition);
      const other = holders.get(name);
      const ahead = claimant.past.generationId - (other?.past.generationId ?? -2);
      if (ahead < 0) continue;
      if (other !== undefined) removeFrom(owned.get(other.memberId)!, name);
      if (ahead === 0) disputed.add(name);
      else owned.get(claimant.memberId)!.push(partition);
      holders.set(name, claimant);
    }
  }
  return { claimants, topics, owned, disputed };
}

/** Removes one partition from a list, if it is there. */
export function removeFrom(partitions: TopicPartition[], name: string): void {
  const index = partitions.findIndex((partition) => nameOf(partition) === name);
  if (index >= 0) partitions.splice(index, 1);
}
