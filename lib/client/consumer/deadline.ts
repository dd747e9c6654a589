/**
 * How long one call of a consumer may wait: until its time is over, or until `wakeup` is called from elsewhere.
 *
 * Both end a wait in the same way, between two steps and never in the middle of one, so that the next call can go on where this one stopped.
 * A wake-up that finds nobody waiting is kept for the next call that would wait.
 *
 * Source: Apache Kafka `KafkaConsumer.wakeup`.
 */
import { WakeupError } from '../errors.ts';
import { late, type Timers } from '../waiting.ts';

export class Wakeup {
  #isRaised = false;
  readonly #waiting = new Set<() => void>();

  get isRaised(): boolean {
    return this.#isRaised;
  }

  raise(): void {
    this.#isRaised = true;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Throws `WakeupError` once for each wake-up. */
  check(): void {
    if (!this.#isRaised) return;
    this.#isRaised = false;
    throw new WakeupError();
  }

  /** As `promise`; a wake-up makes it reject with `WakeupError`. */
  async orThrow<T>(promise: Promise<T>): Promise<T> {
    const result = await this.before(promise);
    if (result !== late) return result;
    this.#isRaised = false;
    throw new WakeupError();
  }

  /** As `promise`, or `late` at a wake-up. */
  before<T>(promise: Promise<T>): Promise<T | typeof late> {
    return new Promise((resolve, reject) => {
      const wake = () => resolve(late);
      if (this.#isRaised) wake();
      this.#waiting.add(wake);
      promise.then(resolve, reject).finally(() => this.#waiting.delete(wake));
    });
  }
}

export class Deadline {
  readonly #timers: Timers;
  readonly #wakeup: Wakeup;
  readonly #at: number;

  constructor(timers: Timers, wakeup: Wakeup, timeoutMs: number) {
    this.#timers = timers;
    this.#wakeup = wakeup;
    this.#at = timers.now() + timeoutMs;
  }

  /** Milliseconds that are left; 0 when the call has to come to an end. */
  get leftMs(): number {
    return this.#wakeup.isRaised ? 0 : Math.max(0, this.#at - this.#timers.now());
  }

  /** As `promise`, or `late` when the call has to come to an end before. */
  within<T>(promise: Promise<T>): Promise<T | typeof late> {
    return this.#wakeup.before(this.#timers.within(promise, this.leftMs));
  }
}
