/**
 * What a consumer wants, what it has been given, and how far it has read.
 *
 * The position of a partition is the offset of the next record that `poll` will return. It lives here, in memory, and nowhere else; the committed
 * offset is a copy that the group keeps. A partition that has just been assigned has no position yet: `awaits` says where it will
 * come from.
 */
import { nameOf, type TopicPartition } from '../topicPartition.ts';
import type { ResetPolicy } from './resetPolicy.ts';

export interface Position {
  readonly offset: number;
  /** The epoch of the record before it; -1: unknown. Committed with the offset (KIP-320). */
  readonly leaderEpoch: number;
}

/** Called inside `poll` and `close`. May return a promise; the call goes on when it has settled. */
export interface RebalanceListener {
  /** These partitions go to somebody else as soon as this returns: the last moment to commit. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** These partitions are new. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** These partitions are gone already, perhaps to somebody else: too late to commit. Default: as `onPartitionsRevoked`. */
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export class AssignedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  position: Position | undefined;
  /** Where the position is to come from while there is none. */
  awaits: 'committed' | ResetPolicy = 'committed';
  /** Set by the application: records are not handed out, but the partition stays. */
  isPaused = false;
  /** About to be revoked: nothing more is handed out, so that the commit before the rebalance covers everything. */
  isWithheld = false;
  /** What the last fetch told of the log: the end that may be read, and the first offset that is there. */
  log: { readonly end: number; readonly start: number } | undefined;
  /** After an error: not fetched before this time. */
  notBefore = 0;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
    this.name = nameOf(this);
  }

  /** Gives up the position; it will be looked up anew. */
  reset(from: 'committed' | ResetPolicy): void {
    this.position = undefined;
    this.awaits = from;
  }
}

export class SubscriptionState {
  /** By topics with a group, by partitions without one, or not at all yet: never both (Java: mutually exclusive). */
  kind: 'none' | 'topics' | 'partitions' = 'none';
  /** With a pattern: the topics that match it, as far as is known. */
  topics: readonly string[] = [];
  /** Stands for all topics that match it; undefined where topics are named. */
  pattern: RegExp | undefined;
  listener: RebalanceListener = {};
  #assigned = new Map<string, AssignedPartition>();

  get assigned(): readonly AssignedPartition[] {
    return [...this.#assigned.values()];
  }

  find(partition: TopicPartition): AssignedPartition | undefined {
    return this.#assigned.get(nameOf(partition));
  }

  /** Whether this very assignment of the partition is still in force. */
  owns(partition: AssignedPartition): boolean {
    return this.#assigned.get(partition.name) === partition;
  }

  /** The assigned partition, or an error that says what is assigned. */
  get(partition: TopicPartition): AssignedPartition {
    const assigned = this.find(partition);
    if (assigned !== undefined) return assigned;
    const all = [...this.#assigned.keys()].join(', ') || 'nothing';
    throw new Error(`${nameOf(partition)} is not assigned to this consumer, which has ${all}`);
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener): void {
    this.kind = 'topics';
    this.pattern = topics instanceof RegExp ? topics : undefined;
    if (!(topics instanceof RegExp)) this.topics = topics;
    this.listener = listener;
  }

  /** Replaces the assignment. A partition that stays keeps its position, and whether it is paused. */
  assign(partitions: readonly TopicPartition[]): void {
    const before = this.#assigned;
    this.#assigned = new Map(
      partitions.map((partition) => {
        const name = nameOf(partition);
        return [name, before.get(name) ?? new AssignedPartition(partition)];
      }),
    );
  }

  /** Wants nothing and has nothing any more. */
  clear(): void {
    this.kind = 'none';
    this.topics = [];
    this.pattern = undefined;
    this.listener = {};
    this.#assigned = new Map();
  }

  /** What a commit without arguments covers: every position. */
  positions(): { topic: string; partition: number; offset: number; leaderEpoch: number }[] {
    return this.assigned.flatMap(({ topic, partition, position }) =>
      position ? [{ topic, partition, ...position }] : [],
    );
  }
}
