/**
 * The batches of one partition: those that wait, those that are on their way, and the numbers that keep them in order.
 *
 * Up to five batches may be on their way at once. When the second of them fails and the third does not, order is saved by numbers: the
 * broker refuses the third, because the second is missing before it, and both come back here, to their old places.
 */
import { nameOf } from '../topicPartition.ts';
import { ProducerBatch, type ProducerIdentity } from './batch.ts';
import type { OutgoingRecord } from './record.ts';

/** Sequence numbers go from 0 to 2^31 - 1 and then begin again. */
const SEQUENCES = 2 ** 31;

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly inFlight: ProducerBatch[] = [];
  #waiting: ProducerBatch[] = [];
  #batches = 0;
  #identity: ProducerIdentity | undefined;
  #nextSequence = 0;
  #isKnown = false;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get name(): string {
    return nameOf(this);
  }

  /** The batches that are not on their way, in the order in which they will go. */
  get waiting(): readonly ProducerBatch[] {
    return this.#waiting;
  }

  /** Puts a record into the last batch, or into a new one when it would not fit. Answers whether the batch with the record is full. */
  add(record: OutgoingRecord, now: number, batchSizeBytes: number): boolean {
    const last = this.#waiting.at(-1);
    const isOpen = last !== undefined && !last.isClosed;
    const fits = isOpen && last.sizeInBytes + record.sizeInBytes <= batchSizeBytes;
    if (isOpen && !fits) last.isClosed = true;
    const batch = fits ? last : new ProducerBatch(now, this.#batches++);
    if (!fits) this.#waiting.push(batch);
    batch.add(record);
    if (batch.sizeInBytes >= batchSizeBytes) batch.isClosed = true;
    return batch.isClosed;
  }

  /** The first waiting batch leaves the queue and is on its way. */
  take(): ProducerBatch {
    const batch = this.#waiting.shift()!;
    batch.isClosed = true;
    batch.attempts++;
    this.inFlight.push(batch);
    return batch;
  }

  /** A batch comes back to be sent again, to its old place: before all that were made after it. */
  giveBack(batch: ProducerBatch): void {
    this.arrived(batch);
    const later = this.#waiting.findIndex(({ order }) => order > batch.order);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, batch);
  }

  /** A batch is no longer on its way. */
  arrived(batch: ProducerBatch): void {
    const index = this.inFlight.indexOf(batch);
    if (index >= 0) this.inFlight.splice(index, 1);
  }

  /** A waiting batch is given up. */
  drop(batch: ProducerBatch): void {
    this.#waiting = this.#waiting.filter((other) => other !== batch);
  }

  // #region sequences
  /**
   * Numbers the first waiting batch. A batch that has its number keeps it, so that the broker can recognise it: it may have been written, also when its
   * producer has a new identity since. Numbers under that one begin anew, and only when none is left under the old one; until then the answer is false.
   */
  number(identity: ProducerIdentity): boolean {
    const [batch] = this.#waiting;
    if (batch.place !== undefined && batch.place.identity === this.#identity) return true;
    if (this.#identity !== identity) {
      if (this.inFlight.length > 0) return false;
      this.#identity = identity;
      this.#nextSequence = 0;
      this.#isKnown = false;
      for (const waiting of this.#waiting) waiting.place = undefined;
    }
    batch.place = { identity, baseSequence: this.#nextSequence };
    this.#nextSequence = (this.#nextSequence + batch.records.length) % SEQUENCES;
    return true;
  }

  /** The broker will not take the numbers given so far, so nothing that is still here has been written: all get new ones. */
  startAnew(): void {
    this.#identity = undefined;
  }

  acknowledged(): void {
    this.#isKnown = true;
  }

  /**
   * Whether the first waiting batch may go beside those on their way, of which there may be `limit`. Two cases are stricter. The leader takes any
   * number from a producer of which it has nothing yet: the first batch goes alone, since it could not be written after the second. And the leader
   * knows only the last five batches again: one that is sent once more goes before all others, and nothing goes beside it.
   */
  hasRoom(limit: number): boolean {
    const [first] = this.#waiting;
    if (!this.#isKnown) return this.inFlight.length === 0;
    if (this.inFlight.some(({ attempts, order }) => attempts > 1 || (first.attempts > 0 && order < first.order)))
      return false;
    return this.inFlight.length < limit;
  }

  /** Whether no batch before this one is still to be acknowledged: if the broker misses one all the same, it has lost it, or we have given it up. */
  isNext({ order }: ProducerBatch): boolean {
    return [...this.inFlight, ...this.#waiting].every((other) => other.order >= order);
  }
  // #endregion sequences
}
