/** The answers of chapter 11. */
import { type Program, settings } from 'course/11';

/** The silence after which the broker gives a member up. */
export const quick = { sessionTimeoutMs: 10_000 };

/** Polls while the work is under way, and is handed nothing meanwhile, also of a partition that a rebalance brings. */
export const patient: Program = async (kafka, work) => {
  const consumer = kafka.consumer(settings);
  let isDone = true;
  await consumer.subscribe(['audits'], {
    onPartitionsAssigned: (partitions) => {
      if (!isDone) consumer.pause(partitions);
    },
  });
  for (;;) {
    for (const event of await consumer.poll('1 s')) {
      isDone = false;
      const working = work(event).finally(() => {
        isDone = true;
      });
      consumer.pause(consumer.assignment());
      while (!isDone) await consumer.poll('1 s');
      await working;
      consumer.resume(consumer.paused());
      await consumer.commitSync();
    }
  }
};
