/**
 * The commits that an application asks for: at once, later, and what has been committed.
 *
 * What is committed is the offset of the next record to read. Without offsets that is the position, which stands behind everything that `poll`
 * has returned; so a program that has not worked on all of it yet says itself how far it is.
 *
 * Source: Apache Kafka `ConsumerCoordinator.commitOffsetsSync`, `commitOffsetsAsync`.
 */
import { nameOf, type TopicPartition } from '../topicPartition.ts';
import { AsyncCommits, type CommitCallback } from './asyncCommits.ts';
import type { Deadline } from './deadline.ts';
import type { CommittedOffset, Offsets, OffsetToCommit } from './offsets.ts';
import type { SubscriptionState } from './subscriptionState.ts';

export interface CommitHooks {
  /** Repeats an attempt as long as the consumer's calls may take. */
  waits<T>(doing: string, attempt: () => Promise<T>): Promise<T>;
  /** Runs a callback of the application, which may call the consumer. */
  callOut(run: () => void | Promise<void>): Promise<void>;
  /** There is a callback to run. */
  changed(): void;
}

export class Commits {
  readonly #state: SubscriptionState;
  readonly #offsets: Offsets;
  readonly #hooks: CommitHooks;
  readonly #sent: AsyncCommits;

  constructor(state: SubscriptionState, offsets: Offsets, hooks: CommitHooks) {
    this.#state = state;
    this.#offsets = offsets;
    this.#hooks = hooks;
    this.#sent = new AsyncCommits((covered) => this.attempt(covered), hooks.changed);
  }

  /** One attempt, as a member or, after `assign`, as nobody. */
  attempt(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#offsets.commit(offsets, this.#state.kind === 'topics');
  }

  // #region sync
  async sync(offsets: readonly OffsetToCommit[] | undefined): Promise<void> {
    const covered = checked(offsets ?? this.#state.positions());
    await this.#hooks.waits('commit', () => this.attempt(covered));
    // What was sent before has been answered before, and its callbacks come before the end of this call.
    if (this.#sent.isWaiting) await this.#hooks.waits('commit', () => this.#sent.settled());
    await this.runCallbacks();
  }
  // #endregion sync

  async(offsets: readonly OffsetToCommit[] | undefined, callback: CommitCallback | undefined): void {
    this.#sent.send(checked(offsets ?? this.#state.positions()), callback);
  }

  async committed(partition: TopicPartition): Promise<CommittedOffset | null> {
    const found = await this.#hooks.waits('read committed offsets', () => this.#offsets.fetch([partition]));
    return found.get(nameOf(partition)) ?? null;
  }

  /** Callbacks of commits that have been answered. Throws what one of them has thrown. */
  runCallbacks(): Promise<void> {
    return this.#sent.runCallbacks(this.#hooks.callOut);
  }

  /** Waits for the answers to everything sent, and runs all callbacks. Throws what the first of those that throw has thrown. */
  async finish(deadline: Deadline): Promise<void> {
    if (this.#sent.isWaiting) await deadline.within(this.#sent.settled());
    await this.#runAllCallbacks();
  }

  async #runAllCallbacks(): Promise<void> {
    try {
      await this.runCallbacks();
    } catch (error) {
      await this.#runAllCallbacks().catch(() => {});
      throw error;
    }
  }
}

function checked(offsets: readonly OffsetToCommit[]): readonly OffsetToCommit[] {
  for (const { topic, partition, offset } of offsets) {
    if (!Number.isSafeInteger(offset))
      throw new TypeError(`offset ${offset} for ${topic}-${partition} is not a whole number`);
  }
  return offsets;
}
