/** What can be chosen for a log. */

/**
 * When an append counts. `os`: when the operating system has it, so that it survives the death of the process but not a loss of power; this
 * is Kafka's default, which relies on other brokers having it too. `each-append`: when it is on the disk, as with `log.flush.interval.messages=1`.
 */
export type FlushPolicy = 'os' | 'each-append';

export interface LogSettings {
  /** A segment that would grow beyond this is closed, and the next begun. Default 1 GiB, as `log.segment.bytes`. */
  readonly segmentBytes?: number;
  /** About how many bytes lie between two entries of an index. Default 4096, as `log.index.interval.bytes`. */
  readonly indexIntervalBytes?: number;
  /** Default `os`. */
  readonly flush?: FlushPolicy;
}

/** Positions in an index have 32 bits, of which Kafka uses 31. */
const MAX_SEGMENT_BYTES = 0x7fffffff;

/** The settings with their defaults. Throws a `RangeError` that says what is accepted. */
export function completed(settings: LogSettings): Required<LogSettings> {
  const { segmentBytes = 1024 ** 3, indexIntervalBytes = 4096, flush = 'os' } = settings;
  if (!(segmentBytes > 0 && segmentBytes <= MAX_SEGMENT_BYTES)) {
    throw new RangeError(`segmentBytes is ${segmentBytes}: choose 1 to ${MAX_SEGMENT_BYTES}`);
  }
  if (!(indexIntervalBytes >= 0)) throw new RangeError(`indexIntervalBytes is ${indexIntervalBytes}: choose 0 or more`);
  return { segmentBytes, indexIntervalBytes, flush };
}
