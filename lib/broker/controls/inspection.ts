/**
 * What is in a broker, for a person or a test to look at: records, offsets and groups as plain objects that print well.
 *
 * It is read where the broker itself has it, in its logs and in its coordinators' memory. No request is made, so nothing is counted, no session is
 * prolonged, and nobody can tell that somebody has looked.
 */
import type { Group } from '../../coordinators/group.ts';
import { metadataOf } from '../../coordinators/group.ts';
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment, decodeSubscription } from '../../protocol/consumerProtocol.ts';
import { batchesIn, decodeBatch, type LogRecord } from '../../records/batch.ts';
import type { Codecs } from '../../world/world.ts';
import type { Broker } from '../broker.ts';

const READ_BYTES = 1 << 20;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const text = (bytes: Uint8Array) => utf8.decode(bytes);

/** How bytes become what is shown, as with the deserializers of a consumer. Default: UTF-8 text. */
export interface RecordsSettings<K, V> {
  /** Only this partition. */
  readonly partition?: number;
  readonly key?: (bytes: Uint8Array, topic: string) => K;
  readonly value?: (bytes: Uint8Array, topic: string) => V;
}

type HeaderText = string | null;

/** A record as it lies in the log. */
export interface LoggedRecord<K = string, V = string> {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: K | null;
  /** Null: a tombstone. */
  readonly value: V | null;
  /** As text, by name; a list where a name occurs more than once. */
  readonly headers: { readonly [name: string]: HeaderText | readonly HeaderText[] };
}

/** Partitions by topic: `{ orders: [0, 2] }`. */
export type PartitionsByTopic = { readonly [topic: string]: readonly number[] };
/** Offsets by topic and partition: `{ orders: { 0: 17 } }`. */
export type OffsetsByTopic = { readonly [topic: string]: { readonly [partition: number]: number } };

export interface MemberView {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  /** `group.instance.id`; null: the member is not static. */
  readonly groupInstanceId: string | null;
  /** The topics that it wants, of a group of consumers. */
  readonly topics: readonly string[];
  /** What it has been given in this generation; empty while there is no assignment. */
  readonly assignment: PartitionsByTopic;
}

export interface GroupView {
  readonly groupId: string;
  /** As Kafka says it: `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Dead`. */
  readonly state: string;
  /** How many join phases have ended. */
  readonly generationId: number;
  /** The assignment strategy; null while there is none. */
  readonly protocolName: string | null;
  /** The member that computes the assignment; null while there is none. */
  readonly leaderId: string | null;
  /** In the order in which they came. */
  readonly members: readonly MemberView[];
}

// #region records
/** The records that consumers can see, partition by partition, in the order of their offsets. Undefined: there is no such topic or partition. */
export async function recordsOf<K, V>(
  broker: Broker,
  codecs: Codecs,
  topic: string,
  { partition, key, value }: RecordsSettings<K, V>,
): Promise<LoggedRecord<K, V>[] | undefined> {
  const all = broker.topics.named(topic)?.partitions;
  const partitions = all?.filter(({ index }) => partition === undefined || index === partition);
  if (partitions === undefined || partitions.length === 0) return undefined;
  const show = <T>(bytes: Uint8Array | null, how: ((bytes: Uint8Array, topic: string) => T) | undefined) =>
    bytes === null ? null : how === undefined ? (text(bytes) as T) : how(bytes, topic);
  const records: LoggedRecord<K, V>[] = [];
  for (const { index, log, highWatermark } of partitions) {
    for (let offset = log.logStartOffset; offset < highWatermark; ) {
      for (const { header, bytes } of batchesIn(await log.read(offset, READ_BYTES, highWatermark))) {
        for (const record of header.isControl ? [] : decodeBatch(bytes, codecs)) {
          if (record.offset < offset) continue;
          records.push({
            partition: index,
            offset: record.offset,
            timestamp: record.timestamp,
            key: show(record.key, key),
            value: show(record.value, value),
            headers: headersOf(record),
          });
        }
        offset = header.baseOffset + header.lastOffsetDelta + 1;
      }
    }
  }
  return records;
}
// #endregion records

function headersOf({ headers }: LogRecord): LoggedRecord['headers'] {
  const byName = new Map<string, HeaderText[]>();
  for (const { key, value } of headers) byName.set(key, [...(byName.get(key) ?? []), value && text(value)]);
  return Object.fromEntries([...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** Every group that the broker coordinates, by name. */
export function groupsOf({ groups }: Broker): GroupView[] {
  const all = groups.shards.loaded.flatMap((shard) => [...shard.groups]);
  return all.map(viewOf).sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
}

/** The offsets that a group has committed, as far as they are safe. */
export function committedOf({ groups }: Broker, groupId: string): OffsetsByTopic {
  const topics = groups.shards.loaded.flatMap((shard) => [...shard.offsets(groupId)]);
  return Object.fromEntries(
    topics.map(([topic, partitions]) => [
      topic,
      Object.fromEntries([...partitions].map(([partition, { offset }]) => [partition, offset])),
    ]),
  );
}

function viewOf(group: Group): GroupView {
  const { groupId, state, generationId, protocolName, leaderId } = group;
  const isOfConsumers = group.protocolType === CONSUMER_PROTOCOL_TYPE;
  const members = [...group.members.values()].map((member) => {
    const { memberId, clientId, clientHost, groupInstanceId, assignment } = member;
    return {
      ...{ memberId, clientId, clientHost, groupInstanceId },
      topics: isOfConsumers ? subscribedTopics(metadataOf(member, protocolName)) : [],
      assignment: isOfConsumers ? partitionsByTopic(assignment) : {},
    };
  });
  return { groupId, state, generationId, protocolName, leaderId, members };
}

/** Members write these bytes for each other, so they may be anything: what cannot be read is shown as nothing. */
function subscribedTopics(metadata: Uint8Array): readonly string[] {
  try {
    return metadata.length === 0 ? [] : decodeSubscription(metadata).topics;
  } catch {
    return [];
  }
}

function partitionsByTopic(assignment: Uint8Array): PartitionsByTopic {
  try {
    const { assignedPartitions } = decodeAssignment(assignment);
    return Object.fromEntries(assignedPartitions.map(({ topic, partitions }) => [topic, partitions]));
  } catch {
    return {};
  }
}
