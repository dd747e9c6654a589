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
import { ClientClosedError, SettingError, TimedOutError } from '../errors.ts';
import type { TopicPartition } from '../topicPartition.ts';
import { Signal } from '../waiting.ts';
import type { Consumer } from './api.ts';
import { AutoCommit } from './autoCommit.ts';
import { CoordinatorClient } from './coordinatorClient.ts';
import { Fetcher } from './fetcher.ts';
import { Leader } from './leader.ts';
import { Membership } from './membership.ts';
import { type CommittedOffset, Offsets, type OffsetToCommit } from './offsets.ts';
import { OneAtATime } from './oneAtATime.ts';
import { Positions } from './positions.ts';
import { Rebalancer } from './rebalancer.ts';
import type { ConsumerRecord } from './record.ts';
import { type CompleteConsumerSettings, type ConsumerSettings, consumerSettings } from './settings.ts';
import { type AssignedPartition, type RebalanceListener, SubscriptionState } from './subscriptionState.ts';

/** The longest that `close` waits for a last commit and for the coordinator. */
const CLOSE_TIMEOUT_MS = 30_000;
/** How long a step of `for await` polls at a time. */
const ITERATION_MS = 1_000;

export class KafkaConsumer<K, V> implements Consumer<K, V> {
  readonly #settings: CompleteConsumerSettings<K, V>;
  readonly #context: ClientContext;
  readonly #signal: Signal;
  readonly #state = new SubscriptionState();
  readonly #membership: Membership;
  readonly #rebalancer: Rebalancer;
  readonly #offsets: Offsets;
  readonly #positions: Positions;
  readonly #fetcher: Fetcher<K, V>;
  readonly #autoCommit: AutoCommit;
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
    this.#membership = new Membership(context, coordinator, settings, leader, changed);
    this.#offsets = new Offsets(context, coordinator, this.#membership);
    this.#autoCommit = new AutoCommit(
      context,
      settings,
      () => state.positions(),
      (offsets) => this.#commit(offsets),
    );
    this.#rebalancer = new Rebalancer(context, state, this.#membership, {
      commitBeforeRebalance: () => this.#autoCommit.now(settings.maxPollIntervalMs),
      assigned: () => this.#autoCommit.restart(),
      callOut: (run) => this.#calls.callOut(run),
    });
    const hasGroup = settings.groupId !== undefined;
    this.#positions = new Positions(context, state, hasGroup ? this.#offsets : undefined, settings, changed);
    this.#fetcher = new Fetcher(context, state, settings, changed);
    context.metadata.onUpdate.add(changed);
  }

  subscribe(topics: readonly string[], listener: RebalanceListener = {}): Promise<void> {
    return this.#calls.outsideCallbacks('subscribe', async () => {
      this.#needsGroup('subscribe');
      if (this.#state.kind === 'partitions')
        throw new Error('this consumer has partitions by assign(): unsubscribe() before subscribe()');
      if (!Array.isArray(topics) || topics.length === 0)
        throw new TypeError("subscribe takes a list of topics: subscribe(['ledger'])");
      this.#state.subscribe([...new Set(topics)], listener);
      this.#membership.requestRejoin('the subscription has changed');
    });
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

  // #region poll
  poll(timeout: Duration): Promise<ConsumerRecord<K, V>[]> {
    return this.#calls.outsideCallbacks('poll', async () => {
      if (this.#state.kind === 'none') throw new Error('nothing to poll: call subscribe() or assign() first');
      const deadline = this.#context.timers.now() + toMs(timeout);
      for (;;) {
        this.#membership.heartbeats.pollCalled();
        this.#throwFailures();
        // The group first: callbacks run here, and partitions come and go.
        if (this.#state.kind === 'topics') await this.#rebalancer.ensureActive(deadline);
        // Then the commit of what earlier polls returned, before this one moves the positions.
        this.#autoCommit.ifDue();
        this.#positions.find();
        const records = this.#fetcher.collect(this.#settings.maxPollRecords);
        // While the application works on these records, the next are on their way.
        this.#fetcher.send();
        const left = deadline - this.#context.timers.now();
        if (records.length > 0 || left <= 0) return records;
        await this.#signal.wait(Math.min(left, this.#autoCommit.dueInMs));
      }
    });
  }
  // #endregion poll

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
      this.#needsGroup('commitSync');
      const covered = offsets ?? this.#state.positions();
      for (const { topic, partition, offset } of covered) {
        if (!Number.isSafeInteger(offset))
          throw new TypeError(`offset ${offset} for ${topic}-${partition} is not a whole number`);
      }
      await this.#context.retrying('commit', this.#settings.defaultApiTimeoutMs, () => this.#commit(covered));
    });
  }

  seek({ topic, partition, offset }: TopicPartition & { readonly offset: number }): Promise<void> {
    return this.#calls.alone('seek', async () => {
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new TypeError(`cannot seek to offset ${offset}: offsets are whole numbers from 0 on`);
      this.#place(this.#state.get({ topic, partition }), offset, 'seek');
    });
  }

  position(partition: TopicPartition): Promise<number> {
    return this.#calls.alone('position', async () => {
      const assigned = this.#state.get(partition);
      const deadline = this.#context.timers.now() + this.#settings.defaultApiTimeoutMs;
      for (;;) {
        if (assigned.position !== undefined) return assigned.position.offset;
        this.#throwFailures();
        this.#positions.find();
        const left = deadline - this.#context.timers.now();
        if (left <= 0)
          throw new TimedOutError(
            `find the position of ${assigned.name}`,
            this.#settings.defaultApiTimeoutMs,
            'no broker knows it',
          );
        await this.#signal.wait(left);
      }
    });
  }

  committed(partition: TopicPartition): Promise<CommittedOffset | null> {
    return this.#calls.alone('committed', async () => {
      this.#needsGroup('committed');
      const fetch = () => this.#offsets.fetch([partition]);
      const found = await this.#context.retrying('read committed offsets', this.#settings.defaultApiTimeoutMs, fetch);
      return [...found.values()][0] ?? null;
    });
  }

  assignment(): TopicPartition[] {
    return this.#state.assigned.map(({ topic, partition }) => ({ topic, partition }));
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#state.get(partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#state.get(partition).isPaused = false;
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    return this.#calls.outsideCallbacks('close', () => this.#close());
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** As `close`, but ends a call that is unsettled instead of refusing: for the owner of all clients. */
  stop(): Promise<void> {
    this.#isStopping = true;
    this.#signal.raise();
    return this.#close();
  }

  /** Whoever leaves a loop over records early has not seen the rest: reading goes on there. */
  #takeBack(records: readonly ConsumerRecord<K, V>[]): void {
    for (const record of [...records].reverse()) {
      const partition = this.#state.find(record);
      if (partition !== undefined) this.#place(partition, record.offset, 'returned');
    }
  }

  #place(assigned: AssignedPartition, offset: number, from: string): void {
    assigned.position = { offset, leaderEpoch: -1 };
    const { topic, partition } = assigned;
    const { host } = this.#context;
    host.trace.record(host.name, 'consumer.position', { topic, partition, offset, from });
  }

  #close(): Promise<void> {
    this.#closing ??= (async () => {
      try {
        if (this.#state.kind !== 'none') await this.#autoCommit.now(CLOSE_TIMEOUT_MS);
        if (this.#state.kind === 'topics') await this.#rebalancer.leaving();
      } finally {
        this.#calls.end();
        const left =
          this.#state.kind === 'topics' ? this.#membership.leave('the consumer is being closed') : Promise.resolve();
        await this.#context.timers.within(left, CLOSE_TIMEOUT_MS);
        this.#state.clear();
        this.#context.close();
      }
    })();
    return this.#closing;
  }

  #commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#offsets.commit(offsets, this.#state.kind === 'topics');
  }

  #throwFailures(): void {
    if (this.#isStopping) throw new ClientClosedError('this consumer is being closed');
    const failure = this.#membership.heartbeats.takeFailure() ?? this.#positions.takeFailure();
    if (failure !== undefined) throw failure;
  }

  #needsGroup(call: string): void {
    if (this.#settings.groupId === undefined)
      throw new SettingError(`${call}() needs a group: make the consumer with a groupId`);
  }
}
