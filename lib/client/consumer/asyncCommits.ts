/**
 * Commits that nobody waits for, and their callbacks.
 *
 * `commitAsync` sends at once and returns. What has come of it is told later, inside `poll`, `commitSync` or `close`, since a consumer never calls the
 * application behind its back; and in the order of the calls, so that a callback which remembers the last commit remembers the right one. A
 * commit that failed is not sent again: a later one may have been answered already, and the old offset would take its place.
 *
 * Source: Apache Kafka `ConsumerCoordinator.commitOffsetsAsync`, `invokeCompletedOffsetCommitCallbacks`.
 */
import type { OffsetToCommit } from './offsets.ts';

/** Hears what has come of a commit: `error` is null when it is stored. */
export type CommitCallback = (offsets: readonly OffsetToCommit[], error: Error | null) => void | Promise<void>;

interface Pending {
  readonly offsets: readonly OffsetToCommit[];
  readonly callback: CommitCallback | undefined;
  readonly settled: Promise<void>;
  result: { readonly error: Error | null } | undefined;
}

export class AsyncCommits {
  readonly #commit: (offsets: readonly OffsetToCommit[]) => Promise<void>;
  readonly #changed: () => void;
  /** In the order of the calls. */
  #pending: Pending[] = [];

  /** `commit`: one attempt. `changed` is called when there is a callback to run. */
  constructor(commit: (offsets: readonly OffsetToCommit[]) => Promise<void>, changed: () => void) {
    this.#commit = commit;
    this.#changed = changed;
  }

  send(offsets: readonly OffsetToCommit[], callback: CommitCallback | undefined): void {
    const settle = (error: Error | null) => {
      pending.result = { error };
      this.#changed();
    };
    const settled = this.#commit(offsets).then(
      () => settle(null),
      (error) => settle(error instanceof Error ? error : new Error(String(error))),
    );
    const pending: Pending = { offsets, callback, settled, result: undefined };
    this.#pending.push(pending);
  }

  get isWaiting(): boolean {
    return this.#pending.some(({ result }) => result === undefined);
  }

  /** Resolves when everything that was sent has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending.map(({ settled }) => settled));
  }

  // #region callbacks
  /** Runs the callbacks of commits that have been answered, except those behind one that has not. Throws what a callback has thrown. */
  async runCallbacks(callOut: (run: () => void | Promise<void>) => Promise<void>): Promise<void> {
    for (let head = this.#pending[0]; head?.result !== undefined; head = this.#pending[0]) {
      this.#pending.shift();
      const { offsets, callback, result } = head;
      if (callback !== undefined) await callOut(() => callback(offsets, result.error));
    }
  }
  // #endregion callbacks
}
