/**
 * The consumer: reads records, alone or as one of a group.
 *
 * A consumer works inside `poll`: there it takes part in rebalances, calls the application back, commits if it is time, and hands out records.
 * Between two polls only heartbeats and fetches that are under way go on. That is why an application has to call `poll` again and
 * again, and why nothing happens behind its back while it works on what it got.
 *
 * Source: Apache Kafka `ClassicKafkaConsumer`; the order inside `poll` is that of `ConsumerCoordinator.poll`.
 */
import type { Host } from '../../trace/host.ts';
import { type Duration, toMs } from '../../world/duration.ts';
import type { Address } from '../../world/world.ts';
import { ClientClosedError, TimedOutError } from '../errors.ts';
import { mustBeTopicName, type TopicPartition } from '../topicPartition.ts';
import type { Consumer, ConsumerGroupMetadata, OffsetAndTimestamp } from './api.ts';
import type { CommitCallback } from './asyncCommits.ts';
import { Deadline, Wakeup } from './deadline.ts';
import { HandOut } from './handOut.ts';
import type { LogPlace } from './logOffsets.ts';
import type { ConsumerMetrics } from './metrics.ts';
import type { CommittedOffset, OffsetToCommit } from './offsets.ts';
import { type ConsumerParts, consumerParts } from './parts.ts';
import type { ConsumerRecord } from './record.ts';
import { type CompleteConsumerSettings, type ConsumerSettings, consumerSettings, groupOf } from './settings.ts';
import type { RebalanceListener } from './subscriptionState.ts';

/** The longest that `close` waits for a last commit and for the coordinator. */
const CLOSE_TIMEOUT_MS = 30_000;
/** How long a step of `for await` polls at a time. */
const ITERATION_MS = 1_000;

export class KafkaConsumer<K, V> implements Consumer<K, V> {
  readonly #settings: CompleteConsumerSettings<K, V>;
  readonly #parts: ConsumerParts<K, V>;
  #isStopping = false;
  #closing: Promise<void> | undefined;
  /** What a loop over the consumer is going through, or the last that one has gone through. */
  #handOut: HandOut<K, V> | undefined;

