/**
 * Finding a record by its time. Segments whose largest time is earlier are passed over; in the first other one the time index says where to begin,
 * and from there it is a walk over headers. Only a batch that may hold the record is opened.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { type BatchHeader, eachRecord, type LogRecord, lastOffsetOf } from '../records/batch.ts';
import type { Codecs } from '../world/world.ts';
import type { Segment } from './segment.ts';

/** The place of a record, as a look-up by time finds it. */
export interface TimedOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

interface Range {
  /** The first offset of interest. */
  readonly from: number;
  /** The first one behind it. */
  readonly to: number;
}

/** The first record of this time or later in the order of offsets, or null when there is none. */
export async function firstSince(
  segments: readonly Segment[],
  timestamp: number,
  { from, to }: Range,
  codecs: Codecs,
): Promise<TimedOffset | null> {
  for (const segment of segments) {
    const largest = await segment.largestTimestamp();
    if (largest !== undefined && largest < timestamp) continue;
    for await (const { header } of segment.batchesSince(timestamp)) {
      if (header.baseOffset >= to) return null;
      if (lastOffsetOf(header) < from) continue;
      const found = await firstIn(segment, header, timestamp, from, codecs);
      if (found !== null) return found;
    }
  }
  return null;
}

/** A header promises a time that none of its records may have, or none from the right offset on. */
async function firstIn(
  segment: Segment,
  header: BatchHeader,
  timestamp: number,
  from: number,
  codecs: Codecs,
): Promise<TimedOffset | null> {
  const { bytes: batch } = await segment.read(header.baseOffset, header.sizeInBytes, lastOffsetOf(header) + 1);
  for (const record of recordsSince(from, batch, codecs)) {
    if (record.timestamp < timestamp) continue;
    return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: header.partitionLeaderEpoch };
  }
  return null;
}

/**
 * The records of a batch from an offset on: a log may begin inside a batch. They end where the batch cannot be read. Its producer has made it so, and
 * those who look for records of others must come past it.
 */
export function* recordsSince(from: number, batch: Uint8Array, codecs: Codecs): Iterable<LogRecord> {
  try {
    for (const record of eachRecord(batch, codecs)) if (record.offset >= from) yield record;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
}
