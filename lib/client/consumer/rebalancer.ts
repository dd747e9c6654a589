/**
 * What a rebalance means for the application: its callbacks, in Java's order, always inside `poll` or `close`.
 *
 * The strategies here are "eager": before the group meets, every member gives up everything. So all is revoked first, and after the meeting the
 * new assignment begins from the committed offsets. When the group has gone on without this member there is nothing to give up; its
 * partitions are lost, and committing is not possible any more.
 *
 * Source: Apache Kafka `ConsumerCoordinator.onJoinPrepare`, `onJoinComplete`, `onLeavePrepare`.
 */
import type { Json } from '../../trace/trace.ts';
import type { ClientContext } from '../clientContext.ts';
import type { TopicPartition } from '../topicPartition.ts';
import { late } from '../waiting.ts';
import type { JoinOutcome, Membership } from './membership.ts';
import type { RebalanceListener, SubscriptionState } from './subscriptionState.ts';

export interface RebalanceHooks {
  /** Commits the positions before partitions are given up, if the consumer commits by itself. Never rejects. */
  commitBeforeRebalance(): Promise<void>;
  /** An assignment has begun. */
  assigned(): void;
  /** Runs a callback of the application, which may call the consumer. */
  callOut(run: () => void | Promise<void>): Promise<void>;
}

export class Rebalancer {
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #membership: Membership;
  readonly #hooks: RebalanceHooks;
  /** The commit before this rebalance, while it is under way. */
  #committing: Promise<void> | undefined;
  #isPrepared = false;
  #attempt: Promise<JoinOutcome> | undefined;
  #failures = 0;

  constructor(context: ClientContext, state: SubscriptionState, membership: Membership, hooks: RebalanceHooks) {
    this.#context = context;
    this.#state = state;
    this.#membership = membership;
    this.#hooks = hooks;
  }

  // #region ensureActive
  /**
   * Takes part in a rebalance if there is one, as far as that comes until `deadline`; the next call goes on from there. Throws what a callback has
   * thrown, and errors of the group that will not pass.
   */
  async ensureActive(deadline: number): Promise<void> {
    const { timers, backoff } = this.#context;
    const left = () => deadline - timers.now();
    while (this.#membership.rejoinNeeded || this.#attempt !== undefined) {
      if (this.#attempt === undefined) {
        if (!this.#isPrepared && !(await this.#prepare(left))) return;
        this.#attempt = this.#membership.join();
      }
      const outcome = await timers.within(this.#attempt, left()).catch((error) => this.#broken(error));
      if (outcome === late) return;
      this.#attempt = undefined;
      if ('joined' in outcome) await this.#complete(outcome.joined, outcome.assignment);
      else if (outcome.again === 'later') {
        const pause = backoff.afterFailures(++this.#failures);
        await timers.sleep(Math.min(pause, Math.max(0, left())));
        if (left() <= 0) return;
      }
    }
  }
  // #endregion ensureActive

  /** Before leaving the group. Throws what the callback has thrown. */
  async leaving(): Promise<void> {
    const partitions = this.#partitions();
    if (partitions.length === 0) return;
    const isOver = this.#membership.generation.generationId < 0 || this.#membership.state !== 'stable';
    const isRebalancing = this.#membership.rejoinNeeded;
    const error = await (isOver || isRebalancing ? this.#lose(partitions) : this.#revoke(partitions));
    if (error !== undefined) throw error.cause;
  }

  #broken(error: unknown): never {
    this.#attempt = undefined;
    throw error;
  }

  /** Gives up what the member has. Answers false when the time of this call is over before. */
  async #prepare(left: () => number): Promise<boolean> {
    for (const partition of this.#state.assigned) partition.isWithheld = true;
    this.#committing ??= this.#hooks.commitBeforeRebalance();
    if ((await this.#context.timers.within(this.#committing, left())) === late) return false;
    this.#committing = undefined;
    // Set before the callback: one that throws is not called a second time for the same rebalance.
    this.#isPrepared = true;
    const partitions = this.#partitions();
    const hasGeneration = this.#membership.generation.generationId >= 0;
    let error: Failure | undefined;
    if (hasGeneration) error = await this.#revoke(partitions);
    else if (partitions.length > 0) error = await this.#lose(partitions);
    if (error !== undefined) throw error.cause;
    return true;
  }

  async #complete(generation: Membership['generation'], assignment: readonly TopicPartition[]): Promise<void> {
    // While nobody polled, the group may have gone on once more.
    if (this.#membership.generation !== generation) return;
    this.#failures = 0;
    this.#isPrepared = false;
    this.#state.assign(assignment);
    this.#hooks.assigned();
    this.#record('consumer.assigned', assignment, { generation: generation.generationId, member: generation.memberId });
    const unwanted = assignment.find(({ topic }) => !this.#state.topics.includes(topic));
    if (unwanted !== undefined)
      this.#membership.requestRejoin(`${unwanted.topic} was assigned and is not subscribed to`);
    const error = await this.#call(this.#state.listener.onPartitionsAssigned, assignment);
    if (error !== undefined) throw error.cause;
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<Failure | undefined> {
    const error = await this.#call(this.#state.listener.onPartitionsRevoked, partitions);
    // Only now, so that the callback could still commit and ask for positions.
    this.#state.assign([]);
    if (partitions.length > 0) this.#record('consumer.revoked', partitions, {});
    return error;
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<Failure | undefined> {
    const { onPartitionsLost, onPartitionsRevoked } = this.#state.listener;
    const error = await this.#call(onPartitionsLost ?? onPartitionsRevoked, partitions);
    this.#state.assign([]);
    this.#record('consumer.lost', partitions, {});
    return error;
  }

  async #call(
    callback: RebalanceListener[keyof RebalanceListener],
    partitions: readonly TopicPartition[],
  ): Promise<Failure | undefined> {
    if (callback === undefined) return undefined;
    try {
      await this.#hooks.callOut(() => callback.call(this.#state.listener, partitions));
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  #partitions(): TopicPartition[] {
    return this.#state.assigned.map(({ topic, partition }) => ({ topic, partition }));
  }

  #record(what: string, partitions: readonly TopicPartition[], detail: { readonly [name: string]: Json }): void {
    const { host } = this.#context;
    const list = partitions.map(({ topic, partition }) => ({ topic, partition }));
    host.trace.record(host.name, what, { partitions: list, ...detail });
  }
}

/** What a callback has thrown: it may have thrown `undefined`. */
interface Failure {
  readonly cause: unknown;
}
