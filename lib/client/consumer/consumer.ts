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
import { ClientContext } from '../clientContext.ts';
import { ClientClosedError, TimedOutError, WakeupError } from '../errors.ts';
import type { TopicPartition } from '../topicPartition.ts';
import { Signal } from '../waiting.ts';
import type { Consumer, ConsumerGroupMetadata, OffsetAndTimestamp } from './api.ts';
import type { CommitCallback } from './asyncCommits.ts';
import { AutoCommit } from './autoCommit.ts';
import { Commits } from './commits.ts';
import { CoordinatorClient } from './coordinatorClient.ts';
import { Deadline, Wakeup } from './deadline.ts';
import { Fetcher } from './fetcher.ts';
import { Leader } from './leader.ts';
import { LogOffsets, type LogPlace } from './logOffsets.ts';
import { Membership } from './membership.ts';
import { type ConsumerMetrics, Metrics } from './metrics.ts';
import { type CommittedOffset, Offsets, type OffsetToCommit } from './offsets.ts';
import { OneAtATime } from './oneAtATime.ts';
import { Positions } from './positions.ts';
import { Rebalancer } from './rebalancer.ts';
import type { ConsumerRecord } from './record.ts';
import {
  type CompleteConsumerSettings,
  type ConsumerSettings,
  consumerSettings,
  groupOf,
  protocolOf,
} from './settings.ts';
import { type RebalanceListener, SubscriptionState } from './subscriptionState.ts';
import { TopicPattern } from './topicPattern.ts';

/** The longest that `close` waits for a last commit and for the coordinator. */
const CLOSE_TIMEOUT_MS = 30_000;
/** How long a step of `for await` polls at a time. */
const ITERATION_MS = 1_000;

export class KafkaConsumer<K, V> implements Consumer<K, V> {
  readonly #settings: CompleteConsumerSettings<K, V>;
  readonly #context: ClientContext;
  readonly #signal: Signal;
  readonly #wakeup = new Wakeup();
  readonly #state = new SubscriptionState();
  readonly #membership: Membership;
  readonly #rebalancer: Rebalancer;
  readonly #offsets: Offsets;
  readonly #log: LogOffsets;
  readonly #positions: Positions;
  readonly #fetcher: Fetcher<K, V>;
  readonly #autoCommit: AutoCommit;
  readonly #commits: Commits;
  readonly #metrics: Metrics;
  readonly #calls = new OneAtATime('consumer');
  #isStopping = false;
  #closing: Promise<void> | undefined;

