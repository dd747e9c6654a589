/**
 * What a partition remembers of idempotent producers, so that a batch sent twice is written once.
 *
 * A producer that gets no answer cannot know whether its batch was written, so it sends it again. It numbers its records: each batch says which
 * producer it comes from, and with which sequence number it begins. The partition keeps the last five batches of each producer, five because
 * that is how many requests a producer may have under way. A batch that is among them is a duplicate, one that continues them is new, and
 * anything else means that something before it is missing. The epoch grows when a producer starts again; what still comes from an older epoch
 * is refused.
 *
 * Source: KIP-98, KIP-360; `ProducerStateManager.java`, `ProducerAppendInfo.java`, `ProducerStateEntry.java`.
 */
import { crc32c } from '../bytes/crc32c.ts';
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { type BatchHeader, lastOffsetOf } from '../records/batch.ts';

const REMEMBERED_BATCHES = 5;
const MAX_SEQUENCE = 0x7fffffff;
const SNAPSHOT_VERSION = 3;

interface WrittenBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The time of its latest record. */
  readonly timestamp: number;
}

interface ProducerState {
  readonly epoch: number;
  /** The time of its last batch, by the records. */
  readonly lastTimestamp: number;
  /** The last ones, oldest first. */
  readonly batches: readonly WrittenBatch[];
}

/** Where a batch was written when it came for the first time. */
export interface Duplicate {
  readonly duplicateOf: number;
  readonly lastOffset: number;
  /** The time of its latest record, whoever set it. */
  readonly timestamp: number;
}

/** Why a batch may not be written: the name of an error in `protocol/errors.ts`. */
export interface Refusal {
  readonly error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH';
}

export class Producers {
  readonly #states = new Map<number, ProducerState>();

  /** How many producers are remembered. */
  get count(): number {
    return this.#states.size;
  }

  /**
   * What is to be done with a batch that a producer sent. Of a producer that is not known any batch is taken: its past may have been deleted
   * with old segments (KIP-360). A batch older than the five remembered counts as out of order, as in Kafka since 1.1.
   */
  check(header: BatchHeader): 'append' | Duplicate | Refusal {
    const state = header.producerId < 0 ? undefined : this.#states.get(header.producerId);
    if (state === undefined) return 'append';
    if (header.producerEpoch < state.epoch) return { error: 'INVALID_PRODUCER_EPOCH' };
    const current = header.producerEpoch === state.epoch ? state.batches : [];
    const lastSequence = lastSequenceOf(header);
    const twin = current.find(
      (batch) => batch.baseSequence === header.baseSequence && batch.lastSequence === lastSequence,
    );
    if (twin !== undefined) {
      return { duplicateOf: twin.baseOffset, lastOffset: twin.lastOffset, timestamp: twin.timestamp };
    }
    const expected = nextSequence(current.at(-1)?.lastSequence ?? -1);
    return header.baseSequence === expected ? 'append' : { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
  }

  /** Takes note of a batch that has its place in the log. */
  add(header: BatchHeader): void {
    if (header.producerId < 0) return;
    const state = this.#states.get(header.producerId);
    const before = state?.epoch === header.producerEpoch ? state.batches : [];
    // The marker of a transaction carries the epoch of its producer, and no sequence.
    const batches = header.isControl ? before : [...before.slice(1 - REMEMBERED_BATCHES), written(header)];
    this.#states.set(header.producerId, {
      epoch: header.producerEpoch,
      lastTimestamp: header.maxTimestamp,
      batches,
    });
  }

  /**
   * Forgets the producers whose last batch is as old as `producer.id.expiration.ms`, or the memory would grow with every producer that there ever was. One
   * that comes back is a stranger, and may begin with any number. Answers how many were forgotten.
   */
  forget(now: number, expirationMs: number): number {
    const before = this.#states.size;
    for (const [producerId, { lastTimestamp }] of this.#states) {
      if (now - lastTimestamp >= expirationMs) this.#states.delete(producerId);
    }
    return before - this.#states.size;
  }

  /** The last offset of each producer that is remembered with its numbers. */
  lastOffsets(): ReadonlyMap<number, number> {
    const last = new Map<number, number>();
    for (const [producerId, { batches }] of this.#states) {
      if (batches.length > 0) last.set(producerId, batches[batches.length - 1].lastOffset);
    }
    return last;
  }

  /** All that is remembered, as the content of a file. A checksum in front tells a whole file from a torn one. */
  encode(): Uint8Array {
    const writer = new Writer(16 + this.#states.size * 64);
    writer.uint32(0);
    writer.int16(SNAPSHOT_VERSION);
    writer.int32(this.#states.size);
    for (const [producerId, { epoch, lastTimestamp, batches }] of this.#states) {
      writer.int64(producerId);
      writer.int16(epoch);
      writer.int64(lastTimestamp);
      writer.int8(batches.length);
      for (const batch of batches) {
        writer.int32(batch.baseSequence);
        writer.int32(batch.lastSequence);
        writer.int64(batch.baseOffset);
        writer.int64(batch.lastOffset);
        writer.int64(batch.timestamp);
      }
    }
    const bytes = concat(writer.finish());
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, crc32c(bytes, 4));
    return bytes;
  }

  /** The reverse of `encode`; undefined when the bytes are not a whole file of this version. */
  static decode(bytes: Uint8Array): Producers | undefined {
    try {
      const reader = new Reader(bytes);
      if (reader.uint32() !== crc32c(bytes, 4) || reader.int16() !== SNAPSHOT_VERSION) return undefined;
      const producers = new Producers();
      for (let count = reader.int32(); count > 0; count--) {
        const producerId = reader.int64();
        const epoch = reader.int16();
        const lastTimestamp = reader.int64();
        const batches = Array.from({ length: reader.int8() }, () => readBatch(reader));
        producers.#states.set(producerId, { epoch, lastTimestamp, batches });
      }
      return producers;
    } catch (error) {
      if (error instanceof MalformedBytes) return undefined;
      throw error;
    }
  }
}

function readBatch(reader: Reader): WrittenBatch {
  const baseSequence = reader.int32();
  const lastSequence = reader.int32();
  const baseOffset = reader.int64();
  const lastOffset = reader.int64();
  return { baseSequence, lastSequence, baseOffset, lastOffset, timestamp: reader.int64() };
}

function written(header: BatchHeader): WrittenBatch {
  return {
    baseSequence: header.baseSequence,
    lastSequence: lastSequenceOf(header),
    baseOffset: header.baseOffset,
    lastOffset: lastOffsetOf(header),
    timestamp: header.maxTimestamp,
  };
}

/** Sequence numbers have 31 bits and begin again at 0. */
function lastSequenceOf({ baseSequence, lastOffsetDelta }: BatchHeader): number {
  const last = baseSequence + lastOffsetDelta;
  return last > MAX_SEQUENCE ? last - MAX_SEQUENCE - 1 : last;
}

function nextSequence(sequence: number): number {
  return sequence === MAX_SEQUENCE ? 0 : sequence + 1;
}
