/**
 * The keys of `__consumer_offsets`. A key begins with a number that says what kind of record it is: 0 and 1 are offsets, 2 is a classic
 * group, and from 3 on come the groups of KIP-848 and the share groups. A reader skips the kinds that it does not know.
 *
 * Source: `OffsetCommitKey.json`, `GroupMetadataKey.json`.
 */
import { Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { type Field, int32, string, struct } from '../protocol/schema.ts';

const OFFSET_KEY_VERSION = 1;
const GROUP_KEY_VERSION = 2;

const offsetKey = struct({ group: string, topic: string, partition: int32 });
const groupKey = struct({ group: string });

/** Which offset a record is about. */
export interface OffsetKey {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

export type CoordinatorKey =
  | ({ readonly kind: 'offset' } & OffsetKey)
  | { readonly kind: 'group'; readonly group: string };

export function encodeOffsetKey(key: OffsetKey): Uint8Array {
  return versioned(OFFSET_KEY_VERSION, offsetKey, key);
}

export function encodeGroupKey(group: string): Uint8Array {
  return versioned(GROUP_KEY_VERSION, groupKey, { group });
}

/** Null for a kind of record that is not about classic groups. Throws `MalformedBytes`. */
export function decodeKey(bytes: Uint8Array): CoordinatorKey | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (version <= OFFSET_KEY_VERSION) return { kind: 'offset', ...offsetKey.read(reader, { version, flexible: false }) };
  if (version === GROUP_KEY_VERSION) return { kind: 'group', ...groupKey.read(reader, { version, flexible: false }) };
  return null;
}

/** A message with its version in front, as keys and values of the coordinator's records are written. */
export function versioned<Out, In>(version: number, message: Field<Out, In, boolean>, value: In): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  message.write(writer, value, { version, flexible: false });
  return concat(writer.finish());
}