  constructor(host: Host, bootstrap: readonly Address[], given: ConsumerSettings<K, V>) {
    this.#settings = consumerSettings(given);
    this.#parts = consumerParts(host, bootstrap, this.#settings);
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): Promise<void> {
    const { calls, state, membership } = this.#parts;
    return calls.outsideCallbacks('subscribe', async () => {
      groupOf(this.#settings, 'subscribe');
      if (state.kind === 'partitions')
        throw new Error('this consumer has partitions by assign(): unsubscribe() before subscribe()');
      const isPattern = topics instanceof RegExp;
      if (!isPattern && (!Array.isArray(topics) || topics.length === 0))
        throw new TypeError(
          "subscribe takes a list of topics or a pattern: subscribe(['ledger']), subscribe(/^ledger/)",
        );
      if (!isPattern) topics.forEach(mustBeTopicName);
      state.subscribe(isPattern ? topics : [...new Set(topics)], listener);
      membership.requestRejoin('the subscription has changed');
    });
  }

  subscription(): string[] {
    return [...this.#parts.state.topics];
  }

  assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { calls, state, autoCommit, context } = this.#parts;
    return calls.outsideCallbacks('assign', async () => {
      if (state.kind === 'topics')
        throw new Error('this consumer is a member of a group by subscribe(): unsubscribe() before assign()');
      for (const { topic } of partitions) mustBeTopicName(topic);
      autoCommit.ifDue();
      state.kind = 'partitions';
      state.assign(partitions);
      context.metadata.wantOnly(new Set(partitions.map(({ topic }) => topic)));
    });
  }

  unsubscribe(): Promise<void> {
    const { calls, state, rebalancer, membership } = this.#parts;
    return calls.outsideCallbacks('unsubscribe', async () => {
      try {
        await rebalancer.leaving();
      } finally {
        if (state.kind === 'topics') await membership.leave('the consumer has unsubscribed');
        state.clear();
      }
    });
  }

  assignment(): TopicPartition[] {
    return this.#parts.state.assigned.map(({ topic, partition }) => ({ topic, partition }));
  }

  // #region poll
  poll(timeout: Duration): Promise<ConsumerRecord<K, V>[]> {
    const { calls, context, commits, rebalancer, autoCommit } = this.#parts;
    const { state, wakeup, signal, positions, fetcher, metrics } = this.#parts;
    return calls.outsideCallbacks('poll', async () => {
      if (state.kind === 'none') throw new Error('nothing to poll: call subscribe() or assign() first');
      const deadline = new Deadline(context.timers, wakeup, toMs(timeout));
      for (;;) {
        wakeup.check();
        this.#throwFailures();
        await commits.runCallbacks();
        // The group first: callbacks run here, and partitions come and go.
        if (state.kind === 'topics') await rebalancer.ensureActive(deadline);
        // Then the commit of what earlier polls returned, before this one moves the positions.
        autoCommit.ifDue();
        positions.find();
        const records = fetcher.collect(this.#settings.maxPollRecords);
        metrics.consumed(records.length);
        // While the application works on these records, the next are on their way.
        fetcher.send();
        if (records.length > 0) return records;
        if (deadline.leftMs > 0) await signal.wait(Math.min(deadline.leftMs, autoCommit.dueInMs));
        else if (!wakeup.isRaised) return [];
      }
    });
  }
  // #endregion poll

  wakeup(): void {
    this.#parts.wakeup.raise();
    this.#parts.signal.raise();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    const { state, positions } = this.#parts;
    while (this.#closing === undefined) {
      const handOut = new HandOut(await this.poll(ITERATION_MS), state, positions);
      this.#handOut = handOut;
      // A poll that was on its last steps when the consumer was closed still comes back with records.
      if (this.#closing !== undefined) handOut.stop();
      try {
        for (const record of handOut) yield record;
      } finally {
        handOut.leave();
      }
    }
  }

  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void> {
    return this.#parts.calls.alone('commitSync', async () => {
      groupOf(this.#settings, 'commitSync');
      await this.#parts.commits.sync(offsets);
    });
  }

  commitAsync(offsets?: readonly OffsetToCommit[], callback?: CommitCallback): void {
    this.#parts.calls.check('commitAsync');
    groupOf(this.#settings, 'commitAsync');
    this.#parts.commits.async(offsets, callback);
  }

  committed(partition: TopicPartition): Promise<CommittedOffset | null> {
    return this.#parts.calls.alone('committed', async () => {
      groupOf(this.#settings, 'committed');
      return this.#parts.commits.committed(partition);
    });
  }

  seek({ topic, partition, offset }: TopicPartition & { readonly offset: number }): Promise<void> {
    return this.#parts.calls.alone('seek', async () => {
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new TypeError(`cannot seek to offset ${offset}: offsets are whole numbers from 0 on`);
      this.#parts.positions.seek(this.#parts.state.get({ topic, partition }), offset, 'seek');
    });
  }

  seekToBeginning(partitions: readonly TopicPartition[] = this.#parts.state.assigned): Promise<void> {
    return this.#parts.calls.alone('seekToBeginning', async () => {
      for (const partition of partitions.map((one) => this.#parts.state.get(one))) partition.reset('earliest');
    });
  }

  seekToEnd(partitions: readonly TopicPartition[] = this.#parts.state.assigned): Promise<void> {
    return this.#parts.calls.alone('seekToEnd', async () => {
      for (const partition of partitions.map((one) => this.#parts.state.get(one))) partition.reset('latest');
    });
  }

  position(partition: TopicPartition): Promise<number> {
    const { calls, state, context, wakeup, signal, positions } = this.#parts;
    return calls.alone('position', async () => {
      const assigned = state.get(partition);
      const { defaultApiTimeoutMs } = this.#settings;
      const deadline = new Deadline(context.timers, wakeup, defaultApiTimeoutMs);
      while (assigned.position === undefined) {
        wakeup.check();
        this.#throwFailures();
        positions.find();
        if (deadline.leftMs === 0)
          throw new TimedOutError(`find the position of ${assigned.name}`, defaultApiTimeoutMs, 'no broker knows it');
        await signal.wait(deadline.leftMs);
      }
      return assigned.position.offset;
    });
  }

