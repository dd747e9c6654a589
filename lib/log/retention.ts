/**
 * Which old segments go: a log keeps its records for a time, or up to a size, and then loses the oldest.
 *
 * Only whole segments go, from the oldest on, up to the first that has to stay. A segment is as old as its latest record, so one record from the
 * future keeps a segment and all behind it. By size a segment goes only when the rest is still as large as was asked for. Even the
 * segment that is written to may go, by time, when all that is in it is safe; what is not above the high watermark alone goes.
 *
 * Source: `UnifiedLog.deleteOldSegments`, `deletableSegments`.
 */
import type { Segment } from './segment.ts';

export interface SegmentFacts {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** The latest time of a record; -1 when it has none, or cannot be read: then it counts as old as the segment behind it. */
  readonly largestTimestamp: number;
}

export interface RetentionLimits {
  readonly now: number;
  /** -1: no limit. */
  readonly retentionMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  /** Nothing at or behind this offset may go: the high watermark. */
  readonly upTo: number;
  readonly logEndOffset: number;
}

/** A segment that cannot be read does not keep the log from ageing. */
export async function factsOf(segment: Segment): Promise<SegmentFacts> {
  const largestTimestamp = (await segment.largestTimestamp()) ?? -1;
  return { baseOffset: segment.baseOffset, sizeInBytes: segment.size, largestTimestamp };
}

/** Where the log shall begin, or undefined when nothing goes. */
export function retentionCut(segments: readonly SegmentFacts[], limits: RetentionLimits): number | undefined {
  const { now, retentionMs, retentionBytes, upTo, logEndOffset } = limits;
  const endOf = (index: number) => segments[index + 1]?.baseOffset ?? logEndOffset;
  const mayGo = (index: number) => {
    const isEmptyLast = index === segments.length - 1 && segments[index].sizeInBytes === 0;
    return index < segments.length && endOf(index) <= upTo && !isEmptyLast;
  };
  let gone = 0;
  let tooMuch = segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) - retentionBytes;
  while (retentionBytes >= 0 && mayGo(gone) && tooMuch - segments[gone].sizeInBytes >= 0) {
    tooMuch -= segments[gone].sizeInBytes;
    gone++;
  }
  while (retentionMs >= 0 && mayGo(gone) && isOlder(segments.slice(gone), now - retentionMs)) gone++;
  return gone === 0 ? undefined : endOf(gone - 1);
}

/** Whether the first of these segments ends before `time`. */
function isOlder(segments: readonly SegmentFacts[], time: number): boolean {
  const known = segments.find(({ largestTimestamp }) => largestTimestamp >= 0);
  return known !== undefined && known.largestTimestamp < time;
}
