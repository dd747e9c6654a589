/** Committed offsets: how a group remembers how far it has read. The coordinator keeps them as records of `__consumer_offsets`. */
import { OffsetCommit } from '../../protocol/apis/08-offset-commit.ts';
import { OffsetFetch } from '../../protocol/apis/09-offset-fetch.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { ClientContext } from '../clientContext.ts';
import { CommitFailedError, RebalanceInProgressError } from '../errors.ts';
import { byTopic, nameOf, type TopicPartition } from '../topicPartition.ts';
import type { CoordinatorClient } from './coordinatorClient.ts';
import { FENCED_HINT, type Generation, type Membership } from './membership.ts';

export interface OffsetToCommit extends TopicPartition {
  /** The offset of the next record to read: that of the last one processed, plus one. */
  readonly offset: number;
  /** Text kept with it. Default none. */
  readonly metadata?: string;
  /** The epoch of the last record read. Default -1: unknown. */
  readonly leaderEpoch?: number;
}

export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
  readonly leaderEpoch: number;
}

/** The generation of who commits outside the group protocol: accepted while the group has no members. */
const NO_MEMBER = { generationId: -1, memberId: '' };

export class Offsets {
  /** How many commits were stored. */
  committedTotal = 0;
  readonly #context: ClientContext;
  readonly #coordinator: CoordinatorClient;
  readonly #membership: Membership;

  constructor(context: ClientContext, coordinator: CoordinatorClient, membership: Membership) {
    this.#context = context;
    this.#coordinator = coordinator;
    this.#membership = membership;
  }

  /**
   * One attempt to commit. `asMember`: as the member that the consumer is, whose generation the coordinator checks. Rejects with
   * `CommitFailedError` when the group has gone on without it, and `RebalanceInProgressError` in the middle of a rebalance.
   */
  async commit(offsets: readonly OffsetToCommit[], asMember: boolean): Promise<void> {
    if (offsets.length === 0) return;
    const generation = asMember ? this.#generation() : NO_MEMBER;
    const response = await this.#coordinator.send(
      OffsetCommit,
      {
        groupId: this.#coordinator.groupId,
        generationIdOrMemberEpoch: generation.generationId,
        memberId: generation.memberId,
        groupInstanceId: asMember ? this.#membership.groupInstanceId : null,
        topics: byTopic(offsets).map(([name, entries]) => ({
          name,
          partitions: entries.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch,
            committedMetadata: metadata,
          })),
        })),
      },
      { detail: { group: this.#coordinator.groupId, generation: generation.generationId } },
    );
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode !== 0) this.#refused(errorCode, nameOf({ topic: name, partition: partitionIndex }), generation);
      }
    }
    this.committedTotal++;
    const { host } = this.#context;
    for (const { topic, partition, offset } of offsets) {
      host.trace.record(host.name, 'consumer.committed', { topic, partition, offset });
    }
  }

  /** One attempt to read what is committed: null where nothing is. */
  async fetch(partitions: readonly TopicPartition[]): Promise<Map<string, CommittedOffset | null>> {
    const { groupId } = this.#coordinator;
    const topics = byTopic(partitions).map(([name, entries]) => ({
      name,
      partitionIndexes: entries.map(({ partition }) => partition),
    }));
    const response = await this.#coordinator.send(
      OffsetFetch,
      { groupId, topics, groups: [{ groupId, topics }], requireStable: true },
      { detail: { group: groupId } },
    );
    // From version 8 on one request may ask for several groups.
    const answer = response.groups[0] ?? response;
    this.#check(answer.errorCode, `read the committed offsets of group ${groupId}`);
    const committed = new Map<string, CommittedOffset | null>();
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode } of partitions) {
        const partition = nameOf({ topic: name, partition: partitionIndex });
        this.#check(errorCode, `read the committed offset of ${partition}`);
        const found = { offset: committedOffset, metadata: metadata ?? '', leaderEpoch: committedLeaderEpoch };
        committed.set(partition, committedOffset < 0 ? null : found);
      }
    }
    return committed;
  }

  /** Only a member whose last rebalance is complete may commit. */
  #generation(): Generation {
    const { state, generation } = this.#membership;
    if (state === 'stable') return generation;
    if (state !== 'unjoined') throw new RebalanceInProgressError();
    throw new CommitFailedError('this consumer is not a member of the group any more');
  }

  #refused(errorCode: number, partition: string, used: Pick<Generation, 'generationId' | 'memberId'>): void {
    const error = errorOf(errorCode);
    switch (error) {
      case Errors.REBALANCE_IN_PROGRESS:
        this.#membership.requestRejoin('a commit met a rebalance');
        throw new RebalanceInProgressError();
      case Errors.UNKNOWN_MEMBER_ID:
      case Errors.ILLEGAL_GENERATION:
      case Errors.GROUP_ID_NOT_FOUND:
        // Who is joining again already has heard of the end of its generation, and can expect a new one.
        if (this.#membership.generation !== used && this.#membership.state !== 'unjoined')
          throw new RebalanceInProgressError();
        this.#membership.expelled(used, error);
        throw new CommitFailedError(error.message);
      default:
        this.#check(errorCode, `commit the offset of ${partition}`);
    }
  }

  #check(errorCode: number, doing: string): void {
    if (errorCode === 0) return;
    const error = errorOf(errorCode);
    this.#coordinator.heard(error);
    throw new KafkaError(error, doing, hints.get(error));
  }
}

const hints: ReadonlyMap<ErrorCode, string> = new Map([
  [Errors.FENCED_INSTANCE_ID, FENCED_HINT],
  [Errors.UNKNOWN_TOPIC_OR_PARTITION, 'Create it first, or leave it out of the commit.'],
  [Errors.OFFSET_METADATA_TOO_LARGE, 'Give a shorter metadata with the offset, then commit again.'],
]);
