/**
 * Compacts a log, a few segments at a time, while it is written to and read.
 *
 * Two passes: the first reads what is new since the last time and notes the last offset of every key; the second copies all segments up to there
 * without what has been superseded, and puts each copy in the place of its original. The segment that is being written is left alone, and so is
 * what is not yet safe. A compaction reads and writes all of a log, so it waits until a good part of the log is new. What
 * is emptied becomes one bare header for the whole stretch, so that offsets in a file still follow each other without a gap.
 *
 * Source: `LogCleaner.scala`, `LogCleanerManager.scala`.
 */
import { concat } from '../bytes/writer.ts';
import { type BatchHeader, emptyBatch, lastOffsetOf } from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import type { Codecs, Disk, DiskFile } from '../world/world.ts';
import { readCleanedOffset, writeCleanedOffset } from './cleanedOffset.ts';
import { type Compaction, compacted, LastOffsets } from './compaction.ts';
import { MAX_OFFSETS_IN_SEGMENT } from './roll.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import type { LogSettings } from './settings.ts';
import { cleanedPath } from './swap.ts';

/** How much memory the map of keys may take, as `log.cleaner.dedupe.buffer.size`. */
const KEYS_BYTES = 128 << 20;
const WRITE_BYTES = 1 << 20;

/** A log as its cleaner sees it. */
export interface Cleanable {
  readonly segments: Segments;
  readonly settings: Required<LogSettings>;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Nothing at or behind this offset is touched: the high watermark. */
  readonly upTo: number;
  readonly lastOfProducers: ReadonlyMap<number, number>;
  /** Asked between batches: whether to stop, leaving everything as it is. */
  readonly stopped: () => boolean;
  /** Puts the finished file in the place of these segments. */
  readonly replace: (group: readonly Segment[]) => Promise<void>;
}

/** The part of a log that may be compacted. */
interface Part {
  readonly segments: readonly Segment[];
  /** Where the segment behind them begins. */
  readonly end: number;
  /** Everything before it has been compacted once. */
  readonly cleanedTo: number;
}

export class Cleaner {
  readonly #host: Host;
  readonly #folder: string;
  /** Undefined until somebody asks: most logs are never compacted. */
  #cleanedTo: number | undefined;

  constructor(host: Host, folder: string) {
    this.#host = host;
    this.#folder = folder;
  }

