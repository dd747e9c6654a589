/**
 * Where reading begins. A partition without a position gets one from the committed offset of the group; without that, the reset policy decides
 * between the first offset that is there, the end of the log, and a time.
 *
 * This runs beside `poll`, which goes on with the partitions that have a position. Once a partition has one, the committed offset is not asked
 * for again: what an application has read and not committed it does not get a second time, except after a rebalance or a restart.
 *
 * Source: Apache Kafka `ConsumerUtils.refreshCommittedOffsets`, `OffsetFetcher`.
 */
import type { ClientContext } from '../clientContext.ts';
import { isRetriable, NoOffsetForPartitionError } from '../errors.ts';
import type { LogOffsets, LogPlace } from './logOffsets.ts';
import type { Offsets } from './offsets.ts';
import { durationOf, type ResetPolicy } from './resetPolicy.ts';
import type { AssignedPartition, SubscriptionState } from './subscriptionState.ts';

export interface PositionSettings {
  readonly autoOffsetReset: ResetPolicy | 'none';
}

export class Positions {
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #offsets: Offsets | undefined;
  readonly #log: LogOffsets;
  readonly #settings: PositionSettings;
  readonly #changed: () => void;
  #isRunning = false;
  #failure: Error | undefined;

  /** `offsets` is undefined for a consumer without a group. `changed` is called when there is a position, or an error. */
  constructor(
    context: ClientContext,
    state: SubscriptionState,
    offsets: Offsets | undefined,
    log: LogOffsets,
    settings: PositionSettings,
    changed: () => void,
  ) {
    this.#context = context;
    this.#state = state;
    this.#offsets = offsets;
    this.#log = log;
    this.#settings = settings;
    this.#changed = changed;
  }

  /** Begins to look for the positions that are missing, in the background. */
  find(): void {
    if (!this.#isRunning && this.#missing().length > 0) void this.#run();
  }

  /** Goes on at an offset that the application has named. `from` says in the trace why. */
  seek(assigned: AssignedPartition, offset: number, from: 'seek' | 'returned'): void {
    this.#place(assigned, offset, -1, from);
  }

  /** An error that will not pass, once: the search begins again with the next `find`. */
  takeFailure(): Error | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let failures = 0; this.#missing().length > 0; ) {
        if (failures > 0) await this.#context.timers.sleep(this.#context.backoff.afterFailures(failures));
        failures = (await this.#attempt()) ? 0 : failures + 1;
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#isRunning = false;
    this.#changed();
  }

  /** Answers whether all went well; throws errors that will not pass. */
  async #attempt(): Promise<boolean> {
    try {
      await this.#fromCommitted(this.#missing().filter(({ awaits }) => awaits === 'committed'));
      await this.#fromLog(this.#missing().filter(({ awaits }) => awaits !== 'committed'));
      return true;
    } catch (error) {
      if (isRetriable(error)) return false;
      throw error;
    }
  }

  async #fromCommitted(partitions: readonly AssignedPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const committed = (await this.#offsets?.fetch(partitions)) ?? new Map();
    const without: AssignedPartition[] = [];
    for (const partition of partitions) {
      if (!this.#stillAwaits(partition, 'committed')) continue;
      const found = committed.get(partition.name) ?? null;
      if (found !== null) this.#place(partition, found.offset, found.leaderEpoch, 'committed');
      else if (this.#settings.autoOffsetReset === 'none') without.push(partition);
      else partition.awaits = this.#settings.autoOffsetReset;
    }
    if (without.length > 0) throw new NoOffsetForPartitionError(without.map(({ name }) => name).join(', '));
  }

  async #fromLog(partitions: readonly AssignedPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const sought = partitions.map((assigned) => {
      const from = assigned.awaits as ResetPolicy;
      const { topic, partition } = assigned;
      return { topic, partition, assigned, from, at: this.#placeFor(from) };
    });
    await this.#log.find(sought, ({ assigned, from }, { offset, leaderEpoch }) => {
      if (!this.#stillAwaits(assigned, from)) return;
      if (offset >= 0) this.#place(assigned, offset, leaderEpoch, from);
      // All that is there is older than the policy wants: it is for what comes.
      else assigned.reset('latest');
    });
  }

  #placeFor(policy: ResetPolicy): LogPlace {
    if (policy === 'earliest' || policy === 'latest') return policy;
    return this.#context.host.clock.wallMs() - (durationOf(policy) ?? 0);
  }

  /** A seek, a rebalance or an unsubscribe may have come while the answer was on its way. */
  #stillAwaits(partition: AssignedPartition, source: AssignedPartition['awaits']): boolean {
    return this.#state.owns(partition) && partition.position === undefined && partition.awaits === source;
  }

  #place(assigned: AssignedPartition, offset: number, leaderEpoch: number, from: string): void {
    assigned.position = { offset, leaderEpoch };
    const { topic, partition } = assigned;
    const { host } = this.#context;
    host.trace.record(host.name, 'consumer.position', { topic, partition, offset, from });
    this.#changed();
  }

  #missing(): AssignedPartition[] {
    return this.#state.assigned.filter(({ position }) => position === undefined);
  }
}
