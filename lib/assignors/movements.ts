/**
 * Which partitions have been moved during a fair division (fairShares.ts), and between whom.
 *
 * Without this memory, partition 0 of a topic might go from Ada to Bob and partition 1 from Bob to Ada, and both would begin anew for nothing.
 *
 * Source: Apache Kafka `AbstractStickyAssignor.PartitionMovements`.
 */
import { nameOf, type TopicPartition } from './assignor.ts';

interface Movement {
  readonly partition: TopicPartition;
  readonly from: string;
  readonly to: string;
}

export class Movements {
  readonly #movements = new Map<string, Movement>();

  /** The partition that should go from `from` to `to` when `wanted` shall: itself, or one of its topic that has come from `to` before. */
  instead(wanted: TopicPartition, from: string, to: string): TopicPartition {
    // What has been moved already is, in the end, moved from where it was at first.
    const origin = this.#movements.get(nameOf(wanted))?.from ?? from;
    const opposite = [...this.#movements.values()].filter(
      (movement) => movement.partition.topic === wanted.topic && movement.from === to && movement.to === origin,
    );
    // Any of them would do: here the one with the highest number.
    opposite.sort((a, b) => b.partition.partition - a.partition.partition);
    return opposite[0]?.partition ?? wanted;
  }

  /** Several movements of one partition are one, and back to where it was is none. */
  note(partition: TopicPartition, from: string, to: string): void {
    const name = nameOf(partition);
    const origin = this.#movements.get(name)?.from ?? from;
    this.#movements.delete(name);
    if (origin !== to) this.#movements.set(name, { partition, from: origin, to });
  }
}
