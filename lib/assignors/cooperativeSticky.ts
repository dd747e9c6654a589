/**
 * Cooperative sticky: the division of `sticky`, reached without stopping everybody.
 *
 * Members keep what they have while the group meets. A partition that shall move is left out of the first assignment; its owner sees that,
 * lets it go, and asks for a second meeting, in which it is free to be given to somebody else. All other partitions are read without a break.
 * It can work under the eager protocol too, so that a group can change over member by member.
 *
 * Source: Apache Kafka `CooperativeStickyAssignor`; KIP-429, KIP-792.
 */
import { Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { type Assignor, type GroupMember, nameOf, type TopicPartition } from './assignor.ts';
import { claimsOf, type Past } from './claims.ts';
import { divide } from './sticky.ts';

// #region cooperativeSticky
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  protocols: ['cooperative', 'eager'],
  userData: (last) => encodeGeneration(last?.generationId ?? -1),
  assign(members, partitionCounts) {
    const { assignment, moving } = divide(claimsOf(members, partitionCounts, pastOf), partitionCounts);
    const withheld = moving ?? handedOver(members, assignment);
    for (const [memberId, partitions] of assignment) {
      const ready = partitions.filter((partition) => !withheld.has(nameOf(partition)));
      assignment.set(memberId, ready);
    }
    return assignment;
  },
};
// #endregion cooperativeSticky

/** Partitions that one member names as its own and that would come to another. */
function handedOver(
  members: readonly GroupMember[],
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
): ReadonlySet<string> {
  const taken = new Set<string>();
  const added = new Set<string>();
  for (const { memberId, ownedPartitions } of members) {
    const before = new Set(ownedPartitions.map(nameOf));
    const after = new Set(assignment.get(memberId)!.map(nameOf));
    for (const name of before) if (!after.has(name)) taken.add(name);
    for (const name of after) if (!before.has(name)) added.add(name);
  }
  return new Set([...added].filter((name) => taken.has(name)));
}

function encodeGeneration(generationId: number): Uint8Array {
  const writer = new Writer();
  writer.int32(generationId);
  return concat(writer.finish());
}

/** Newer members write their generation beside their partitions; older ones only into the user data. */
function pastOf({ ownedPartitions, generationId, userData }: GroupMember): Past {
  if (generationId >= 0) return { partitions: ownedPartitions, generationId };
  const isTold = userData !== null && userData.length >= 4;
  return { partitions: ownedPartitions, generationId: isTold ? new Reader(userData).int32() : -1 };
}
