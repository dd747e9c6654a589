/**
 * Which records stay when a log is compacted: of each key the last one.
 *
 * A compacted log is a table written as its history. Who reads it from the start knows, in the end, the last value of every key, and that must be so after
 * a compaction as before. So the last record of a key stays, with its offset and its place in the order, and the ones before it go. A
 * record without a value, a tombstone, says that the key is gone. It goes too, but later: somebody who is reading the log must have time to
 * come across it. When a compaction meets a tombstone for the first time it writes into its batch when that time will be over.
 *
 * A batch that cannot be opened, whose producer has filled it with anything, stays as it is.
 *
 * Source: `Cleaner.shouldRetainRecord`, `MemoryRecords.filterTo`; KIP-534.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { type Batch, decodeBatch, deleteHorizonOf, eachRecord, lastOffsetOf, retainRecords } from '../records/batch.ts';
import type { Codecs } from '../world/world.ts';

/** What a map entry takes beside the key, roughly. */
const ENTRY_BYTES = 64;

/** The last offset of each key, as far as there is room; it reaches up to `end`. */
export class LastOffsets {
  readonly #offsets = new Map<string, number>();
  readonly #capacityBytes: number;
  #bytes = 0;
  #end: number;

  /** `start`: everything before it has been compacted already, and need not be looked at. */
  constructor(start: number, capacityBytes: number) {
    this.#end = start;
    this.#capacityBytes = capacityBytes;
  }

  /** Every record before this offset has been seen. */
  get end(): number {
    return this.#end;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#capacityBytes;
  }

  /** Takes the records of a batch, all of them, so that there is progress however large it is. */
  add({ header, bytes }: Batch, codecs: Codecs): void {
    if (lastOffsetOf(header) < this.#end) return;
    const offsets = header.isControl ? undefined : unlessUnreadable(() => offsetsIn(bytes, codecs));
    for (const [key, offset] of offsets ?? []) this.#set(key, offset);
    this.#end = lastOffsetOf(header) + 1;
  }

  /** Whether a later record has the same key. What lies behind `end` has not been looked at, so there nothing is superseded. */
  isSuperseded(key: Uint8Array, offset: number): boolean {
    return offset < (this.#offsets.get(textOf(key)) ?? -1);
  }

  #set(key: string, offset: number): void {
    if (!this.#offsets.has(key)) this.#bytes += key.length + ENTRY_BYTES;
    this.#offsets.set(key, offset);
  }
}

export interface Compaction {
  readonly last: LastOffsets;
  /** Of each producer that is remembered, the last offset: its batch stays, if only as a header, or its next number would not be known. */
  readonly lastOfProducers: ReadonlyMap<number, number>;
  readonly now: number;
  readonly deleteRetentionMs: number;
}

/** What is left of a batch: its own bytes when nothing changes, undefined when nothing is left. */
export function compacted(batch: Batch, compaction: Compaction, codecs: Codecs): Uint8Array | undefined {
  const { header, bytes } = batch;
  const { last, lastOfProducers, now, deleteRetentionMs } = compaction;
  const isNeeded = header.producerId >= 0 && lastOfProducers.get(header.producerId) === lastOffsetOf(header);
  if (header.recordCount === 0) return isNeeded ? bytes : undefined;
  if (header.isControl || header.baseOffset >= last.end) return bytes;
  const horizon = deleteHorizonOf(bytes, header);
  const all = unlessUnreadable(() => decodeBatch(bytes, codecs));
  if (all === undefined) return bytes;
  const records = all.filter(({ key, value, offset }) => {
    if (offset >= last.end) return true;
    // A record without a key can only be from a time when the topic was not compacted: there is nothing that it is the last of.
    if (key === null || last.isSuperseded(key, offset)) return false;
    return value !== null || horizon === undefined || now < horizon;
  });
  if (records.length === 0 && !isNeeded) return undefined;
  const hasTombstones = records.some(({ value }) => value === null);
  const deleteHorizonMs = horizon ?? (hasTombstones ? now + deleteRetentionMs : undefined);
  if (records.length === all.length && deleteHorizonMs === horizon) return bytes;
  return retainRecords(bytes, header, { records, deleteHorizonMs }, codecs);
}

/** The last offset of each key in one batch. */
function offsetsIn(bytes: Uint8Array, codecs: Codecs): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const { key, offset } of eachRecord(bytes, codecs)) if (key !== null) offsets.set(textOf(key), offset);
  return offsets;
}

/** All that a batch has or, where it breaks off, nothing: a part would supersede other records, and no client could read it. */
function unlessUnreadable<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

/** Bytes as a text that a map can compare: one character for each. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
