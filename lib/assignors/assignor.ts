/**
 * What an assignment strategy is: a function from members and partition counts to an assignment.
 *
 * The coordinator picks the strategy by vote; the leader of the group, which is one of the consumers, runs it. All it knows is what is passed
 * in here. It must depend on nothing else, above all not on the order in which members joined: the same members must get the same
 * partitions, or every rebalance would shuffle the group.
 *
 * Source: Apache Kafka `ConsumerPartitionAssignor`; KIP-429 for the two ways to rebalance.
 */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A member as the leader sees it: what it has put into its JoinGroup. */
export interface GroupMember {
  readonly memberId: string;
  /** A static member's own name (KIP-345), or null. */
  readonly groupInstanceId: string | null;
  /** The topics it subscribes to. */
  readonly topics: readonly string[];
  /** What it holds while the group meets. Empty under the eager protocol, where everything was given up before. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** The generation in which it came to hold that; -1: it says nothing. */
  readonly generationId: number;
  /** What its copy of the strategy has added (see `Assignor.userData`). */
  readonly userData: Uint8Array | null;
}

/**
 * How partitions change hands. `eager`: everybody gives up everything, then the group meets. `cooperative`: everybody keeps what it has while the
 * group meets; what has to move is given up after that, and a second meeting hands it on.
 */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** What a member was given last, as it tells its own strategy. */
export interface LastAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly generationId: number;
}

export interface Assignor {
  /** The name by which members vote. Those who share a name must share the algorithm. */
  readonly name: string;
  /** The protocols that it can work under. Default `['eager']`. A consumer uses the best one that all of its strategies have. */
  readonly protocols?: readonly RebalanceProtocol[];
  /** What a member tells the leader beyond its topics and partitions; `last` is undefined before its first assignment. Default: nothing. */
  userData?(last: LastAssignment | undefined): Uint8Array | null;
  /**
   * Divides all partitions of the subscribed topics among `members`. `partitionCounts` has the topics that exist; a subscribed topic without a
   * count is left out. The result has an entry for every member, and every partition in exactly one entry. (Under the cooperative protocol a
   * partition that has to move is in no entry until its owner has let it go.)
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

/** All partitions of a topic. */
export function partitionsOf(topic: string, partitionCounts: ReadonlyMap<string, number>): TopicPartition[] {
  return Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }));
}

/** By UTF-16 code units, as Java's `String.compareTo`. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One name for a partition, to look it up by. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
