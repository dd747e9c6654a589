/**
 * All the ways in which a client waits. Every wait is on the host's clock and ends when the client is closed, so that a closed client
 * leaves no timer behind.
 */
import type { Cancel, Clock, Random } from '../world/world.ts';
import { ClientClosedError, isRetriable, TimedOutError } from './errors.ts';

/** What `within` answers when the time was over first. */
export const late: unique symbol = Symbol('late');

/** The timers of one client. */
export class Timers {
  readonly #clock: Clock;
  readonly #open = new Map<Cancel, () => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds of the monotonic clock. */
  now(): number {
    return this.#clock.monotonicMs();
  }

  /** Runs `run` once, `ms` from now, unless cancelled or closed before; then `ended`, if given, runs on closing. */
  after(ms: number, run: () => void, ended: () => void = () => {}): Cancel {
    if (this.#closed) {
      ended();
      return () => {};
    }
    const cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#open.delete(stop);
      run();
    });
    const stop = () => {
      this.#open.delete(stop);
      cancel();
    };
    this.#open.set(stop, ended);
    return stop;
  }

  /** Rejects with `ClientClosedError` when the client is closed first. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.after(ms, resolve, () => reject(new ClientClosedError('this client has been closed')));
    });
  }

  /** As `promise`, or `late` when that takes longer than `ms`. What comes afterwards is dropped, errors too. */
  within<T>(promise: Promise<T>, ms: number): Promise<T | typeof late> {
    return new Promise((resolve, reject) => {
      const over = () => resolve(late);
      const cancel = this.after(ms, over, over);
      promise.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  close(): void {
    this.#closed = true;
    const open = [...this.#open];
    for (const [stop, ended] of open) {
      stop();
      ended();
    }
  }
}

/** Wakes who waits for a change. A change that comes while nobody waits is remembered for the next one. */
export class Signal {
  readonly #timers: Timers;
  #raised = false;
  #wake: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  raise(): void {
    this.#raised = true;
    this.#wake?.();
  }

  /** Resolves at the next change, and after `ms` in any case. One waiter at a time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const wake = () => {
        cancel();
        this.#raised = false;
        this.#wake = undefined;
        resolve();
      };
      if (this.#raised) return wake();
      this.#wake = wake;
      cancel = this.#timers.after(ms, wake, wake);
    });
  }
}

/** Tells everybody who waits at that moment. */
export class Broadcast {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Pauses that double from attempt to attempt, up to a limit, each a little longer or shorter, so that many clients do not return at once. */
export class Backoff {
  readonly #random: Random;
  readonly #initialMs: number;
  readonly #maxMs: number;

  constructor(random: Random, initialMs: number, maxMs: number) {
    this.#random = random;
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /** The pause after `failures` failures in a row, in milliseconds: between 80 and 120 percent of the doubled value, and never beyond the limit (KIP-580). */
  afterFailures(failures: number): number {
    const doubled = Math.min(this.#maxMs, this.#initialMs * (1 << Math.min(20, Math.max(0, failures - 1))));
    return Math.min(this.#maxMs, Math.floor((doubled * (800 + (this.#random.nextU32() % 401))) / 1000));
  }
}

/**
 * Repeats `attempt` while it fails with errors that may pass, at most until `timeoutMs` from now; then rejects with `TimedOutError`, which
 * names the last of them. `doing` completes "could not …".
 */
export async function retrying<T>(
  timers: Timers,
  backoff: Backoff,
  doing: string,
  timeoutMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = timers.now() + timeoutMs;
  let last: unknown = 'no answer came';
  for (let failures = 1; ; failures++) {
    try {
      const result = await timers.within(attempt(), deadline - timers.now());
      if (result !== late) return result;
    } catch (error) {
      if (!isRetriable(error)) throw error;
      last = error;
    }
    const pause = backoff.afterFailures(failures);
    if (timers.now() + pause >= deadline) throw new TimedOutError(doing, timeoutMs, last);
    await timers.sleep(pause);
  }
}
