/**
 * What an assignment strategy is: a function from members and partition counts to an assignment.
 *
 * The coordinator picks the strategy by vote; the leader of the group, which is one of the consumers, runs it. All it knows is what is passed
 * in here. It must depend on nothing else, above all not on the order in which members joined: the same members must get the same
 * partitions, or every rebalance would shuffle the group.
 *
 * Source: Apache Kafka `ConsumerPartitionAssignor`.
 */
export interface GroupMember {
  readonly memberId: string;
  /** A static member's own name (KIP-345), or null. */
  readonly groupInstanceId: string | null;
  /** The topics it subscribes to. */
  readonly topics: readonly string[];
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Assignor {
  /** The name by which members vote. Those who share a name must share the algorithm. */
  readonly name: string;
  /**
   * Divides all partitions of the subscribed topics among `members`. `partitionCounts` has the topics that exist; a subscribed topic without a
   * count is left out. The result has an entry for every member, and every partition in exactly one entry.
   */
  assign(
    members: readonly GroupMember[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, readonly TopicPartition[]>;
}

/** Members in an order of their own: static ones first and by their name, which outlives a restart, then the others by member id. */
export function inOrder(members: readonly GroupMember[]): GroupMember[] {
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return compare(a.memberId, b.memberId);
  });
}

/** The topics that somebody subscribes to and that exist, in alphabetical order. */
export function topicsOf(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): string[] {
  const topics = new Set(members.flatMap((member) => member.topics));
  return [...topics].filter((topic) => partitionCounts.has(topic)).sort(compare);
}

/** By UTF-16 code units, as Java's `String.compareTo`. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
