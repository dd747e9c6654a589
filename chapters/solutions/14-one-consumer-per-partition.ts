/** The answers of chapter 14. */
import { type CommitOf, laneOf, type Program } from 'course/14';

/** Up to the first event that is not done, and behind the last one when all are. */
export const upToTheFirstOpen: CommitOf = (read) => {
  const open = read.findIndex(({ isDone }) => !isDone);
  const done = open < 0 ? read : read.slice(0, open);
  return done.length === 0 ? undefined : done[done.length - 1].offset + 1;
};

/** Four lanes; the loop goes on reading, and commits what is done from the front. */
export const fourLanes: Program = async (consumer, work) => {
  const here = { topic: 'accounts', partition: 0 };
  const lanes = [0, 1, 2, 3].map(() => Promise.resolve());
  const read: { offset: number; isDone: boolean }[] = [];
  await consumer.subscribe(['accounts']);
  for (;;) {
    for (const event of await consumer.poll('100 ms')) {
      const entry = { offset: event.offset, isDone: false };
      read.push(entry);
      const lane = laneOf(event);
      lanes[lane] = lanes[lane]
        .then(() => work(event))
        .then(() => {
          entry.isDone = true;
        });
    }
    const offset = upToTheFirstOpen(read);
    while (read[0]?.isDone) read.shift();
    if (offset !== undefined) await consumer.commitSync([{ ...here, offset }]);
  }
};
