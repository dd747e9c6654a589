/** Finding a record by its time. It is a walk over headers from the start: there is no time index yet. */
import { type BatchHeader, decodeBatch, lastOffsetOf } from '../records/batch.ts';
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
  const batch = await segment.read(header.baseOffset, header.sizeInBytes, lastOffsetOf(header) + 1);
  const record = decodeBatch(batch, codecs).find((one) => one.timestamp >= timestamp && one.offset >= from);
  if (record === undefined) return null;
  return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: header.partitionLeaderEpoch };
}
