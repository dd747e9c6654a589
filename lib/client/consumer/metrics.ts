/**
 * What a consumer knows of its own work, in plain numbers.
 *
 * The lag of a partition is the distance from the position to the end of what may be read, as the last fetch has told it; the lead is the distance
 * from the first offset that is still there. A lag that grows says that the consumer is too slow, a lead that goes to zero that retention
 * is about to overtake it. Both are as old as the last answer to a fetch.
 *
 * Source: Apache Kafka `FetchMetricsManager`, `ConsumerCoordinatorMetrics`.
 */
import type { Timers } from '../waiting.ts';
import type { SubscriptionState } from './subscriptionState.ts';

export interface PartitionMetrics {
  readonly topic: string;
  readonly partition: number;
  /** The next offset that `poll` returns; null: not known yet. */
  readonly position: number | null;
  /** Records behind the position that may be read; null: nothing has been fetched yet. */
  readonly lag: number | null;
  /** Records before the position that are still there; null as above. */
  readonly lead: number | null;
}

export interface ConsumerMetrics {
  readonly partitions: readonly PartitionMetrics[];
  /** The largest lag of all partitions; null: none is known. */
  readonly recordsLagMax: number | null;
  readonly recordsConsumedTotal: number;
  /** Records a second over the last 30 seconds, or since the consumer was made if that is less. */
  readonly recordsConsumedRate: number;
  readonly rebalanceTotal: number;
  /** Commits that were stored, in whatever way they were made. */
  readonly commitTotal: number;
}

const WINDOW_MS = 30_000;

export class Metrics {
  readonly #timers: Timers;
  readonly #state: SubscriptionState;
  readonly #startedAt: number;
  #consumed: { readonly at: number; readonly count: number }[] = [];
  #consumedTotal = 0;

  constructor(timers: Timers, state: SubscriptionState) {
    this.#timers = timers;
    this.#state = state;
    this.#startedAt = timers.now();
  }

  /** Takes note of records that were handed out. */
  consumed(count: number): void {
    if (count === 0) return;
    this.#consumedTotal += count;
    this.#forgetOld();
    this.#consumed.push({ at: this.#timers.now(), count });
  }

  snapshot(rebalanceTotal: number, commitTotal: number): ConsumerMetrics {
    this.#forgetOld();
    const partitions = this.#state.assigned.map(({ topic, partition, position, log }) => {
      const offset = position?.offset ?? null;
      const isKnown = offset !== null && log !== undefined;
      const lag = isKnown ? Math.max(0, log.end - offset) : null;
      const lead = isKnown && log.start >= 0 ? Math.max(0, offset - log.start) : null;
      return { topic, partition, position: offset, lag, lead };
    });
    const lags = partitions.flatMap(({ lag }) => (lag === null ? [] : [lag]));
    const seconds = Math.min(WINDOW_MS, Math.max(1, this.#timers.now() - this.#startedAt)) / 1000;
    return {
      partitions,
      recordsLagMax: lags.length > 0 ? Math.max(...lags) : null,
      recordsConsumedTotal: this.#consumedTotal,
      recordsConsumedRate: this.#consumed.reduce((sum, { count }) => sum + count, 0) / seconds,
      rebalanceTotal,
      commitTotal,
    };
  }

  #forgetOld(): void {
    const from = this.#timers.now() - WINDOW_MS;
    if ((this.#consumed[0]?.at ?? from) < from) this.#consumed = this.#consumed.filter(({ at }) => at >= from);
  }
}
