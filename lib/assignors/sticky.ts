/**
 * Sticky: as balanced as possible, and within that, everybody keeps as much as possible of what it had.
 *
 * It works under the eager protocol: all members give up everything, and most of it comes back to the same hands. So nobody can say any more
 * what it owns while the group meets; each member tells the leader through the user data, where its copy of the strategy puts what it
 * was given last, and in which generation.
 *
 * Source: Apache Kafka `StickyAssignor`, `AbstractStickyAssignor`; KIP-54.
 */
import { Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { array, int32, string, struct } from '../protocol/schema.ts';
import { type Assignor, compare, type GroupMember, type TopicPartition } from './assignor.ts';
import { type Claims, claimsOf, type Past } from './claims.ts';
import { divideEqually } from './equalShares.ts';
import { divideFairly } from './fairShares.ts';

// #region sticky
export const sticky: Assignor = {
  name: 'sticky',
  userData: (last) => (last === undefined ? null : encodePast(last)),
  assign: (members, partitionCounts) =>
    divide(claimsOf(members, partitionCounts, decodePast), partitionCounts).assignment,
};

export interface Division {
  readonly assignment: Map<string, TopicPartition[]>;
  /** Partitions that go from one living member to another; undefined where nobody has kept book of them. */
  readonly moving?: ReadonlySet<string>;
}

/** Divides by the simpler of two algorithms: when all want the same topics, nothing has to be weighed against anything else. */
export function divide(claims: Claims, partitionCounts: ReadonlyMap<string, number>): Division {
  const [first, ...others] = claims.claimants.map(({ topics }) => new Set(topics));
  const allEqual = others.every((topics) => topics.size === first.size && [...topics].every((one) => first.has(one)));
  if (first === undefined || allEqual) return divideEqually(claims, partitionCounts);
  return { assignment: divideFairly(claims, partitionCounts) };
}
// #endregion sticky

/** Version 1 of the user data; version 0 ended before the generation. */
const previousAssignment = array(struct({ topic: string, partitions: array(int32) }));
const shape = { version: 0, flexible: false };

function encodePast({ partitions, generationId }: Past): Uint8Array {
  const topics = [...new Set(partitions.map(({ topic }) => topic))].sort(compare);
  const writer = new Writer();
  const entries = topics.map((topic) => ({
    topic,
    partitions: partitions.filter((one) => one.topic === topic).map(({ partition }) => partition),
  }));
  previousAssignment.write(writer, entries, shape);
  writer.int32(generationId);
  return concat(writer.finish());
}

/** A past that cannot be read is none: the member gets whatever there is for it. */
function decodePast({ userData }: GroupMember): Past {
  const none = { partitions: [], generationId: -1 };
  if (userData === null || userData.length === 0) return none;
  try {
    const reader = new Reader(userData);
    const entries = previousAssignment.read(reader, shape);
    const partitions = entries.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    return { partitions, generationId: reader.remaining >= 4 ? reader.int32() : -1 };
  } catch {
    return none;
  }
}
