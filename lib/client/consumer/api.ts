/** What an application sees of a consumer. */
import type { Duration } from '../../world/duration.ts';
import type { TopicPartition } from '../topicPartition.ts';
import type { CommittedOffset, OffsetToCommit } from './offsets.ts';
import type { ConsumerRecord } from './record.ts';
import type { RebalanceListener } from './subscriptionState.ts';

/**
 * A consumer takes one call at a time: a call while another is unsettled rejects with `ConcurrentModificationError`. Callbacks may call it,
 * except `poll`, `subscribe`, `assign` and `close`.
 */
export interface Consumer<K = string, V = string> extends AsyncIterable<ConsumerRecord<K, V>> {
  /** Reads these topics as a member of the group, beginning with the next `poll`. Replaces an earlier list. */
  subscribe(topics: readonly string[], listener?: RebalanceListener): Promise<void>;
  /** Reads these partitions, without a group's help. Replaces an earlier list; a partition that stays keeps its position. */
  assign(partitions: readonly TopicPartition[]): Promise<void>;
  /** Leaves the group, and wants nothing any more. */
  unsubscribe(): Promise<void>;
  /**
   * The next records, as soon as there are some, or none after `timeout`. Positions have moved behind them when it resolves. Rejects with what a
   * callback has thrown, `NoOffsetForPartitionError`, `OffsetOutOfRangeError`, `DeserializationError`, or a `KafkaError`.
   */
  poll(timeout: Duration): Promise<ConsumerRecord<K, V>[]>;
  /**
   * Commits these offsets, by default the positions of all partitions, that is, everything that poll has returned. Rejects with
   * `CommitFailedError` when the group has gone on without this member, with `RebalanceInProgressError` in the middle of a rebalance.
   */
  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void>;
  /** Goes on reading at this offset. */
  seek(to: TopicPartition & { readonly offset: number }): Promise<void>;
  /** The offset of the next record that `poll` will return. */
  position(partition: TopicPartition): Promise<number>;
  /** What the group has committed for a partition; null: nothing. */
  committed(partition: TopicPartition): Promise<CommittedOffset | null>;
  /** The partitions that this consumer has now. */
  assignment(): TopicPartition[];
  /** Hands out no records of these partitions until `resume`. They stay assigned. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Commits if the consumer does so by itself, leaves the group, and lets go of all connections. Twice is harmless. */
  close(): Promise<void>;
}
