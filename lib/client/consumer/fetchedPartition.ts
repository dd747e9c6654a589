/**
 * What one answer to a fetch holds of one partition, taken apart bit by bit as `poll` asks for records.
 *
 * Batches come as they lie in the log: the first may begin before the offset that was asked for, there may be holes where compaction has removed
 * records, and some batches hold no data but the marks of transactions. The next offset is therefore not the number of records read.
 */
import { type Batch, batchesIn, checkBatch, decodeBatch, type LogRecord } from '../../records/batch.ts';
import type { Codecs } from '../../world/world.ts';
import { DeserializationError } from '../errors.ts';
import { type AbortedTransaction, AbortedTransactions } from './abortedTransactions.ts';
import type { ConsumerRecord, Deserializer } from './record.ts';
import type { AssignedPartition, Position } from './subscriptionState.ts';

/** What the settings of a consumer say about reading. */
export interface Reading<K, V> {
  readonly checkCrcs: boolean;
  readonly keyDeserializer: Deserializer<K>;
  readonly valueDeserializer: Deserializer<V>;
}

export class FetchedPartition<K, V> {
  readonly partition: AssignedPartition;
  /** Where the next record comes from. Data is of use only while this is also the position of the consumer. */
  next: Position;
  /** Nothing is left. */
  isEmpty = false;
  readonly #codecs: Codecs;
  readonly #batches: Iterator<Batch, undefined>;
  readonly #aborted: AbortedTransactions;
  /** The batch after the one that is being read, until it has proved to be sound. */
  #coming: Batch | undefined;
  #batch: Batch | undefined;
  #records: readonly LogRecord[] = [];
  #index = 0;

  /** `aborted`: transactions whose records are passed over, for a consumer that wants committed ones only. */
  constructor(
    partition: AssignedPartition,
    position: Position,
    records: Uint8Array,
    codecs: Codecs,
    aborted: readonly AbortedTransaction[] = [],
  ) {
    this.partition = partition;
    this.next = position;
    this.#codecs = codecs;
    this.#aborted = new AbortedTransactions(aborted, codecs);
    this.#batches = batchesIn(records)[Symbol.iterator]() as Iterator<Batch, undefined>;
  }

  /** At most `limit` records, and `next` moves behind them. Throws when the very next record cannot be read; `next` stays on it. */
  take(limit: number, reading: Reading<K, V>): ConsumerRecord<K, V>[] {
    const taken: ConsumerRecord<K, V>[] = [];
    try {
      while (this.#advance(reading.checkCrcs) && taken.length < limit) {
        const record = this.#records[this.#index];
        const leaderEpoch = this.#batch?.header.partitionLeaderEpoch ?? -1;
        if (record.offset >= this.next.offset) {
          taken.push(this.#deserialize(record, leaderEpoch, reading));
          this.next = { offset: record.offset + 1, leaderEpoch };
        }
        this.#index++;
      }
    } catch (error) {
      // What came before it is handed out first; the next call meets the error again.
      if (taken.length === 0) throw error;
    }
    return taken;
  }

  /** Goes to the next record, in the next batch if need be. At the end of a batch, `next` moves behind it, holes and marks included. */
  #advance(checkCrcs: boolean): boolean {
    while (this.#index >= this.#records.length) {
      if (this.#batch !== undefined) this.#skipTo(this.#batch);
      this.#batch = undefined;
      this.#coming ??= this.#batches.next().value;
      this.isEmpty = this.#coming === undefined;
      if (this.#coming === undefined) return false;
      const { header, bytes } = this.#coming;
      if (checkCrcs) checkBatch(bytes);
      const isPassedOver = this.#aborted.covers(this.#coming) || header.isControl;
      this.#records = isPassedOver ? [] : decodeBatch(bytes, this.#codecs);
      this.#index = 0;
      this.#batch = this.#coming;
      this.#coming = undefined;
    }
    return true;
  }

  #skipTo({ header }: Batch): void {
    const end = header.baseOffset + header.lastOffsetDelta + 1;
    if (end > this.next.offset) this.next = { offset: end, leaderEpoch: header.partitionLeaderEpoch };
  }

  #deserialize(record: LogRecord, leaderEpoch: number, reading: Reading<K, V>): ConsumerRecord<K, V> {
    const { topic, partition } = this.partition;
    const { offset, timestamp, headers } = record;
    const read = <T>(part: 'key' | 'value', bytes: Uint8Array | null, deserialize: Deserializer<T>): T | null => {
      if (bytes === null) return null;
      try {
        return deserialize(bytes, topic);
      } catch (cause) {
        throw new DeserializationError(part, this.partition.name, offset, cause);
      }
    };
    const key = read('key', record.key, reading.keyDeserializer);
    const value = read('value', record.value, reading.valueDeserializer);
    return { topic, partition, offset, timestamp, key, value, headers, leaderEpoch };
  }
}