  constructor(host: Host, bootstrap: readonly Address[], given: ConsumerSettings<K, V>) {
    const settings = consumerSettings(given);
    const context = new ClientContext(host, bootstrap, settings);
    const state = this.#state;
    this.#settings = settings;
    this.#context = context;
    this.#signal = new Signal(context.timers);
    const changed = () => this.#signal.raise();
    const coordinator = new CoordinatorClient(context, settings.groupId ?? '');
    const leader = new Leader(context, state, settings, () =>
      this.#membership.requestRejoin('the partitions of a topic have changed'),
    );
    const pattern = new TopicPattern(context, state, settings, () =>
      this.#membership.requestRejoin('other topics match the pattern'),
    );
    const callOut = (run: () => void | Promise<void>) => this.#calls.callOut(run);
    this.#membership = new Membership(context, coordinator, settings, leader, changed);
    this.#offsets = new Offsets(context, coordinator, this.#membership);
    const waits = <T>(doing: string, attempt: () => Promise<T>) => this.#waits(doing, attempt);
    this.#commits = new Commits(state, this.#offsets, { waits, callOut, changed });
    this.#autoCommit = new AutoCommit(
      context,
      settings,
      () => state.positions(),
      (offsets) => this.#commits.attempt(offsets),
    );
    const protocol = protocolOf(settings.partitionAssignmentStrategy);
    this.#rebalancer = new Rebalancer(context, state, this.#membership, protocol, {
      commitBeforeRebalance: () => this.#autoCommit.now(settings.maxPollIntervalMs),
      findTopics: () => pattern.refresh(),
      assigned: (partitions, { generationId }) => {
        leader.assigned({ partitions, generationId });
        this.#autoCommit.restart();
      },
      callOut,
    });
    const hasGroup = settings.groupId !== undefined;
    this.#log = new LogOffsets(context, settings.isolationLevel);
    this.#positions = new Positions(context, state, hasGroup ? this.#offsets : undefined, this.#log, settings, changed);
    this.#fetcher = new Fetcher(context, state, settings, changed);
    this.#metrics = new Metrics(context.timers, state);
    context.metadata.onUpdate.add(changed);
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): Promise<void> {
    return this.#calls.outsideCallbacks('subscribe', async () => {
      groupOf(this.#settings, 'subscribe');
      if (this.#state.kind === 'partitions')
        throw new Error('this consumer has partitions by assign(): unsubscribe() before subscribe()');
      const isPattern = topics instanceof RegExp;
      if (!isPattern && (!Array.isArray(topics) || topics.length === 0))
        throw new TypeError(
          "subscribe takes a list of topics or a pattern: subscribe(['ledger']), subscribe(/^ledger/)",
        );
      this.#state.subscribe(isPattern ? topics : [...new Set(topics)], listener);
      this.#membership.requestRejoin('the subscription has changed');
    });
  }

  subscription(): string[] {
    return [...this.#state.topics];
  }

  assign(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#calls.outsideCallbacks('assign', async () => {
      if (this.#state.kind === 'topics')
        throw new Error('this consumer is a member of a group by subscribe(): unsubscribe() before assign()');
      this.#autoCommit.ifDue();
      this.#state.kind = 'partitions';
      this.#state.assign(partitions);
      this.#context.metadata.wantOnly(new Set(partitions.map(({ topic }) => topic)));
    });
  }

  unsubscribe(): Promise<void> {
    return this.#calls.outsideCallbacks('unsubscribe', async () => {
      try {
        await this.#rebalancer.leaving();
      } finally {
        if (this.#state.kind === 'topics') await this.#membership.leave('the consumer has unsubscribed');
        this.#state.clear();
      }
    });
  }

  assignment(): TopicPartition[] {
    return this.#state.assigned.map(({ topic, partition }) => ({ topic, partition }));
  }

  // #region poll
  poll(timeout: Duration): Promise<ConsumerRecord<K, V>[]> {
    return this.#calls.outsideCallbacks('poll', async () => {
      if (this.#state.kind === 'none') throw new Error('nothing to poll: call subscribe() or assign() first');
      const deadline = new Deadline(this.#context.timers, this.#wakeup, toMs(timeout));
      for (;;) {
        this.#wakeup.check();
        this.#membership.heartbeats.pollCalled();
        this.#throwFailures();
        await this.#commits.runCallbacks();
        // The group first: callbacks run here, and partitions come and go.
        if (this.#state.kind === 'topics') await this.#rebalancer.ensureActive(deadline);
        // Then the commit of what earlier polls returned, before this one moves the positions.
        this.#autoCommit.ifDue();
        this.#positions.find();
        const records = this.#fetcher.collect(this.#settings.maxPollRecords);
        this.#metrics.consumed(records.length);
        // While the application works on these records, the next are on their way.
        this.#fetcher.send();
        if (records.length > 0) return records;
        if (deadline.leftMs > 0) await this.#signal.wait(Math.min(deadline.leftMs, this.#autoCommit.dueInMs));
        else if (!this.#wakeup.isRaised) return [];
      }
    });
  }
  // #endregion poll

  wakeup(): void {
    this.#wakeup.raise();
    this.#signal.raise();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    while (this.#closing === undefined) {
      const records = await this.poll(ITERATION_MS);
      let handedOut = 0;
      try {
        for (const record of records) {
          handedOut++;
          yield record;
        }
      } finally {
        this.#takeBack(records.slice(handedOut));
      }
    }
  }

  commitSync(offsets?: readonly OffsetToCommit[]): Promise<void> {
    return this.#calls.alone('commitSync', async () => {
      groupOf(this.#settings, 'commitSync');
      await this.#commits.sync(offsets);
    });
  }

  commitAsync(offsets?: readonly OffsetToCommit[], callback?: CommitCallback): void {
    this.#calls.check('commitAsync');
    groupOf(this.#settings, 'commitAsync');
    this.#commits.async(offsets, callback);
  }

  committed(partition: TopicPartition): Promise<CommittedOffset | null> {
    return this.#calls.alone('committed', async () => {
      groupOf(this.#settings, 'committed');
      return this.#commits.committed(partition);
    });
  }

  seek({ topic, partition, offset }: TopicPartition & { readonly offset: number }): Promise<void> {
    return this.#calls.alone('seek', async () => {
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new TypeError(`cannot seek to offset ${offset}: offsets are whole numbers from 0 on`);
      this.#positions.seek(this.#state.get({ topic, partition }), offset, 'seek');
    });
  }

  seekToBeginning(partitions: readonly TopicPartition[] = this.#state.assigned): Promise<void> {
    return this.#calls.alone('seekToBeginning', async () => {
      for (const partition of partitions.map((one) => this.#state.get(one))) partition.reset('earliest');
    });
  }

  seekToEnd(partitions: readonly TopicPartition[] = this.#state.assigned): Promise<void> {
    return this.#calls.alone('seekToEnd', async () => {
      for (const partition of partitions.map((one) => this.#state.get(one))) partition.reset('latest');
    });
  }

  position(partition: TopicPartition): Promise<number> {
    return this.#calls.alone('position', async () => {
      const assigned = this.#state.get(partition);
      const { timers } = this.#context;
      const { defaultApiTimeoutMs } = this.#settings;
      const deadline = new Deadline(timers, this.#wakeup, defaultApiTimeoutMs);
      while (assigned.position === undefined) {
        this.#wakeup.check();
        this.#throwFailures();
        this.#positions.find();
        if (deadline.leftMs === 0)
          throw new TimedOutError(`find the position of ${assigned.name}`, defaultApiTimeoutMs, 'no broker knows it');
        await this.#signal.wait(deadline.leftMs);
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
    for (const partition of partitions) this.#state.get(partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#state.get(partition).isPaused = false;
  }

  paused(): TopicPartition[] {
    return this.#state.assigned
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  enforceRebalance(reason = 'the application wants a rebalance'): void {
    this.#calls.check('enforceRebalance');
    if (this.#state.kind !== 'topics') throw new Error('only a member of a group can rebalance: subscribe() first');
    this.#membership.requestRejoin(reason);
  }

  groupMetadata(): ConsumerGroupMetadata {
    const { generation, groupInstanceId } = this.#membership;
    return { groupId: groupOf(this.#settings, 'groupMetadata'), ...generation, groupInstanceId };
  }

  metrics(): ConsumerMetrics {
    return this.#metrics.snapshot(this.#rebalancer.completed, this.#offsets.committedTotal);
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    return this.#calls.outsideCallbacks('close', () => this.#close(timeoutMs));
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** As `close`, but ends a call that is unsettled instead of refusing: for the owner of all clients. */
  stop(): Promise<void> {
    this.#isStopping = true;
    this.#signal.raise();
    return this.#close(CLOSE_TIMEOUT_MS);
  }

  /** Whoever leaves a loop over records early has not seen the rest: reading goes on there. */
  #takeBack(records: readonly ConsumerRecord<K, V>[]): void {
    for (const record of [...records].reverse()) {
      const partition = this.#state.find(record);
      if (partition !== undefined) this.#positions.seek(partition, record.offset, 'returned');
    }
  }

  /** Repeats `attempt` until it succeeds, `defaultApiTimeoutMs` are over, or `wakeup` is called. */
  async #waits<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    this.#wakeup.check();
    let isAwaited = true;
    const attempts = this.#context.retrying(doing, this.#settings.defaultApiTimeoutMs, async () => {
      // What nobody waits for any more shall not be sent again.
      if (!isAwaited) throw new WakeupError();
      return attempt();
    });
    try {
      return await this.#wakeup.orThrow(attempts);
    } finally {
      isAwaited = false;
    }
  }

  #lookUp<T extends TopicPartition>(
    call: string,
    partitions: readonly T[],
    at: (one: T) => LogPlace,
  ): Promise<OffsetAndTimestamp[]> {
    const sought = partitions.map((one) => ({ topic: one.topic, partition: one.partition, at: at(one) }));
    const { requestTimeoutMs } = this.#settings;
    return this.#calls.alone(call, () => this.#waits('look up offsets', () => this.#log.all(sought, requestTimeoutMs)));
  }

  // #region close
  #close(timeoutMs: number): Promise<void> {
    this.#closing ??= (async () => {
      const { timers } = this.#context;
      const deadline = new Deadline(timers, new Wakeup(), timeoutMs);
      try {
        if (this.#state.kind !== 'none') await this.#autoCommit.now(deadline.leftMs);
        await this.#commits.finish(deadline);
        if (this.#state.kind === 'topics') await this.#rebalancer.leaving();
      } finally {
        this.#calls.end();
        const left =
          this.#state.kind === 'topics' ? this.#membership.leave('the consumer is being closed') : Promise.resolve();
        await timers.within(left, deadline.leftMs);
        this.#state.clear();
        this.#context.close();
      }
    })();
    return this.#closing;
  }
  // #endregion close

  #throwFailures(): void {
    if (this.#isStopping) throw new ClientClosedError('this consumer is being closed');
    const failure = this.#membership.heartbeats.takeFailure() ?? this.#positions.takeFailure();
    if (failure !== undefined) throw failure;
  }
}
