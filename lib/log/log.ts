/**
 * The log of one partition: batches in the order in which they were appended, each record with its offset.
 *
 * There is one order, and it is made in `append`, which never waits: a batch gets its offsets and its place in the queue in one go, so two
 * appends cannot get the same offset, nor be written the other way round. The disk works through the queue behind that, and takes whatever
 * has gathered meanwhile in one write. An append counts only when its promise `written` resolves; what that takes is said by the flush policy.
 *
 * When the disk fails, nobody can tell how much of the queue is on it. From then on the log takes nothing more; it has to be opened
 * again, which cuts off what is not whole.
 *
 * Source: `UnifiedLog.java`, `LocalLog.java`. Not here yet: retention, compaction, the time index, the leader epoch cache.
 */
import { type BatchHeader, CorruptBatch, lastOffsetOf, readBatchHeader, stampBatch } from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import { asStorageError, BatchTooLarge, OffsetOutOfRange, StorageError } from './errors.ts';
import type { Producers } from './producers.ts';
import { recoverLog, recoverProducers, saveSnapshot, segmentsBefore } from './recovery.ts';
import { removeFiles, Segment } from './segment.ts';
import { completed, type LogSettings } from './settings.ts';
import { writeStartOffset } from './startOffset.ts';
import { firstSince, type TimedOffset } from './timeLookup.ts';

export { BatchTooLarge, OffsetOutOfRange, StorageError } from './errors.ts';
export type { Duplicate, Producers, Refusal } from './producers.ts';
export type { FlushPolicy, LogSettings } from './settings.ts';
export type { TimedOffset } from './timeLookup.ts';

export interface Appended {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Resolves when the append counts; rejects with a `StorageError`. Need not be listened to. */
  readonly written: Promise<void>;
}

/** A segment that is being filled, possibly before its files exist. */
interface Filling {
  readonly baseOffset: number;
  readonly snapshot: Uint8Array | undefined;
  bytes: number;
}

interface Pending {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
  readonly filling: Filling;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

/** An index counts offsets from the base of its segment, in 32 bits of which Kafka uses 31. */
const MAX_OFFSETS_IN_SEGMENT = 0x7fffffff;
const nothing = new Uint8Array(0);

export class Log {
  readonly #host: Host;
  readonly #folder: string;
  readonly #segments: Segment[];
  readonly #queue: Pending[] = [];
  /** Reads under way: a segment is closed when they have ended. */
  readonly #reads = new Set<Promise<unknown>>();
  /** What had to be cut off when the log was opened, in words; undefined when all was whole. */
  readonly recovered: string | undefined;
  #settings: Required<LogSettings>;
  #producers: Producers;
  #logStartOffset: number;
  #logEndOffset: number;
  #writtenEndOffset: number;
  #filling: Filling;
  #writing: Promise<void> | undefined;
  #truncating = false;
  #advancing: Promise<unknown> = Promise.resolve();
  #failure: StorageError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(host: Host, folder: string, settings: Required<LogSettings>, opened: OpenLog) {
    this.#host = host;
    this.#folder = folder;
    this.#settings = settings;
    this.#segments = opened.segments;
    this.#producers = opened.producers;
    this.#logStartOffset = opened.startOffset;
    this.#logEndOffset = opened.endOffset;
    this.#writtenEndOffset = opened.endOffset;
    this.#filling = fillingOf(this.#active);
    this.recovered = opened.words;
  }

