/**
 * The record in which a committed offset is kept: one key for each group, topic and partition, so that compaction leaves the newest.
 *
 * Source: `OffsetCommitValue.json`, version 3, or 1 for an offset with an expiry of its own, which old clients can ask for. Version 4 begins with tagged
 * fields.
 */
import { Reader } from '../bytes/reader.ts';
import { int32, int64, string, struct } from '../protocol/schema.ts';
import { encodeOffsetKey, type OffsetKey, versioned } from './coordinatorKey.ts';
import type { CoordinatorRecord } from './outcome.ts';

const VERSION = 3;
const WITH_EXPIRY = 1;

const offsetValue = struct({
  offset: int64,
  leaderEpoch: int32.since(3).default(-1),
  metadata: string,
  commitTimestamp: int64,
  expireTimestamp: int64.since(1).until(1).default(-1),
});

export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: number;
  /** The leader epoch of the last record read; -1: the committer did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** When it was committed, in ms since 1970 by the coordinator's clock. */
  readonly commitTimestamp: number;
  /** When it expires, in ms since 1970, where the committer has said so: OffsetCommit up to version 4. */
  readonly expireTimestamp?: number;
}

export function offsetRecord(key: OffsetKey, value: CommittedOffset): CoordinatorRecord {
  const version = value.expireTimestamp === undefined ? VERSION : WITH_EXPIRY;
  return { key: encodeOffsetKey(key), value: versioned(version, offsetValue, value) };
}

export function offsetTombstone(key: OffsetKey): CoordinatorRecord {
  return { key: encodeOffsetKey(key), value: null };
}

/** Throws `MalformedBytes`. */
export function decodeOffsetValue(bytes: Uint8Array): CommittedOffset {
  const reader = new Reader(bytes);
  const version = reader.int16();
  const { expireTimestamp, ...kept } = offsetValue.read(reader, { version, flexible: false });
  return expireTimestamp < 0 ? kept : { ...kept, expireTimestamp };
}
