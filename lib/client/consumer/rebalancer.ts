/**
 * What a rebalance means for the application: its callbacks, in Java's order, always inside `poll` or `close`.
 *
 * Under the "eager" protocol every member gives up everything before the group meets: all is revoked first, and after the meeting the new assignment
 * begins from the committed offsets. Under the "cooperative" one everybody keeps its partitions through the meeting; what it has lost is revoked
 * after that, and then the group meets a second time to hand it on. When the group has gone on without this member there is nothing to
 * give up; its partitions are lost, and committing is not possible any more.
 *
 * Source: Apache Kafka `ConsumerCoordinator.onJoinPrepare`, `onJoinComplete`, `onLeavePrepare`, `AbstractCoordinator.joinGroupIfNeeded`; KIP-429.
 */
import type { RebalanceProtocol } from '../../assignors/index.ts';
import type { Json } from '../../trace/trace.ts';
import type { ClientContext } from '../clientContext.ts';
import { RebalanceListenerError, TimedOutError } from '../errors.ts';
import { inOrder, nameOf, type TopicPartition } from '../topicPartition.ts';
import { late } from '../waiting.ts';
import type { Deadline } from './deadline.ts';
import type { Generation, JoinOutcome, Membership } from './membership.ts';
import type { RebalanceListener, SubscriptionState } from './subscriptionState.ts';

export interface RebalanceHooks {
  /** Commits the positions before partitions are given up, if the consumer commits by itself. Never rejects. */
  commitBeforeRebalance(): Promise<void>;
  /** Brings the topics up to date that a pattern stands for. */
  findTopics(): Promise<void>;
  /** An assignment has begun. */
  assigned(partitions: readonly TopicPartition[], generation: Generation): void;
  /** Runs a callback of the application, which may call the consumer. */
  callOut(run: () => void | Promise<void>): Promise<void>;
}

export class Rebalancer {
  /** How many rebalances this member has come through. */
  completed = 0;
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #membership: Membership;
  readonly #protocol: RebalanceProtocol;
  readonly #hooks: RebalanceHooks;
  /** The look for the topics of a pattern before this rebalance, until a poll has heard what has come of it. */
  #finding: { readonly pattern: RegExp; readonly found: Promise<void> } | undefined;
  /** The commit before this rebalance, while it is under way. */
  #committing: Promise<void> | undefined;
  /** The value of `membership.resets` for which the member has prepared itself. */
  #preparedAt: number | undefined;
  #attempt: Promise<JoinOutcome> | undefined;
  #failures = 0;

  constructor(
    context: ClientContext,
    state: SubscriptionState,
    membership: Membership,
    protocol: RebalanceProtocol,
    hooks: RebalanceHooks,
  ) {
    this.#context = context;
    this.#state = state;
    this.#membership = membership;
    this.#protocol = protocol;
    this.#hooks = hooks;
  }