  // #region clean
  /** Compacts the log, if enough of it is new. Answers whether it did. */
  async clean(log: Cleanable): Promise<boolean> {
    const part = await this.#partOf(log);
    if (part === undefined || !isDirtyEnough(part, log.settings.minCleanableDirtyRatio)) return false;
    const { disk, codecs, clock, trace, name } = this.#host;
    const bytesBefore = log.segments.sizeInBytes;
    const last = new LastOffsets(part.cleanedTo, KEYS_BYTES);
    await noteKeys(part, last, codecs, log.stopped);
    const { deleteRetentionMs, segmentBytes } = log.settings;
    const compaction = { last, lastOfProducers: log.lastOfProducers, now: clock.wallMs(), deleteRetentionMs };
    for (const group of groupsOf(part, last.end, segmentBytes)) {
      const isChanged = await this.#copy(group, compaction, log.stopped);
      if (log.stopped()) return false;
      if (isChanged) await log.replace(group);
    }
    await writeCleanedOffset(disk, this.#folder, last.end);
    this.#cleanedTo = last.end;
    const bytesAfter = log.segments.sizeInBytes;
    trace.record(name, 'log.compacted', { folder: this.#folder, offset: last.end, bytesBefore, bytesAfter });
    return true;
  }
  // #endregion clean

  /** All segments but the one that is written to, as far as they are safe. */
  async #partOf({ segments, startOffset, endOffset, upTo }: Cleanable): Promise<Part | undefined> {
    const { all } = segments;
    const safe = all.filter((_, index) => index + 1 < all.length && all[index + 1].baseOffset <= upTo);
    if (safe.length === 0) return undefined;
    this.#cleanedTo ??= await readCleanedOffset(this.#host.disk, this.#folder);
    const cleanedTo = this.#cleanedTo > endOffset ? startOffset : Math.max(this.#cleanedTo, startOffset);
    return { segments: safe, end: all[safe.length].baseOffset, cleanedTo };
  }

  /** Writes what is left of a group into one file. Answers whether anything has changed; if not, or when it is stopped, there is no file. */
  async #copy(group: readonly Segment[], compaction: Compaction, stopped: () => boolean): Promise<boolean> {
    const { disk, codecs } = this.#host;
    const path = cleanedPath(this.#folder, group[0].baseOffset);
    const output = await CleanedFile.create(disk, path);
    let isWanted = false;
    try {
      let isChanged = group.length > 1;
      for (const segment of group) {
        for await (const batch of segment.batches()) {
          if (stopped()) return false;
          const left = compacted(batch, compaction, codecs);
          isChanged ||= left !== batch.bytes && !isBare(batch.header);
          if (left === undefined) output.skip(batch.header);
          else await output.write(left);
        }
      }
      if (isChanged) await output.finish();
      isWanted = isChanged;
    } finally {
      await output.close();
      if (!isWanted) await disk.remove(path);
    }
    return isWanted;
  }
}

/** Whether enough is new: more than `ratio` of what could be compacted. Source: `LogToClean.cleanableRatio`. */
function isDirtyEnough({ segments, end, cleanedTo }: Part, ratio: number): boolean {
  const bytes = (some: readonly Segment[]) => some.reduce((sum, { size }) => sum + size, 0);
  const clean = bytes(segments.filter(({ baseOffset }) => baseOffset < cleanedTo));
  const dirty = bytes(segments.filter((_, index) => endOf({ segments, end }, index) > cleanedTo));
  return dirty > 0 && dirty / (clean + dirty) > ratio;
}

async function noteKeys(part: Part, last: LastOffsets, codecs: Codecs, stopped: () => boolean): Promise<void> {
  for (const segment of part.segments.filter((_, index) => endOf(part, index) > part.cleanedTo)) {
    for await (const batch of segment.batches()) {
      if (last.isFull || stopped()) return;
      last.add(batch, codecs);
    }
  }
}

/** Neighbours that fit one segment together become one, or a log would end up as many small ones. */
function groupsOf(part: Part, upTo: number, segmentBytes: number): Segment[][] {
  const groups: Segment[][] = [];
  let bytes = 0;
  for (const [index, segment] of part.segments.entries()) {
    if (segment.baseOffset >= upTo) break;
    const group = groups[groups.length - 1];
    const fits =
      group !== undefined &&
      bytes + segment.size <= segmentBytes &&
      endOf(part, index) - group[0].baseOffset <= MAX_OFFSETS_IN_SEGMENT;
    if (fits) group.push(segment);
    else groups.push([segment]);
    bytes = (fits ? bytes : 0) + segment.size;
  }
  return groups;
}

function endOf({ segments, end }: Pick<Part, 'segments' | 'end'>, index: number): number {
  return segments[index + 1]?.baseOffset ?? end;
}

/** A stretch that was emptied before is written again as it was. */
function isBare({ recordCount, producerId }: BatchHeader): boolean {
  return recordCount === 0 && producerId < 0;
}

/** The file that is being written, in large pieces. */
class CleanedFile {
  readonly #file: DiskFile;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** The stretch that was emptied and has not been written yet. */
  #empty: { readonly from: number; readonly to: number; readonly leaderEpoch: number } | undefined;

  static async create(disk: Disk, path: string): Promise<CleanedFile> {
    const file = await disk.open(path);
    if (file.size > 0) await file.truncate(0);
    return new CleanedFile(file);
  }

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  skip(header: BatchHeader): void {
    const from = this.#empty?.from ?? header.baseOffset;
    this.#empty = { from, to: lastOffsetOf(header), leaderEpoch: header.partitionLeaderEpoch };
  }

  async write(batch: Uint8Array): Promise<void> {
    this.#endStretch();
    // A copy, since what was read is a view of a large piece that would be kept with it.
    this.#push(batch.slice());
    if (this.#bytes >= WRITE_BYTES) await this.#flush();
  }

  async finish(): Promise<void> {
    this.#endStretch();
    await this.#flush();
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #endStretch(): void {
    if (this.#empty === undefined) return;
    this.#push(emptyBatch(this.#empty.from, this.#empty.to, this.#empty.leaderEpoch));
    this.#empty = undefined;
  }

  #push(batch: Uint8Array): void {
    this.#chunks.push(batch);
    this.#bytes += batch.length;
  }

  async #flush(): Promise<void> {
    const bytes = concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    if (bytes.length > 0) await this.#file.append([bytes]);
  }
}
