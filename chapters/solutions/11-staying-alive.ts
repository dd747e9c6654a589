/** The answers of chapter 11. */
import { type Program, settings } from 'course/11';

/** The silence after which the broker gives a member up. */
export const quick = { sessionTimeoutMs: 10_000 };

/** Polls while the work is under way, and is handed nothing meanwhile. */
export const patient: Program = async (kafka, work) => {
  const consumer = kafka.consumer(settings);
  await consumer.subscribe(['audits']);
  for (;;) {
    for (const event of await consumer.poll('1 s')) {
      let isDone = false;
      const working = work(event).finally(() => {
        isDone = true;
      });
      while (!isDone) {
        // Each time anew: a rebalance may have brought a partition.
        consumer.pause(consumer.assignment());
        await consumer.poll('1 s');
      }
      await working;
      consumer.resume(consumer.paused());
      await consumer.commitSync();
    }
  }
};
