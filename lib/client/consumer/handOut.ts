/**
 * The records of one `poll`, handed out to a loop one by one.
 *
 * `poll` moves the positions behind everything that it returns, and a loop over the consumer sees of that one record at a time. What it has not seen
 * when it ends is to be read again, so the positions go back there: unless the program has moved them itself in the meantime, or a rebalance has.
 */
import type { Positions } from './positions.ts';
import type { ConsumerRecord } from './record.ts';
import type { AssignedPartition, Position, SubscriptionState } from './subscriptionState.ts';

export class HandOut<K, V> {
  #records: readonly ConsumerRecord<K, V>[];
  /** The one in hand. */
  #index = 0;
  readonly #state: SubscriptionState;
  readonly #positions: Positions;
  /** Where `poll` has left the positions. */
  readonly #left: ReadonlyMap<AssignedPartition, Position | undefined>;

  constructor(records: readonly ConsumerRecord<K, V>[], state: SubscriptionState, positions: Positions) {
    this.#records = records;
    this.#state = state;
    this.#positions = positions;
    this.#left = new Map(state.assigned.map((partition) => [partition, partition.position]));
  }

  *[Symbol.iterator](): Generator<ConsumerRecord<K, V>, void, undefined> {
    for (; this.#index < this.#records.length; this.#index++) yield this.#records[this.#index];
  }

  /** The loop has ended: reading goes on behind the record that it had in hand. */
  leave(): void {
    this.#endAt(this.#index + 1);
  }

  /** The consumer is being closed: nothing more is handed out. What the loop has in hand it has not finished, so that is to be read again, too. */
  stop(): void {
    this.#endAt(this.#index);
  }

  #endAt(index: number): void {
    for (const record of this.#records.slice(index)) {
      const partition = this.#state.find(record);
      // The first record of a partition moves the position, and those behind it do not find it where it was.
      if (partition?.position !== undefined && partition.position === this.#left.get(partition))
        this.#positions.seek(partition, record.offset, 'returned');
    }
    this.#records = [];
  }
}
