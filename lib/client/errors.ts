/**
 * What a client tells its caller when something cannot be done. Each message names what was tried and what to do next.
 *
 * Errors that a broker answered with are `KafkaError`s (lib/protocol/errors.ts); those here are decided on this side.
 */
import { KafkaError } from '../protocol/errors.ts';
import { RequestTimedOut } from '../wire/errors.ts';
import { ConnectionLost } from '../world/errors.ts';

/** A setting is unknown, or its value makes no sense. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** The client has been closed. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError';
}

/** The time for an operation is over, and every attempt has failed. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';

  constructor(doing: string, timeoutMs: number, last: unknown) {
    super(
      `could not ${doing} within ${timeoutMs} ms. The last obstacle: ${last instanceof Error ? last.message : last}`,
    );
  }
}

/** A consumer takes one call at a time: a second one came while the first was unsettled. */
export class ConcurrentModificationError extends Error {
  override readonly name = 'ConcurrentModificationError';

  constructor(second: string, first: string) {
    super(
      `${second}() was called while ${first}() is not finished: await each call of a consumer, or use one consumer for each task`,
    );
  }
}

/** `wakeup()` was called from elsewhere. The consumer is well: call it again, or close it. */
export class WakeupError extends Error {
  override readonly name = 'WakeupError';

  constructor() {
    super('wakeup() was called: the call that waited has ended early. Call again to go on, or close the consumer.');
  }
}

/** A callback of the application has thrown, in the middle of a rebalance. What it has thrown is the `cause`. */
export class RebalanceListenerError extends Error {
  override readonly name = 'RebalanceListenerError';

  constructor(callback: string, cause: unknown) {
    super(
      `${callback} has thrown: ${cause instanceof Error ? cause.message : cause}. The rebalance went on without it: the next poll continues ` +
        'with what is assigned now.',
      { cause },
    );
  }
}

/**
 * This consumer leads the group, and what another member has written about its wishes cannot be read, so nothing can be divided. Java throws its
 * SchemaException here, which names nobody. Known to do it: @platformatic/kafka, unless it is told to write version 0.
 */
export class MalformedSubscriptionError extends Error {
  override readonly name = 'MalformedSubscriptionError';
  /** Whose bytes they are. A member id begins with the client id of the member, or with its `groupInstanceId`. */
  readonly memberId: string;

  constructor(memberId: string, strategy: string, cause: Error) {
    super(
      `the subscription that member ${memberId} has sent for the strategy '${strategy}' cannot be read: ${cause.message}. Its id begins with its client ` +
        'id, or with its groupInstanceId. Stop that member, or let it write a version of the subscription that it masters; then poll again.',
      { cause },
    );
    this.memberId = memberId;
  }
}

/** The group has gone on without this member, so its commit was refused: somebody else owns the partitions. */
export class CommitFailedError extends Error {
  override readonly name = 'CommitFailedError';

  constructor(because: string) {
    super(
      `the offsets were not committed: ${because}. Poll to join the group again; what was read since the last commit will be read ` +
        'again by the new owner. If this happens often, poll more often: raise maxPollIntervalMs, or lower maxPollRecords.',
    );
  }
}

/** The commit came in the middle of a rebalance. Poll until it is over, then decide about what is still assigned. */
export class RebalanceInProgressError extends Error {
  override readonly name = 'RebalanceInProgressError';

  constructor() {
    super('the offsets were not committed: the group is rebalancing. Poll to finish the rebalance, then commit again.');
  }
}

/** No offset is committed for a partition, and `autoOffsetReset` is `none`. */
export class NoOffsetForPartitionError extends Error {
  override readonly name = 'NoOffsetForPartitionError';

  constructor(partitions: string) {
    super(
      `no offset is committed for ${partitions}, and autoOffsetReset is 'none': seek to an offset, or set autoOffsetReset to ` +
        "'earliest' or 'latest'",
    );
  }
}

/** The position lies outside the log, and `autoOffsetReset` is `none`. */
export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError';

  constructor(partition: string, offset: number) {
    super(
      `offset ${offset} of ${partition} is not in the log (any more, or yet), and autoOffsetReset is 'none': seek to an offset that is`,
    );
  }
}

/** A deserializer could not read a record. The position stays on it: seek past it to go on. */
export class DeserializationError extends Error {
  override readonly name = 'DeserializationError';

  constructor(part: 'key' | 'value', partition: string, offset: number, cause: unknown) {
    super(
      `the ${part} of the record at offset ${offset} of ${partition} cannot be read: ` +
        `${cause instanceof Error ? cause.message : cause}. Seek to offset ${offset + 1} to go on without it.`,
      { cause },
    );
  }
}

/** A record is larger than a request of this producer may be. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError';
}

/** Records are made faster than they are sent. */
export class BufferFullError extends Error {
  override readonly name = 'BufferFullError';
}

/** A record was not acknowledged within `deliveryTimeoutMs`. It may be in the log, or not. */
export class DeliveryTimedOutError extends Error {
  override readonly name = 'DeliveryTimedOutError';
}

/** Whether the same request may succeed a little later. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof KafkaError) return error.retriable;
  return error instanceof ConnectionLost || error instanceof RequestTimedOut;
}
