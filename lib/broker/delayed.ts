/** Requests that wait for something to happen to partitions, or for their time to be over, whichever comes first. Kafka calls the place a purgatory. */
import type { Partition } from '../cluster/partition.ts';
import type { Cancel, Clock } from '../world/world.ts';

export class Purgatory {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves as soon as `ready` answers true, which is asked again whenever the high watermark of one of the partitions moves or one of them is
   * closed, and at the latest after `maxWaitMs`, or when the broker stops.
   */
  until(partitions: Iterable<Partition>, ready: () => boolean, maxWaitMs: number): Promise<void> {
    if (this.#closed || ready()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancels: Cancel[] = [];
      const finish = () => {
        for (const cancel of cancels) cancel();
        this.#waiting.delete(finish);
        resolve();
      };
      this.#waiting.add(finish);
      cancels.push(this.#clock.after(maxWaitMs, finish));
      for (const partition of partitions) cancels.push(partition.onHighWatermark(() => ready() && finish()));
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    for (const finish of [...this.#waiting]) finish();
  }
}

/** Whether `promise` settles within the time. A rejection is handed on. */
export function settlesWithin(clock: Clock, promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve(false));
    promise.then(
      () => {
        cancel();
        resolve(true);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}