  /** Opens the log in a folder of the host's disk, which is made when missing. `recovered` says whether something had to be cut off. */
  static async open(host: Host, folder: string, settings: LogSettings = {}): Promise<Log> {
    const chosen = completed(settings);
    try {
      const opened = await recoverLog(host, folder, chosen.indexIntervalBytes);
      return new Log(host, folder, chosen, opened);
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** The first offset that can be read. */
  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** The offset that the next record will get. Records before it may still be on their way to the disk. */
  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  /** What is remembered of idempotent producers: ask it with `check` right before an append. */
  get producers(): Producers {
    return this.#producers;
  }

  /** From now on the log is kept in this way. How close the entries of an index lie changes with the next segment. */
  configure(settings: LogSettings): void {
    this.#settings = completed(settings);
  }

  // #region append
  /**
   * Puts a batch at the end. The bytes are copied once; the caller may do with his what he likes. No `await` may come between reading the log
   * end and entering the queue, or two batches could get the same offsets.
   */
  append(batch: Uint8Array, leaderEpoch: number): Appended {
    this.#mustTakeAppends();
    const bytes = new Uint8Array(batch);
    stampBatch(bytes, this.#logEndOffset, leaderEpoch);
    const header = readBatchHeader(bytes);
    mustBeOneBatch(header, bytes);
    const filling = this.#placeFor(header);
    this.#logEndOffset = lastOffsetOf(header) + 1;
    this.#producers.add(header);
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push({ header, bytes, filling, resolve, reject });
    });
    written.catch(() => {});
    this.#writing ??= this.#writeQueue();
    return { baseOffset: header.baseOffset, lastOffset: lastOffsetOf(header), written };
  }
  // #endregion append

  /**
   * Whole batches from the one that holds `offset` on, of one segment, and none that reaches `upTo`: at most `maxBytes`, but always at least
   * one batch. Empty when there is nothing to read yet. Throws `OffsetOutOfRange`, and `StorageError` where the log is damaged.
   */
  async read(offset: number, maxBytes: number, upTo: number): Promise<Uint8Array> {
    if (offset < this.logStartOffset || offset > this.#logEndOffset) {
      throw new OffsetOutOfRange(offset, this.logStartOffset, this.#logEndOffset);
    }
    const end = Math.min(upTo, this.#writtenEndOffset);
    if (offset >= end) return nothing;
    return this.#reading(this.#segmentOf(offset).read(offset, maxBytes, end));
  }

  /** The first record of this time or later, or null when there is none. */
  async offsetForTime(timestamp: number): Promise<TimedOffset | null> {
    const range = { from: this.#logStartOffset, to: this.#writtenEndOffset };
    return this.#reading(firstSince([...this.#segments], timestamp, range, this.#host.codecs));
  }

  // #region advanceLogStartOffset
  /**
   * Gives up the records before `offset`; an offset at or before the start changes nothing. It is written down first: when this resolves, the
   * records do not come back after a loss of power. Then the segments that hold nothing else are removed; others keep their files
   * as they are. Throws `OffsetOutOfRange` behind the end, and `StorageError`.
   */
  advanceLogStartOffset(offset: number): Promise<void> {
    const advanced = this.#advancing.then(() => this.#advance(offset));
    this.#advancing = advanced.catch(() => {});
    return advanced;
  }

  async #advance(offset: number): Promise<void> {
    this.#mustTakeAppends();
    if (offset > this.#logEndOffset) throw new OffsetOutOfRange(offset, this.#logStartOffset, this.#logEndOffset);
    if (offset <= this.#logStartOffset) return;
    const { disk, trace, name } = this.#host;
    try {
      await writeStartOffset(disk, this.#folder, offset);
      this.#logStartOffset = offset;
      trace.record(name, 'log.startAdvanced', { folder: this.#folder, offset });
      const gone = this.#segments.splice(0, segmentsBefore(this.#segments, offset));
      await Promise.allSettled([...this.#reads]);
      for (const segment of gone) {
        await segment.close();
        await removeFiles(disk, this.#folder, segment.baseOffset);
      }
    } catch (error) {
      throw asStorageError(error);
    }
  }
  // #endregion advanceLogStartOffset

  /**
   * Cuts off the record at `offset` and all behind it, and with it the rest of its batch: a follower does so when its leader has something
   * else there. Nothing may be appended meanwhile.
   */
  async truncateTo(offset: number): Promise<void> {
    this.#mustTakeAppends();
    if (offset < this.logStartOffset) throw new OffsetOutOfRange(offset, this.logStartOffset, this.#logEndOffset);
    if (offset >= this.#logEndOffset) return;
    this.#truncating = true;
    try {
      await this.#writing;
      this.#mustBeSound();
      await this.#cut(offset);
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#truncating = false;
    }
  }

  /** Writes what is queued, puts it on the disk, and closes the files. Twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #reading<T>(read: Promise<T>): Promise<T> {
    this.#reads.add(read);
    try {
      return await read;
    } catch (error) {
      throw asStorageError(error);
    } finally {
      this.#reads.delete(read);
    }
  }

  get #active(): Segment {
    return this.#segments[this.#segments.length - 1];
  }

  #segmentOf(offset: number): Segment {
    return this.#segments.findLast((segment) => segment.baseOffset <= offset) ?? this.#segments[0];
  }

  #mustBeSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #mustTakeAppends(): void {
    this.#mustBeSound();
    if (this.#closing !== undefined) throw new StorageError(`the log in ${this.#folder} has been closed`);
    if (this.#truncating)
      throw new Error(`the log in ${this.#folder} is being truncated: wait for it before you append`);
  }

  /** The segment for a batch: the one that is being filled, or the next when that would grow too large. */
  #placeFor(header: BatchHeader): Filling {
    const { sizeInBytes } = header;
    const { segmentBytes } = this.#settings;
    if (sizeInBytes > segmentBytes) {
      throw new BatchTooLarge(
        `a batch of ${sizeInBytes} bytes does not fit a segment of ${segmentBytes}: send smaller batches`,
      );
    }
    const current = this.#filling;
    const offsets = lastOffsetOf(header) - current.baseOffset;
    if (current.bytes > 0 && (current.bytes + sizeInBytes > segmentBytes || offsets > MAX_OFFSETS_IN_SEGMENT)) {
      this.#filling = { baseOffset: header.baseOffset, snapshot: this.#producers.encode(), bytes: 0 };
    }
    this.#filling.bytes += sizeInBytes;
    return this.#filling;
  }

  /** Writes until the queue is empty. All that wait for the same segment go to the disk together. */
  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const { filling } = this.#queue[0];
        if (filling.baseOffset !== this.#active.baseOffset) await this.#roll(filling);
        const other = this.#queue.findIndex((pending) => pending.filling !== filling);
        const together = this.#queue.slice(0, other === -1 ? undefined : other);
        await this.#active.append(together);
        if (this.#settings.flush === 'each-append') await this.#active.sync();
        this.#queue.splice(0, together.length);
        this.#writtenEndOffset = lastOffsetOf(together[together.length - 1].header) + 1;
        for (const pending of together) pending.resolve();
        await this.#active.saveIndex();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  /** Begins the next segment. The one before is made to survive a loss of power, so that only the last one ever needs recovery. */
  async #roll({ baseOffset, snapshot = nothing }: Filling): Promise<void> {
    const { disk, trace, name } = this.#host;
    await this.#active.sync();
    await saveSnapshot(disk, this.#folder, baseOffset, snapshot);
    const segment = await Segment.open(disk, this.#folder, baseOffset, this.#settings.indexIntervalBytes);
    await segment.recover(() => {});
    await disk.syncDirectory(this.#folder);
    this.#segments.push(segment);
    trace.record(name, 'log.rolled', { folder: this.#folder, baseOffset });
  }

  async #cut(offset: number): Promise<void> {
    const kept = this.#segmentOf(offset);
    while (this.#active !== kept) {
      const segment = this.#active;
      this.#segments.pop();
      await segment.close();
      await removeFiles(this.#host.disk, this.#folder, segment.baseOffset);
    }
    await this.#host.disk.syncDirectory(this.#folder);
    const end = await kept.truncateTo(offset);
    this.#logEndOffset = end;
    this.#writtenEndOffset = end;
    this.#filling = fillingOf(kept);
    this.#producers = await recoverProducers(this.#host.disk, this.#folder, this.#segments);
    await kept.visitHeaders((header) => this.#producers.add(header));
  }

  /** From here on the log refuses appends. What was read of it stays readable. */
  #fail(error: unknown): StorageError {
    const failure = this.#failure ?? storageErrorOf(error);
    if (this.#failure === undefined) {
      const { trace, name } = this.#host;
      trace.record(name, 'log.failed', { folder: this.#folder, why: failure.message });
    }
    this.#failure = failure;
    this.#logEndOffset = this.#writtenEndOffset;
    for (const pending of this.#queue.splice(0)) pending.reject(failure);
    return failure;
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#advancing;
    try {
      if (this.#failure === undefined) await this.#active.sync();
    } catch (error) {
      throw this.#fail(error);
    } finally {
      for (const segment of this.#segments) await segment.close();
    }
  }
}

type OpenLog = Awaited<ReturnType<typeof recoverLog>>;

function fillingOf(segment: Segment): Filling {
  return { baseOffset: segment.baseOffset, snapshot: undefined, bytes: segment.size };
}

function mustBeOneBatch(header: BatchHeader, bytes: Uint8Array): void {
  if (header.sizeInBytes === bytes.length && header.lastOffsetDelta >= 0) return;
  const { sizeInBytes, lastOffsetDelta } = header;
  throw new CorruptBatch(
    `${bytes.length} bytes announce ${sizeInBytes}, and a last offset delta of ${lastOffsetDelta}`,
  );
}

function storageErrorOf(error: unknown): StorageError {
  const known = asStorageError(error);
  if (known instanceof StorageError) return known;
  return new StorageError(`the log cannot go on: ${known instanceof Error ? known.message : String(known)}`, {
    cause: known,
  });
}
