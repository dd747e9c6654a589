/**
 * Commits by itself what earlier polls have returned.
 *
 * There is no thread behind this, and no timer: the time is looked at inside `poll`, before that poll takes records. So the commit covers exactly
 * what was returned before, which a program that works on its records between two polls has finished by then. A program that hands
 * them to somebody else may lose them.
 *
 * Source: Apache Kafka `ConsumerCoordinator.maybeAutoCommitOffsetsAsync`.
 */
import type { ClientContext } from '../clientContext.ts';
import { isRetriable } from '../errors.ts';
import type { OffsetToCommit } from './offsets.ts';

/** A coordinator that does not answer shall not be given commits without end. */
const MOST_UNDER_WAY = 5;

export interface AutoCommitSettings {
  readonly enableAutoCommit: boolean;
  readonly autoCommitIntervalMs: number;
}

export class AutoCommit {
  readonly #context: ClientContext;
  readonly #settings: AutoCommitSettings;
  readonly #positions: () => readonly OffsetToCommit[];
  readonly #commit: (offsets: readonly OffsetToCommit[]) => Promise<void>;
  #dueAt: number;
  #underWay = 0;

  /** `positions`: what a commit would cover now. `commit`: one attempt. */
  constructor(
    context: ClientContext,
    settings: AutoCommitSettings,
    positions: () => readonly OffsetToCommit[],
    commit: (offsets: readonly OffsetToCommit[]) => Promise<void>,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#positions = positions;
    this.#commit = commit;
    this.#dueAt = context.timers.now() + settings.autoCommitIntervalMs;
  }

  /** Milliseconds until a waiting `poll` has to look again; Infinity when there is nothing to look for. */
  get dueInMs(): number {
    const left = this.#dueAt - this.#context.timers.now();
    return this.#settings.enableAutoCommit && left > 0 ? left : Infinity;
  }

  /** The interval begins again: with a new assignment there is nothing to commit yet. */
  restart(): void {
    this.#dueAt = this.#context.timers.now() + this.#settings.autoCommitIntervalMs;
  }

  // #region ifDue
  /** Sends a commit if it is time, without waiting for the answer. */
  ifDue(): void {
    const { timers, backoff } = this.#context;
    if (!this.#settings.enableAutoCommit || timers.now() < this.#dueAt) return;
    this.restart();
    const positions = this.#positions();
    if (positions.length === 0 || this.#underWay >= MOST_UNDER_WAY) return;
    this.#underWay++;
    this.#commit(positions)
      .catch((error) => {
        // A refusal means a rebalance, of which the member hears by itself. What may pass is tried again soon.
        if (isRetriable(error)) this.#dueAt = Math.min(this.#dueAt, timers.now() + backoff.afterFailures(1));
      })
      .finally(() => {
        this.#underWay--;
      });
  }
  // #endregion ifDue

  /** Commits now and waits for that, at most `timeoutMs`: before partitions are given up. Failing is not fatal, so it never rejects. */
  async now(timeoutMs: number): Promise<void> {
    if (!this.#settings.enableAutoCommit) return;
    const positions = this.#positions();
    if (positions.length === 0) return;
    try {
      await this.#context.retrying('commit', timeoutMs, () => this.#commit(positions));
    } catch {
      // What was read since the last commit will be read again by the next owner.
    }
  }
}
