/**
 * What consumers put into JoinGroup and SyncGroup for each other. The coordinator carries these bytes without opening them: that is why
 * a new assignment strategy needs no new broker.
 *
 * Each message begins with its version as an int16; a reader takes the fields that it knows and ignores what follows.
 *
 * Source: `ConsumerProtocolSubscription.json`, `ConsumerProtocolAssignment.json`; KIP-429 (owned partitions), KIP-792 (generation).
 */
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { array, bytes, type Field, type Input, int32, type Output, string, struct } from './schema.ts';

/** The protocol type of groups of consumers. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

const topicPartitions = array(struct({ topic: string, partitions: array(int32) }));

const subscriptionFields = {
  topics: array(string).about('The topics that the member wants, sorted.'),
  userData: bytes.nullable().default(null).about("The strategy's own data."),
  ownedPartitions: topicPartitions.since(1).about('What the member owns as it joins.'),
  generationId: int32.since(2).default(-1).about('The generation in which it came to own that.'),
  rackId: string.nullable().since(3).default(null).about('Its rack.'),
};

const assignmentFields = {
  assignedPartitions: topicPartitions.about('What the member shall own.'),
  userData: bytes.nullable().default(null).about("The strategy's own data."),
};

export type Subscription = Output<typeof subscriptionFields>;
export type Assignment = Output<typeof assignmentFields>;

const subscription = struct(subscriptionFields);
const assignment = struct(assignmentFields);

/** The newest version described here; Java clients of 4.x send 3. */
const NEWEST = 3;

export function encodeSubscription(value: Input<typeof subscriptionFields>, version = NEWEST): Uint8Array {
  return encode(subscription, value, version);
}

/** Throws `MalformedBytes`. */
export function decodeSubscription(from: Uint8Array): Subscription {
  return decode(subscription, from);
}

export function encodeAssignment(value: Input<typeof assignmentFields>, version = NEWEST): Uint8Array {
  return encode(assignment, value, version);
}

/** Throws `MalformedBytes`. Empty bytes, which a coordinator sends to a member that the leader forgot, assign nothing. */
export function decodeAssignment(from: Uint8Array): Assignment {
  if (from.length === 0) return { assignedPartitions: [], userData: null };
  return decode(assignment, from);
}

function encode<Out, In>(message: Field<Out, In, boolean>, value: In, version: number): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  message.write(writer, value, { version, flexible: false });
  return concat(writer.finish());
}

function decode<Out, In>(message: Field<Out, In, boolean>, from: Uint8Array): Out {
  const reader = new Reader(from);
  const version = Math.min(reader.int16(), NEWEST);
  if (version < 0) throw new MalformedBytes(`there is no version ${version} of it`);
  return message.read(reader, { version, flexible: false });
}