  // #region ensureActive
  /**
   * Takes part in a rebalance if there is one, as far as that comes until `deadline`; the next call goes on from there. Throws what a callback has
   * thrown, and errors of the group that will not pass.
   */
  async ensureActive(deadline: Deadline): Promise<void> {
    const { timers, backoff } = this.#context;
    while (this.#membership.rejoinNeeded || this.#attempt !== undefined) {
      if (this.#attempt === undefined) {
        const { pattern } = this.#state;
        if (pattern !== undefined && !(await this.#findTopics(pattern, deadline))) return;
        if (!this.#isPrepared && !(await this.#prepare(deadline))) return;
        this.#attempt = this.#membership.join();
      }
      const outcome = await deadline.within(this.#attempt).catch((error) => this.#broken(error));
      if (outcome === late) return;
      // A callback that throws in there is called once more by the next poll, as in Java: with what is new by then, which is nothing.
      if ('joined' in outcome) await this.#complete(outcome.joined, outcome.assignment);
      this.#attempt = undefined;
      if ('again' in outcome && outcome.again === 'later') {
        const pause = backoff.afterFailures(++this.#failures);
        await timers.sleep(Math.min(pause, deadline.leftMs));
        if (deadline.leftMs === 0) return;
      }
    }
  }
  // #endregion ensureActive

  // #region leaving
  /** Before leaving the group. Throws what the callback has thrown. */
  async leaving(): Promise<void> {
    this.#finding = undefined;
    const partitions = this.#partitions();
    if (partitions.length === 0) return;
    const isIn = this.#membership.generation.generationId >= 0 && this.#membership.state === 'stable';
    const error = await (isIn ? this.#revoke(partitions) : this.#lose(partitions));
    if (error !== undefined) throw error;
  }
  // #endregion leaving

  get #isPrepared(): boolean {
    return this.#preparedAt === this.#membership.resets;
  }

  #broken(error: unknown): never {
    this.#attempt = undefined;
    throw error;
  }

  /** Looks which topics match. Answers false when the time of this call is over before; the next one waits for the same answer. */
  async #findTopics(pattern: RegExp, deadline: Deadline): Promise<boolean> {
    for (;;) {
      if (this.#finding?.pattern !== pattern) this.#finding = { pattern, found: this.#hooks.findTopics() };
      try {
        if ((await deadline.within(this.#finding.found)) === late) return false;
        this.#finding = undefined;
        return true;
      } catch (error) {
        this.#finding = undefined;
        // No broker has answered for a while: that may pass, and who reads topics by name is not told of it either.
        if (!(error instanceof TimedOutError)) throw error;
      }
    }
  }

  // #region prepare
  /** Gives up what has to be given up before the meeting. Answers false when the time of this call is over before. */
  async #prepare(deadline: Deadline): Promise<boolean> {
    const isEager = this.#protocol === 'eager';
    for (const partition of this.#state.assigned) partition.isWithheld = isEager;
    this.#committing ??= this.#hooks.commitBeforeRebalance();
    if ((await deadline.within(this.#committing)) === late) return false;
    this.#committing = undefined;
    // Set before the callback: one that throws is not called a second time for the same rebalance.
    this.#preparedAt = this.#membership.resets;
    const partitions = this.#partitions();
    const unwanted = partitions.filter(({ topic }) => !this.#state.topics.includes(topic));
    let error: Error | undefined;
    if (this.#membership.generation.generationId < 0) {
      if (partitions.length > 0) error = await this.#lose(partitions);
    } else if (isEager) {
      // Java calls this one for nothing, too.
      error = await this.#revoke(partitions);
    } else if (unwanted.length > 0) error = await this.#revoke(unwanted);
    if (error !== undefined) throw error;
    return true;
  }
  // #endregion prepare

  // #region complete
  async #complete(generation: Generation, assignment: readonly TopicPartition[]): Promise<void> {
    // While nobody polled, the group may have gone on once more.
    if (this.#membership.generation !== generation) return;
    this.#failures = 0;
    const foreign = assignment.find(({ topic }) => !this.#state.topics.includes(topic));
    if (foreign !== undefined) {
      this.#preparedAt = undefined;
      this.#membership.requestRejoin(`${foreign.topic} was assigned and is not subscribed to`);
      return;
    }
    const owned = this.#partitions();
    const added = without(assignment, owned);
    const taken = without(owned, assignment);
    let error: Error | undefined;
    if (taken.length > 0) {
      error = await this.#revoke(taken);
      // Only when the group meets again can somebody else be given these.
      this.#membership.requestRejoin('partitions were revoked: others can have them now');
    }
    this.#state.assign(assignment);
    this.#hooks.assigned(assignment, generation);
    this.#record('consumer.assigned', added, { generation: generation.generationId, member: generation.memberId });
    const second = await this.#call('onPartitionsAssigned', added);
    // Of two errors the application hears of the first.
    if (error !== undefined || second !== undefined) throw error ?? second;
    this.#preparedAt = undefined;
    this.completed++;
  }
  // #endregion complete

  async #revoke(partitions: readonly TopicPartition[]): Promise<Error | undefined> {
    const error = await this.#call('onPartitionsRevoked', partitions);
    // Only now, so that the callback could still commit and ask for positions.
    this.#state.assign(without(this.#partitions(), partitions));
    if (partitions.length > 0) this.#record('consumer.revoked', partitions, {});
    return error;
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<Error | undefined> {
    const isHeard = this.#state.listener.onPartitionsLost !== undefined;
    const error = await this.#call(isHeard ? 'onPartitionsLost' : 'onPartitionsRevoked', partitions);
    this.#state.assign([]);
    this.#record('consumer.lost', partitions, {});
    return error;
  }

  async #call(name: keyof RebalanceListener, partitions: readonly TopicPartition[]): Promise<Error | undefined> {
    const { listener } = this.#state;
    const callback = listener[name];
    if (callback === undefined) return undefined;
    try {
      await this.#hooks.callOut(() => callback.call(listener, partitions));
      return undefined;
    } catch (cause) {
      return new RebalanceListenerError(name, cause);
    }
  }

  #partitions(): TopicPartition[] {
    return inOrder(this.#state.assigned.map(({ topic, partition }) => ({ topic, partition })));
  }

  #record(what: string, partitions: readonly TopicPartition[], detail: { readonly [name: string]: Json }): void {
    const { host } = this.#context;
    const list = partitions.map(({ topic, partition }) => ({ topic, partition }));
    host.trace.record(host.name, what, { partitions: list, ...detail });
  }
}

/** Those of `some` that are not among `others`, in Java's order. */
function without(some: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const names = new Set(others.map(nameOf));
  return inOrder(some.filter((partition) => !names.has(nameOf(partition))));
}
