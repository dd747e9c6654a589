/** The answers of chapter 06. */
import { type Program, settings } from 'course/06';

/** With nobody who commits by himself, close commits nothing. */
export const tidy = { enableAutoCommit: false };

/** Books one event, then commits it; after a failure it goes back to the event that failed. */
export const eachByItself: Program = async (kafka, till) => {
  const consumer = kafka.consumer(settings);
  await consumer.subscribe(['account']);
  for (;;) {
    for (const event of await consumer.poll('10 s')) {
      try {
        await till.apply(event);
      } catch {
        await consumer.seek(event);
        break;
      }
      await consumer.commitSync([{ ...event, offset: event.offset + 1 }]);
    }
  }
};
