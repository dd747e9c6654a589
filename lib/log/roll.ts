/**
 * Which segment a batch goes into, and when a segment is full.
 *
 * Only whole segments are deleted, and the one that is written to is never compacted, so segments must end sooner or later even where few records come.
 * A segment ends when the next batch would make it too large, when that batch is much later than the first one by the records' own
 * times, or when its offsets would no longer fit an index. It is the next batch that ends a segment: nothing happens to a log that nobody writes to.
 *
 * Source: `LogSegment.shouldRoll`, `timeWaitedForRoll`. A segment whose first batch has no time does not end by time here.
 */
import { type BatchHeader, lastOffsetOf } from '../records/batch.ts';
import { BatchTooLarge } from './errors.ts';
import type { Producers } from './producers.ts';
import type { Segment } from './segment.ts';

/** An index counts offsets from the base of its segment, in 32 bits of which Kafka uses 31. */
export const MAX_OFFSETS_IN_SEGMENT = 0x7fffffff;

/** A segment that is being filled, possibly before its files exist. */
export interface Filling {
  readonly baseOffset: number;
  /** What is remembered of producers where the segment begins; undefined for one whose files exist. */
  readonly snapshot: Uint8Array | undefined;
  bytes: number;
  /** The largest time of its first batch; undefined while it is empty. */
  firstTimestamp: number | undefined;
}

interface Limits {
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

/** Gives batches their places. It decides at once, while the segments before may still be on their way to the disk. */
export class Rolling {
  #filling: Filling;

  /** `active`: the last segment, which is written to. */
  constructor({ baseOffset, size, firstTimestamp }: Segment) {
    this.#filling = { baseOffset, snapshot: undefined, bytes: size, firstTimestamp };
  }

  /** The segment that is being filled. */
  get filling(): Filling {
    return this.#filling;
  }

  /** The segment for a batch: the one that is being filled, or the next when that is full. Throws `BatchTooLarge`. */
  place(header: BatchHeader, limits: Limits, producers: Producers): Filling {
    const { sizeInBytes, baseOffset, maxTimestamp } = header;
    const { segmentBytes } = limits;
    if (sizeInBytes > segmentBytes) {
      throw new BatchTooLarge(
        `a batch of ${sizeInBytes} bytes does not fit a segment of ${segmentBytes}: send smaller batches`,
      );
    }
    if (isFull(this.#filling, header, limits)) this.next(baseOffset, producers);
    this.#filling.bytes += sizeInBytes;
    this.#filling.firstTimestamp ??= maxTimestamp;
    return this.#filling;
  }

  /** Goes on to the next segment, full or not. */
  next(baseOffset: number, producers: Producers): Filling {
    this.#filling = { baseOffset, snapshot: producers.encode(), bytes: 0, firstTimestamp: undefined };
    return this.#filling;
  }
}

/** Whether the batch must go into the next segment. */
function isFull(
  { baseOffset, bytes, firstTimestamp }: Filling,
  header: BatchHeader,
  { segmentBytes, segmentMs }: Limits,
): boolean {
  if (bytes === 0) return false;
  if (bytes + header.sizeInBytes > segmentBytes) return true;
  if (lastOffsetOf(header) - baseOffset > MAX_OFFSETS_IN_SEGMENT) return true;
  return firstTimestamp !== undefined && firstTimestamp >= 0 && header.maxTimestamp - firstTimestamp > segmentMs;
}
