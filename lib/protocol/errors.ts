/**
 * Kafka's error codes. An error in this protocol is a number in a response, never an exception: it is data that says what happened and, by
 * `retriable`, whether the same request may succeed later.
 *
 * Source: Apache Kafka `Errors.java`; the sentences are ours.
 */
export interface ErrorCode {
  readonly code: number;
  readonly name: string;
  /** Whether asking again, perhaps after a look at fresh metadata, can succeed. */
  readonly retriable: boolean;
  readonly message: string;
}

const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'The broker met an error that it has no code for; its log says more.'],
  NONE: [0, false, 'No error.'],
  OFFSET_OUT_OF_RANGE: [1, false, 'The offset lies before the start or behind the end of the partition.'],
  CORRUPT_MESSAGE: [2, true, 'The batch does not match its checksum or its own header.'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'This broker has no such topic or partition.'],
  INVALID_FETCH_SIZE: [4, false, 'The size asked for is not valid.'],
  LEADER_NOT_AVAILABLE: [5, true, 'The partition has no leader at the moment.'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'This broker does not lead the partition: fetch metadata and ask its leader.'],
  REQUEST_TIMED_OUT: [7, true, 'The request was not completed in its time.'],
  BROKER_NOT_AVAILABLE: [8, false, 'The broker is not available.'],
  REPLICA_NOT_AVAILABLE: [9, true, 'The replica is not available on this broker.'],
  MESSAGE_TOO_LARGE: [10, false, 'The batch is larger than the topic allows (max.message.bytes).'],
  STALE_CONTROLLER_EPOCH: [11, false, 'The controller that asked has been replaced.'],
  OFFSET_METADATA_TOO_LARGE: [
    12,
    false,
    'The text kept with a committed offset is too long (offset.metadata.max.bytes).',
  ],
  NETWORK_EXCEPTION: [13, true, 'The connection ended before a response came.'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'The coordinator is still reading its log.'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'There is no coordinator for this group at the moment.'],
  NOT_COORDINATOR: [16, true, 'This broker is not the coordinator of this group: find the coordinator again.'],
  INVALID_TOPIC_EXCEPTION: [
    17,
    false,
    "A topic's name has 1 to 249 of the characters a-z A-Z 0-9 . _ - and is not . or ..",
  ],
  RECORD_LIST_TOO_LARGE: [18, false, 'The request holds a batch larger than a segment.'],
  NOT_ENOUGH_REPLICAS: [19, true, 'Fewer replicas are in sync than min.insync.replicas demands; nothing was written.'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, true, 'The record was written, and then too few replicas were in sync.'],
  INVALID_REQUIRED_ACKS: [21, false, 'acks must be -1, 0 or 1.'],
  ILLEGAL_GENERATION: [22, false, "The generation is not the group's current one."],
  INCONSISTENT_GROUP_PROTOCOL: [
    23,
    false,
    'The member shares no assignment strategy with the group, or is of another kind.',
  ],
  INVALID_GROUP_ID: [24, false, 'The group id is empty or not valid.'],
  UNKNOWN_MEMBER_ID: [25, false, 'The group has no such member.'],
  INVALID_SESSION_TIMEOUT: [
    26,
    false,
    'The session timeout is outside group.min.session.timeout.ms and group.max.session.timeout.ms.',
  ],
  REBALANCE_IN_PROGRESS: [27, false, 'The group is rebalancing: join again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, 'The committed data is too large.'],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'Not allowed on this topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'Not allowed on this group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'Not allowed on this cluster.'],
  INVALID_TIMESTAMP: [32, false, 'The timestamp is too far from the time of the broker.'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'The broker does not offer this SASL mechanism.'],
  ILLEGAL_SASL_STATE: [34, false, 'This request is not allowed at this point of the SASL exchange.'],
  UNSUPPORTED_VERSION: [35, false, 'The broker does not know this version of the request.'],
  TOPIC_ALREADY_EXISTS: [36, false, 'A topic of this name exists.'],
  INVALID_PARTITIONS: [37, false, 'The number of partitions must be at least 1.'],
  INVALID_REPLICATION_FACTOR: [38, false, 'The replication factor must be between 1 and the number of brokers.'],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'The assignment of replicas is not valid.'],
  INVALID_CONFIG: [40, false, 'A setting is unknown or its value is not valid.'],
  NOT_CONTROLLER: [41, true, 'This broker is not the controller.'],
  INVALID_REQUEST: [42, false, 'The request contradicts itself.'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, 'The format of the records does not support this.'],
  POLICY_VIOLATION: [44, false, 'A policy of the cluster forbids this.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, 'A sequence number of this producer is missing before this one.'],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, 'This batch was written earlier, too long ago to say at which offset.'],
  INVALID_PRODUCER_EPOCH: [47, false, 'A newer producer with the same id is at work.'],
  INVALID_TXN_STATE: [48, false, 'The transaction is not in a state that allows this.'],
  INVALID_PRODUCER_ID_MAPPING: [49, false, 'The producer id does not belong to this transactional id.'],
  INVALID_TRANSACTION_TIMEOUT: [50, false, 'The transaction timeout is larger than transaction.max.timeout.ms.'],
  CONCURRENT_TRANSACTIONS: [51, true, 'The previous transaction of this producer is still being finished.'],
  TRANSACTION_COORDINATOR_FENCED: [52, false, 'The transaction coordinator that wrote this has been replaced.'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'Not allowed to use this transactional id.'],
  SECURITY_DISABLED: [54, false, 'Security is not switched on.'],
  OPERATION_NOT_ATTEMPTED: [55, false, 'The operation was not tried, because another of the same request failed.'],
  KAFKA_STORAGE_ERROR: [56, true, "The broker cannot read or write the partition's files."],
  SASL_AUTHENTICATION_FAILED: [58, false, 'Wrong user name or password.'],
  UNKNOWN_PRODUCER_ID: [59, false, 'The broker remembers nothing of this producer id.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, 'Delegation tokens are not switched on.'],
  NON_EMPTY_GROUP: [68, false, 'The group has members.'],
  GROUP_ID_NOT_FOUND: [69, false, 'There is no such group.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, 'The fetch session is not known any more: begin a new one.'],
  INVALID_FETCH_SESSION_EPOCH: [71, true, 'The fetch session expects another epoch: begin a new one.'],
  LISTENER_NOT_FOUND: [72, true, 'The leader has no listener of the name that the request came in by.'],
  TOPIC_DELETION_DISABLED: [73, false, 'Deleting topics is switched off.'],
  FENCED_LEADER_EPOCH: [74, true, 'The leader epoch of the request is older than that of the broker.'],
  UNKNOWN_LEADER_EPOCH: [75, true, 'The leader epoch of the request is newer than that of the broker.'],
  UNSUPPORTED_COMPRESSION_TYPE: [
    76,
    false,
    'The broker or this version of the request does not support the compression.',
  ],
  STALE_BROKER_EPOCH: [77, false, 'The broker has registered again since.'],
  OFFSET_NOT_AVAILABLE: [78, true, 'A new leader does not know its high watermark yet.'],
  MEMBER_ID_REQUIRED: [79, false, 'Join again with the member id of this response (KIP-394).'],
  GROUP_MAX_SIZE_REACHED: [81, false, 'The group is full (group.max.size).'],
  FENCED_INSTANCE_ID: [82, false, 'Another member has taken over this group.instance.id.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, 'The group is subscribed to this topic.'],
  INVALID_RECORD: [87, false, 'A record of the batch breaks a rule of the topic.'],
  UNSTABLE_OFFSET_COMMIT: [88, true, 'A transaction that commits this offset is still open.'],
  THROTTLING_QUOTA_EXCEEDED: [89, true, 'A quota has been used up.'],
  PRODUCER_FENCED: [90, false, 'A newer producer with the same transactional id is at work.'],
  UNKNOWN_TOPIC_ID: [100, true, 'This broker has no topic of this id.'],
  INCONSISTENT_TOPIC_ID: [103, true, "The topic id is not that of the topic's name."],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, 'The fetch session used names and ids of topics in turns.'],
  FENCED_MEMBER_EPOCH: [110, false, 'The epoch of the member is not the current one.'],
  UNRELEASED_INSTANCE_ID: [111, false, 'Another member holds this group.instance.id.'],
  UNSUPPORTED_ASSIGNOR: [112, false, 'The coordinator has no assignor of this name.'],
  STALE_MEMBER_EPOCH: [113, false, 'The epoch of the member is older than the current one.'],
  MISMATCHED_ENDPOINT_TYPE: [
    114,
    false,
    'The request went to a broker and is about controllers, or the other way round.',
  ],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, 'There are no nodes of this kind.'],
} as const satisfies { readonly [name: string]: readonly [code: number, retriable: boolean, message: string] };

export type ErrorName = keyof typeof table;

export const Errors = Object.fromEntries(
  Object.entries(table).map(([name, [code, retriable, message]]) => [
    name,
    Object.freeze({ code, name, retriable, message }),
  ]),
) as { readonly [name in ErrorName]: ErrorCode };

const byCode = new Map(Object.values(Errors).map((error) => [error.code, error]));

/** The error with this code. One that we do not know counts as an unknown error of the server, with the number in its text. */
export function errorOf(code: number): ErrorCode {
  return (
    byCode.get(code) ?? {
      code,
      name: `ERROR_${code}`,
      retriable: false,
      message: `The broker answered with error code ${code}, which this library does not know.`,
    }
  );
}

/** A response that carried an error code, as an exception for those who call a client. */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError';
  readonly error: ErrorCode;

  /** `doing` says what was tried: `commit offsets of group bank`. */
  constructor(error: ErrorCode, doing: string, hint = '') {
    super(`could not ${doing}: ${error.name} (${error.code}). ${error.message}${hint && ` ${hint}`}`);
    this.error = error;
  }

  get retriable(): boolean {
    return this.error.retriable;
  }
}
