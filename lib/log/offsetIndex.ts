/**
 * The offset index of a segment: a short list that says where in the file to begin looking.
 *
 * Batches differ in length, so the place of an offset cannot be computed, and walking from the start of a gigabyte takes too long. An entry "the
 * batch with base offset 417 begins at byte 8312" for about every 4096 bytes leaves at most that much to walk. An entry takes eight bytes, two
 * 32-bit numbers, the offset counted from the base of the segment. Kafka's entries look the same, and name the last offset of the batch
 * instead of the first; the first can be checked against what comes before it.
 *
 * Nothing depends on the index for being right: it can be made again from the log, and whoever follows an entry checks that the promised batch
 * is there.
 *
 * Source: `OffsetIndex.java`, `LogSegment.append`.
 */
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import type { DiskFile } from '../world/world.ts';
import type { Step } from './walk.ts';

const ENTRY_BYTES = 8;

export interface IndexEntry {
  /** The base offset of a batch. */
  readonly offset: number;
  /** Where in the log file that batch begins. */
  readonly position: number;
}

export class OffsetIndex {
  readonly #file: DiskFile;
  readonly #baseOffset: number;
  readonly #intervalBytes: number;
  #entries: IndexEntry[] = [];
  /** How many entries are in the file. */
  #saved = 0;
  /** Whether the entries were made from the log by this process; those read from a file are believed only after a look at the log. */
  #trusted = true;

  constructor(file: DiskFile, baseOffset: number, intervalBytes: number) {
    this.#file = file;
    this.#baseOffset = baseOffset;
    this.#intervalBytes = intervalBytes;
  }

  get entries(): readonly IndexEntry[] {
    return this.#entries;
  }

  get trusted(): boolean {
    return this.#trusted;
  }

  /** The last entry at or before `offset`, or the start of the segment: the batch that holds `offset` begins there or later. */
  floor(offset: number): IndexEntry {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle].offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? { offset: this.#baseOffset, position: 0 } : this.#entries[low - 1];
  }

  /** Takes note of the batch behind all others; makes an entry when enough bytes have passed since the last one, and answers whether it did. */
  add({ header, position }: Step): boolean {
    const since = position - (this.#entries.at(-1)?.position ?? 0);
    if (since <= this.#intervalBytes) return false;
    this.#entries.push({ offset: header.baseOffset, position });
    return true;
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
    for (const { offset, position } of unsaved) {
      writer.uint32(offset - this.#baseOffset);
      writer.uint32(position);
    }
    this.#saved = this.#entries.length;
    await this.#file.append(writer.finish());
  }

  /**
   * Reads the file of a segment that is full. Answers false when it cannot be the index of a log of `logBytes`: half an entry, entries out of
   * order or behind the end, or none where there must be some.
   */
  async load(logBytes: number): Promise<boolean> {
    const bytes = new Uint8Array(this.#file.size);
    const filled = await this.#file.readInto(0, bytes);
    if (filled !== bytes.length || filled % ENTRY_BYTES !== 0) return false;
    const reader = new Reader(bytes);
    const entries: IndexEntry[] = [];
    let before: IndexEntry = { offset: this.#baseOffset, position: 0 };
    while (reader.remaining > 0) {
      const entry = { offset: this.#baseOffset + reader.uint32(), position: reader.uint32() };
      if (entry.offset <= before.offset || entry.position <= before.position || entry.position >= logBytes)
        return false;
      entries.push(entry);
      before = entry;
    }
    this.#entries = entries;
    this.#saved = entries.length;
    this.#trusted = false;
    return entries.length > 0 || logBytes <= this.#intervalBytes;
  }

  /** Makes the index again: `fill` adds every batch of the segment, from the first on. */
  async remake(fill: () => Promise<void>): Promise<void> {
    this.#entries = [];
    await fill();
    this.#saved = 0;
    this.#trusted = true;
    if (this.#file.size > 0) await this.#file.truncate(0);
    await this.save();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