  async offsetsForTimes(
    sought: readonly (TopicPartition & { readonly timestamp: number })[],
  ): Promise<(OffsetAndTimestamp | null)[]> {
    const found = await this.#lookUp('offsetsForTimes', sought, ({ timestamp }) => timestamp);
    return found.map((one) => (one.offset < 0 ? null : one));
  }

  async beginningOffsets(partitions: readonly TopicPartition[]): Promise<(TopicPartition & { offset: number })[]> {
    const found = await this.#lookUp('beginningOffsets', partitions, () => 'earliest');
    return found.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  async endOffsets(partitions: readonly TopicPartition[]): Promise<(TopicPartition & { offset: number })[]> {
    const found = await this.#lookUp('endOffsets', partitions, () => 'latest');
    return found.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#parts.state.get(partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#parts.state.get(partition).isPaused = false;
    this.#parts.signal.raise();
  }

  paused(): TopicPartition[] {
    return this.#parts.state.assigned
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  enforceRebalance(reason = 'the application wants a rebalance'): void {
    const { calls, state, membership } = this.#parts;
    calls.check('enforceRebalance');
    if (state.kind !== 'topics') throw new Error('only a member of a group can rebalance: subscribe() first');
    membership.requestRejoin(reason);
  }

  groupMetadata(): ConsumerGroupMetadata {
    const { generation, groupInstanceId } = this.#parts.membership;
    return { groupId: groupOf(this.#settings, 'groupMetadata'), ...generation, groupInstanceId };
  }

  metrics(): ConsumerMetrics {
    return this.#parts.metrics.snapshot(this.#parts.rebalancer.completed, this.#parts.offsets.committedTotal);
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    return this.#parts.calls.outsideCallbacks('close', () => this.#close(timeoutMs));
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** As `close`, but ends a call that is unsettled instead of refusing: for the owner of all clients. */
  stop(): Promise<void> {
    // Whoever has closed it before was told what went wrong.
    if (this.#closing !== undefined) return this.#closing.catch(() => {});
    this.#isStopping = true;
    this.#parts.signal.raise();
    return this.#close(CLOSE_TIMEOUT_MS);
  }

  #lookUp<T extends TopicPartition>(
    call: string,
    partitions: readonly T[],
    at: (one: T) => LogPlace,
  ): Promise<OffsetAndTimestamp[]> {
    const sought = partitions.map((one) => ({ topic: one.topic, partition: one.partition, at: at(one) }));
    const { requestTimeoutMs } = this.#settings;
    return this.#parts.calls.alone(call, () =>
      this.#parts.waits('look up offsets', () => this.#parts.log.all(sought, requestTimeoutMs)),
    );
  }

  // #region close
  #close(timeoutMs: number): Promise<void> {
    const { calls, state, context, autoCommit, commits, rebalancer, membership } = this.#parts;
    this.#closing ??= (async () => {
      // What a loop over the consumer has not been given, or is not done with, is not committed.
      this.#handOut?.stop();
      const deadline = new Deadline(context.timers, new Wakeup(), timeoutMs);
      const errors: unknown[] = [];
      const later = (error: unknown) => void errors.push(error);
      try {
        if (state.kind !== 'none') await autoCommit.now(deadline.leftMs);
        await commits.finish(deadline).catch(later);
        if (state.kind === 'topics') await rebalancer.leaving().catch(later);
      } finally {
        calls.end();
        const left = state.kind === 'topics' ? membership.leave('the consumer is being closed') : Promise.resolve();
        await context.timers.within(left, deadline.leftMs);
        state.clear();
        context.close();
      }
      // What a callback has thrown keeps no other from being called.
      if (errors.length > 0) throw errors[0];
    })();
    return this.#closing;
  }
  // #endregion close

  #throwFailures(): void {
    if (this.#isStopping) throw new ClientClosedError('this consumer is being closed');
    const failure = this.#parts.membership.heartbeats.takeFailure() ?? this.#parts.positions.takeFailure();
    if (failure !== undefined) throw failure;
  }
}
