/** A client that says which leader epoch it knows of is told when that is not the current one (KIP-320). */
import type { Partition } from '../cluster/partition.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';

export function epochError(knownEpoch: number, { leaderEpoch }: Pick<Partition, 'leaderEpoch'>): ErrorCode {
  if (knownEpoch === -1 || knownEpoch === leaderEpoch) return Errors.NONE;
  return knownEpoch < leaderEpoch ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
}
