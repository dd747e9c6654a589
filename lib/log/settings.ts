/** What can be chosen for a log. */

/**
 * When an append counts. `os`: when the operating system has it, so that it survives the death of the process but not a loss of power; this
 * is Kafka's default, which relies on other brokers having it too. `each-append`: when it is on the disk, as with `log.flush.interval.messages=1`.
 */
export type FlushPolicy = 'os' | 'each-append';

export interface LogSettings {
  /** A segment that would grow beyond this is closed, and the next begun. Default 1 GiB, as `log.segment.bytes`. */
  readonly segmentBytes?: number;
  /** A segment is closed when a batch comes that is this much later than its first one. Default 7 days, as `log.roll.ms`. */
  readonly segmentMs?: number;
  /** About how many bytes lie between two entries of an index. Default 4096, as `log.index.interval.bytes`. */
  readonly indexIntervalBytes?: number;
  /** Default `os`. */
  readonly flush?: FlushPolicy;
  /** Whose time records have, that of their producer or that of the broker. Default `create`, as `log.message.timestamp.type`. */
  readonly timestampType?: 'create' | 'append';
  /** Whether old segments are deleted. Default true: `log.cleanup.policy` with `delete`. */
  readonly delete?: boolean;
  /** Whether older records of a key go. Default false: `log.cleanup.policy` with `compact`. */
  readonly compact?: boolean;
  /** How old a segment gets before it is deleted, by its latest record; -1: no limit. Default 7 days, as `log.retention.ms`. */
  readonly retentionMs?: number;
  /** How large a log gets before its oldest segments are deleted; -1: no limit. Default -1, as `log.retention.bytes`. */
  readonly retentionBytes?: number;
  /** Which part of a log must be new before it is compacted. Default 0.5, as `log.cleaner.min.cleanable.ratio`. */
  readonly minCleanableDirtyRatio?: number;
  /** How long a tombstone stays after the compaction that first saw it. Default 1 day, as `log.cleaner.delete.retention.ms`. */
  readonly deleteRetentionMs?: number;
}

const DAY_MS = 86_400_000;
const defaults: Required<LogSettings> = {
  segmentBytes: 1024 ** 3,
  segmentMs: 7 * DAY_MS,
  indexIntervalBytes: 4096,
  flush: 'os',
  timestampType: 'create',
  delete: true,
  compact: false,
  retentionMs: 7 * DAY_MS,
  retentionBytes: -1,
  minCleanableDirtyRatio: 0.5,
  deleteRetentionMs: DAY_MS,
};

/** Positions in an index have 32 bits, of which Kafka uses 31. */
const MAX_SEGMENT_BYTES = 0x7fffffff;

/** The settings with their defaults. Throws a `RangeError` that says what is accepted. */
export function completed(settings: LogSettings): Required<LogSettings> {
  const chosen = { ...defaults, ...settings };
  const { segmentBytes, indexIntervalBytes } = chosen;
  if (!(segmentBytes > 0 && segmentBytes <= MAX_SEGMENT_BYTES)) {
    throw new RangeError(`segmentBytes is ${segmentBytes}: choose 1 to ${MAX_SEGMENT_BYTES}`);
  }
  if (!(indexIntervalBytes >= 0)) throw new RangeError(`indexIntervalBytes is ${indexIntervalBytes}: choose 0 or more`);
  return chosen;
}
