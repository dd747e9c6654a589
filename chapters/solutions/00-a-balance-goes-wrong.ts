/** The two answers of chapter 00. */
import type { Attempt } from 'course/00';

/** Ends at 90: the second event is committed, and the bank has not heard of it. */
export const ninety: Attempt = {
  async onEvent(event, consumer, bank) {
    await consumer.commitSync();
    await bank.apply(event);
  },
  crashWhen: ({ balance, committed }) => balance === 100 && committed === 2,
};

/** Ends at 280: the bank has the second event, and the broker does not know. */
export const twoHundredAndEighty: Attempt = {
  async onEvent(event, consumer, bank) {
    await bank.apply(event);
    await consumer.commitSync();
  },
  crashWhen: ({ balance, committed }) => balance === 250 && committed === 1,
};
