/**
 * One call at a time.
 *
 * A consumer is a sequence of steps, each of which changes its positions: two of them at once would mix what the one has read with what the other
 * commits. So the second is refused, as Java refuses a second thread. Callbacks of the application are part of a call and may make
 * calls themselves.
 */
import { ClientClosedError, ConcurrentModificationError } from '../errors.ts';

export class OneAtATime {
  readonly #client: string;
  readonly #left: (call: string) => void;
  /** The call that is unsettled. */
  #call: string | undefined;
  #isCallingOut = false;
  #hasEnded = false;

  /** `left` is called when a call is over, and when a callback of the application begins in the middle of it. */
  constructor(client: string, left: (call: string) => void) {
    this.#client = client;
    this.#left = left;
  }

  /** Whether this call is under way, and not in a callback of the application. */
  isIn(call: string): boolean {
    return this.#call === call;
  }

  /** Runs a call. Rejects with `ConcurrentModificationError` when another is unsettled. */
  async alone<T>(call: string, run: () => Promise<T>): Promise<T> {
    this.check(call);
    this.#call = call;
    try {
      return await run();
    } finally {
      this.#call = undefined;
      this.#left(call);
    }
  }

  /** For a call that is over at once. Throws `ConcurrentModificationError` when another is unsettled. */
  check(call: string): void {
    if (this.#hasEnded) throw new ClientClosedError(`this ${this.#client} has been closed: make a new one`);
    if (this.#call !== undefined) throw new ConcurrentModificationError(call, this.#call);
  }

  /** As `alone`, for calls that make no sense within a callback. */
  outsideCallbacks<T>(call: string, run: () => Promise<T>): Promise<T> {
    return this.alone(call, async () => {
      if (this.#isCallingOut)
        throw new Error(`${call}() was called inside a rebalance callback, which is part of a poll() or close()`);
      return run();
    });
  }

  /** Runs a callback of the application in the middle of a call. */
  async callOut(run: () => void | Promise<void>): Promise<void> {
    const call = this.#call;
    // Within a callback there may be calls that call back in turn.
    const wasCallingOut = this.#isCallingOut;
    this.#call = undefined;
    if (call !== undefined) this.#left(call);
    this.#isCallingOut = true;
    try {
      await run();
    } finally {
      this.#isCallingOut = wasCallingOut;
      this.#call = call;
    }
  }

  /** Refuses all calls from now on. */
  end(): void {
    this.#hasEnded = true;
  }
}
