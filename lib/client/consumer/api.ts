/** What an application sees of a consumer. */
import type { Duration } from '../../world/duration.ts';
import type { TopicPartition } from '../topicPartition.ts';
import type { CommitCallback } from './asyncCommits.ts';
import type { ConsumerMetrics } from './metrics.ts';
import type { CommittedOffset, OffsetToCommit } from './offsets.ts';
import type { ConsumerRecord } from './record.ts';
import type { RebalanceListener } from './subscriptionState.ts';

/** An offset, and the time and epoch of the record there. */
export interface OffsetAndTimestamp extends TopicPartition {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Who a consumer is in its group. */
export interface ConsumerGroupMetadata {
  readonly groupId: string;
  /** -1: not a member at the moment. */
  readonly generationId: number;
  /** Empty: not a member at the moment. */
  readonly memberId: string;
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null;
}

/**
 * A consumer takes one call at a time: a call while another is unsettled rejects with `ConcurrentModificationError`; only `wakeup`, `pause` and
 * `resume` may come at any time. Callbacks may call the consumer, except `poll`, `subscribe`, `assign` and `close`.
 *
 * `for await (const record of consumer)` polls when it has been through what the last poll returned. It is done with a record when it asks for the next,
 * or when it is left: reading then goes on at the first record that it was not given. A consumer that is closed in the middle of the loop's work
 * commits, if it does so by itself, neither the record in hand nor those behind it, and the loop ends.
 */
export interface Consumer<K = string, V = string> extends AsyncIterable<ConsumerRecord<K, V>> {
  /**
   * Reads topics as a member of the group, beginning with the next `poll`: those of a list, or all whose name a pattern matches, also such as come
   * later (within `metadataMaxAgeMs`). Replaces an earlier subscription.
   */
  subscribe(topics: readonly string[] | RegExp, listener?: RebalanceListener): Promise<void>;
  /** The topics that this consumer wants as a member of its group; of a pattern those that are known to match. */
  subscription(): string[];
  /** Reads these partitions, without a group's help. Replaces an earlier list; a partition that stays keeps its position. */
  assign(partitions: readonly TopicPartition[]): Promise<void>;
  /** Leaves the group, and wants nothing any more. */
  unsubscribe(): Promise<void>;
  /** The partitions that this consumer has now. */
  assignment(): TopicPartition[];
  /**
   * The next records, as soon as there are some, or none after `timeout`. Positions have moved behind them when it resolves. Rejects with
   * `RebalanceListenerError` when a callback has thrown, `WakeupError`, `NoOffsetForPartitionError`, `OffsetOutOfRangeError`,
   * `DeserializationError`, or a `KafkaError`.
   */
  poll(timeout: Duration): Promise<ConsumerRecord<K, V>[]>;
  /** Ends a call that waits, or else the next that would, with `WakeupError`. May come while another call is unsettled. */
  wakeup(): void;

  /**
   * Commits these offsets, by default the positions of all partitions, that is, everything that poll has returned. Rejects with
   * `CommitFailedError` when the group has gone on without this member, with `RebalanceInProgressError` in the middle of a rebalance.
   */
  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void>;
  /**
   * The same without waiting: one attempt. `callback` is called inside a later `poll`, `commitSync` or `close`, in the order of the calls. Throws
   * `ConcurrentModificationError`.
   */
  commitAsync(offsets?: readonly OffsetToCommit[], callback?: CommitCallback): void;
  /** What the group has committed for a partition; null: nothing. */
  committed(partition: TopicPartition): Promise<CommittedOffset | null>;

  /** Goes on reading at this offset. */
  seek(to: TopicPartition & { readonly offset: number }): Promise<void>;
  /** Goes on reading at the first offset that is there; looked up when it is needed. Default: all partitions. */
  seekToBeginning(partitions?: readonly TopicPartition[]): Promise<void>;
  /** Goes on reading behind the last record; looked up when it is needed. Default: all partitions. */
  seekToEnd(partitions?: readonly TopicPartition[]): Promise<void>;
  /** The offset of the next record that `poll` will return. */
  position(partition: TopicPartition): Promise<number>;
  /** The first record at or after a time, in milliseconds since 1970, in the order of `sought`; null: no record is that young. */
  offsetsForTimes(
    sought: readonly (TopicPartition & { readonly timestamp: number })[],
  ): Promise<(OffsetAndTimestamp | null)[]>;
  /** The first offsets that are there, in the order of `partitions`. */
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<(TopicPartition & { readonly offset: number })[]>;
  /** The offsets behind the last records that may be read, in the order of `partitions`. */
  endOffsets(partitions: readonly TopicPartition[]): Promise<(TopicPartition & { readonly offset: number })[]>;

  /** Hands out no records of these partitions until `resume`. They stay assigned. */
  pause(partitions: readonly TopicPartition[]): void;
  /** Hands them out again. A poll that is waiting goes on with them. */
  resume(partitions: readonly TopicPartition[]): void;
  /** The partitions that are paused. */
  paused(): TopicPartition[];

  /** Has the group meet again, beginning with the next `poll`: for strategies that look at more than Kafka knows. */
  enforceRebalance(reason?: string): void;
  /** Who this consumer is in its group. */
  groupMetadata(): ConsumerGroupMetadata;
  /** What has been done so far, and how far behind it is. */
  metrics(): ConsumerMetrics;
  /**
   * Commits if the consumer does so by itself, leaves the group (a static member does not), and lets go of all connections, within `timeoutMs`.
   * Default 30 000. Twice is harmless.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
