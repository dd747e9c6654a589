/** Requests that wait for something to happen to partitions, or for their time to be over, whichever comes first. */
import type { Partition } from '../cluster/partition.ts';
import type { Cancel, Clock } from '../world/world.ts';

/**
 * Resolves as soon as `ready` answers true, which is asked again whenever the high watermark of one of the partitions moves or one of them is
 * closed, and at the latest after `maxWaitMs`.
 */
export function waitForPartitions(
  clock: Clock,
  partitions: Iterable<Partition>,
  ready: () => boolean,
  maxWaitMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cancels: Cancel[] = [];
    const finish = () => {
      for (const cancel of cancels) cancel();
      resolve();
    };
    cancels.push(clock.after(maxWaitMs, finish));
    for (const partition of partitions) cancels.push(partition.onHighWatermark(() => ready() && finish()));
  });
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
