/** The answer of chapter 12. */
import { type Hooks, numbers } from 'course/12';

/** Revoked: saved, then committed. Assigned: loaded. Lost: forgotten, since it has a new owner. */
export const careful: Hooks = (memory, consumer) => ({
  onPartitionsAssigned: (partitions) => memory.load(numbers(partitions)),
  async onPartitionsRevoked(partitions) {
    await memory.save(numbers(partitions));
    await consumer.commitSync();
  },
  onPartitionsLost: (partitions) => memory.forget(numbers(partitions)),
});
