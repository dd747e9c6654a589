/**
 * The time index of a segment: which offset to begin at when looking for a time.
 *
 * Times in a log need not grow, since producers set them. What grows is the largest time so far, and that is what is listed: "up to offset 417
 * no record is later than 10:30". Whoever looks for 10:31 begins behind that. An entry takes twelve bytes, a time in 64 bits and an offset
 * in 32, counted from the base of the segment; there is at most one for every entry of the offset index, and one more when the segment is full, so that
 * the last entry tells how old the segment is without a look into it.
 *
 * As with the offset index, nothing depends on it for being right: an entry is believed only when the batch that it names has that time, and what
 * is lost or damaged is made again from the log.
 *
 * Source: `TimeIndex.java`; the format is Kafka's, and so is the offset, which is the last one of the batch.
 */
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { type BatchHeader, lastOffsetOf } from '../records/batch.ts';
import type { Disk, DiskFile } from '../world/world.ts';

const ENTRY_BYTES = 12;
export const NO_TIMESTAMP = -1;

export interface TimeIndexEntry {
  /** The largest time up to here. */
  readonly timestamp: number;
  /** The last offset of the batch that has it. */
  readonly offset: number;
}

export class TimeIndex {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #baseOffset: number;
  #entries: TimeIndexEntry[] = [];
  /** The largest time that was added; undefined when entries were read from a file, which may have lost its end. */
  #largest: TimeIndexEntry | undefined = { timestamp: NO_TIMESTAMP, offset: -1 };
  #saved = 0;
  /** Open from the first save on. Most segments of a small log never need the file, and full ones need it once. */
  #file: DiskFile | undefined;

  constructor(disk: Disk, path: string, baseOffset: number) {
    this.#disk = disk;
    this.#path = path;
    this.#baseOffset = baseOffset;
  }

  get entries(): readonly TimeIndexEntry[] {
    return this.#entries;
  }

  /** The largest time of the segment and where it is; undefined when only the log can tell. */
  get largest(): TimeIndexEntry | undefined {
    return this.#largest;
  }

  /** Takes note of what was found in the log by whoever had to look. */
  knowLargest(entry: TimeIndexEntry): void {
    this.#largest = entry;
  }

  /** The last entry before `timestamp`: every record of that time or later lies behind its offset. Undefined: begin at the start. */
  before(timestamp: number): TimeIndexEntry | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle].timestamp < timestamp) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low - 1];
  }

  /** Takes note of the batch behind all others. */
  add(header: BatchHeader): void {
    const { maxTimestamp } = header;
    if (this.#largest !== undefined && maxTimestamp > this.#largest.timestamp) {
      this.#largest = { timestamp: maxTimestamp, offset: lastOffsetOf(header) };
    }
  }

  /** Makes an entry of the largest time so far, unless it has one. */
  mark(): void {
    const last = this.#entries.at(-1)?.timestamp ?? NO_TIMESTAMP;
    if (this.#largest !== undefined && this.#largest.timestamp > last) this.#entries.push(this.#largest);
  }

  /** Whether there are entries that `save` would write. */
  get hasNew(): boolean {
    return this.#entries.length > this.#saved;
  }

  /** Appends the new entries to the file. There is no sync: what a crash takes from an index is made again. */
  async save(): Promise<void> {
    const unsaved = this.#entries.slice(this.#saved);
    if (unsaved.length === 0) return;
    const writer = new Writer(unsaved.length * ENTRY_BYTES);
    for (const { timestamp, offset } of unsaved) {
      writer.int64(timestamp);
      writer.uint32(offset - this.#baseOffset);
    }
    this.#file ??= await this.#disk.open(this.#path);
    this.#saved += unsaved.length;
    await this.#file.append(writer.finish());
  }

  /**
   * Reads the file of a segment that is full. Answers false when it cannot be the time index of offsets before `endOffset`: half an entry, none at all,
   * or times or offsets that do not grow.
   */
  async load(endOffset: number): Promise<boolean> {
    const file = await this.#disk.open(this.#path);
    const bytes = new Uint8Array(file.size);
    const filled = await file.readInto(0, bytes);
    await file.close();
    if (filled !== bytes.length || filled === 0 || filled % ENTRY_BYTES !== 0) return false;
    const reader = new Reader(bytes);
    const entries: TimeIndexEntry[] = [];
    let before: TimeIndexEntry = { timestamp: NO_TIMESTAMP, offset: this.#baseOffset - 1 };
    while (reader.remaining > 0) {
      const entry = { timestamp: readTime(reader), offset: this.#baseOffset + reader.uint32() };
      if (!(entry.timestamp > before.timestamp && entry.offset > before.offset && entry.offset < endOffset))
        return false;
      entries.push(entry);
      before = entry;
    }
    this.#entries = entries;
    this.#saved = entries.length;
    this.#largest = undefined;
    return true;
  }

  /** Forgets everything, in the file too; what is added afterwards is all there is. */
  async clear(): Promise<void> {
    this.#entries = [];
    this.#saved = 0;
    this.#largest = { timestamp: NO_TIMESTAMP, offset: -1 };
    if (this.#file === undefined && !(await this.#isOnDisk())) return;
    this.#file ??= await this.#disk.open(this.#path);
    if (this.#file.size > 0) await this.#file.truncate(0);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #isOnDisk(): Promise<boolean> {
    return (await this.#disk.list(this.#path.slice(0, this.#path.lastIndexOf('/')))).includes(this.#path);
  }
}

/** As `reader.int64`, without its limits: a damaged time is to be found by what it says, not by an error. */
function readTime(reader: Reader): number {
  const high = reader.int32();
  return high * 2 ** 32 + reader.uint32();
}
