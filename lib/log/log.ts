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
 * What makes a log smaller again (deletion of old records, compaction, truncation) is done one at a time, beside the appends.
 *
 * Source: `UnifiedLog.java`, `LocalLog.java`. Not here yet: the leader epoch cache.
 */
import {
  type BatchHeader,
  CorruptBatch,
  HEADER_BYTES,
  lastOffsetOf,
  readBatchHeader,
  stampAppendTime,
  stampBatch,
} from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import { AppendQueue } from './appendQueue.ts';
import { Cleaner } from './cleaner.ts';
import { asStorageError, OffsetOutOfRange, StorageError, storageErrorOf } from './errors.ts';
import { Producers } from './producers.ts';
import { recoverLog, recoverProducers } from './recovery.ts';
import { factsOf, retentionCut } from './retention.ts';
import { Rolling } from './roll.ts';
import type { Segment } from './segment.ts';
import { Segments } from './segments.ts';
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
  /** The time that the broker gave to the records, with `timestampType: 'append'`; otherwise -1. */
  readonly logAppendTimeMs: number;
  /** Resolves when the append counts; rejects with a `StorageError`. Need not be listened to. */
  readonly written: Promise<void>;
}

const nothing = new Uint8Array(0);

export class Log {
  readonly #host: Host;
  readonly #folder: string;
  readonly #segments: Segments;
  readonly #cleaner: Cleaner;
  readonly #queue: AppendQueue;
  /** What had to be cut off when the log was opened, in words; undefined when all was whole. */
  readonly recovered: string | undefined;
  #settings: Required<LogSettings>;
  #producers: Producers;
  #logStartOffset: number;
  #logEndOffset: number;
  #rolling: Rolling;
  #truncating = false;
  /** What makes the log smaller, one thing after the other. */
  #shrinking: Promise<unknown> = Promise.resolve();
  #failure: StorageError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(host: Host, folder: string, settings: Required<LogSettings>, opened: OpenLog) {
    this.#host = host;
    this.#folder = folder;
    this.#settings = settings;
    this.#segments = new Segments(host, folder, opened.segments);
    this.#cleaner = new Cleaner(host, folder);
    this.#producers = opened.producers;
    this.#logStartOffset = opened.startOffset;
    this.#logEndOffset = opened.endOffset;
    this.#rolling = new Rolling(this.#segments.active);
    this.#queue = new AppendQueue(
      { host, folder, segments: this.#segments, settings: () => this.#settings, failed: (error) => this.#fail(error) },
      this.#rolling.filling,
      opened.endOffset,
    );
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

  /** How many segments there are: only those before the last can be deleted or compacted in part. */
  get segmentCount(): number {
    return this.#segments.count;
  }

  get settings(): Required<LogSettings> {
    return this.#settings;
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
   * Puts a batch at the end. Only its header is copied, to be stamped: the caller keeps the bytes as they came, and leaves the records behind the header alone
   * until `written` has settled. No `await` may come between reading the log end and entering the queue, or two batches could get the same offsets.
   */
  append(batch: Uint8Array, leaderEpoch: number): Appended {
    this.#mustTakeAppends();
    const stamped = new Uint8Array(batch.subarray(0, HEADER_BYTES));
    const records = batch.subarray(HEADER_BYTES);
    stampBatch(stamped, this.#logEndOffset, leaderEpoch);
    let header = readBatchHeader(stamped);
    mustBeOneBatch(header, batch);
    const logAppendTimeMs = this.#settings.timestampType === 'append' ? this.#host.clock.wallMs() : -1;
    if (logAppendTimeMs >= 0) {
      stampAppendTime(stamped, records, logAppendTimeMs);
      header = readBatchHeader(stamped);
    }
    const filling = this.#rolling.place(header, this.#settings, this.#producers);
    this.#logEndOffset = lastOffsetOf(header) + 1;
    this.#producers.add(header);
    const written = this.#queue.add({ header, chunks: [stamped, records] }, filling);
    return { baseOffset: header.baseOffset, lastOffset: lastOffsetOf(header), logAppendTimeMs, written };
  }
  // #endregion append

  /**
   * Whole batches from the one that holds `offset` on, of one segment, and none that reaches `upTo`: at most `maxBytes`, but always at least
   * one batch. Empty when there is nothing to read yet. Throws `OffsetOutOfRange`, and `StorageError` where the log is damaged.
   */
  async read(offset: number, maxBytes: number, upTo: number): Promise<Uint8Array> {
    this.#mustHold(offset);
    const end = Math.min(upTo, this.#queue.writtenEndOffset);
    if (offset >= end) return nothing;
    return this.#segments.read(() => this.#readFrom(offset, maxBytes, end));
  }

  /**
   * Where compaction has emptied all that was asked for, what comes next is answered: some clients would ask for the same offset for ever. The log
   * may have been made smaller while this waited, so it looks again each time.
   */
  async #readFrom(offset: number, maxBytes: number, end: number): Promise<Uint8Array> {
    for (let from = offset; ; ) {
      this.#mustHold(offset);
      const { bytes, nextOffset, hasRecords } = await this.#segments.of(from).read(from, maxBytes, end);
      if (hasRecords || nextOffset >= end || bytes.length === 0) return bytes;
      from = nextOffset;
    }
  }

  #mustHold(offset: number): void {
    if (offset >= this.#logStartOffset && offset <= this.#logEndOffset) return;
    throw new OffsetOutOfRange(offset, this.#logStartOffset, this.#logEndOffset);
  }

  /** The first record of this time or later, or null when there is none. */
  async offsetForTime(timestamp: number): Promise<TimedOffset | null> {
    const range = { from: this.#logStartOffset, to: this.#queue.writtenEndOffset };
    return this.#segments.read(() => firstSince(this.#segments.all, timestamp, range, this.#host.codecs));
  }

  // #region advanceLogStartOffset
  /**
   * Gives up the records before `offset`; an offset at or before the start changes nothing. It is written down first: when this resolves, the
   * records do not come back after a loss of power. Then the segments that hold nothing else are removed; others keep their files
   * as they are. Throws `OffsetOutOfRange` behind the end, and `StorageError`.
   */
  advanceLogStartOffset(offset: number): Promise<void> {
    return this.#inTurn(() => this.#advance(offset));
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
      await this.#segments.removeBefore(offset);
    } catch (error) {
      throw asStorageError(error);
    }
  }
  // #endregion advanceLogStartOffset

  // #region deleteOldSegments
  /**
   * Deletes the segments that are too old, or too much, by the settings: none that reaches beyond `upTo`, the high watermark. Answers whether the log
   * begins later now. A log that has failed stays as it is. Throws a `StorageError`.
   */
  deleteOldSegments(upTo: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#settings.delete || !this.#isSound || this.#logEndOffset === this.#logStartOffset) return false;
      const { retentionMs, retentionBytes } = this.#settings;
      const facts = await this.#segments.read(() => Promise.all(this.#segments.all.map(factsOf)));
      const limits = { now: this.#host.clock.wallMs(), retentionMs, retentionBytes, upTo };
      const cut = retentionCut(facts, { ...limits, logEndOffset: this.#logEndOffset });
      if (cut === undefined || !this.#isSound) return false;
      if (cut === this.#logEndOffset) await this.#beginNextSegment();
      await this.#advance(cut);
      return true;
    });
  }
  // #endregion deleteOldSegments

  // #region compact
  /**
   * Removes records that a later one of the same key has superseded, when enough is new since the last time: none at or behind `upTo`, the high watermark, nor in
   * the segment that is written to. Answers whether it has done something. Throws a `StorageError`; when records cannot be read, nothing has changed.
   */
  compact(upTo: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#settings.compact || !this.#isSound) return false;
      try {
        return await this.#cleaner.clean({
          segments: this.#segments,
          settings: this.#settings,
          startOffset: this.#logStartOffset,
          endOffset: this.#logEndOffset,
          upTo,
          lastOfProducers: this.#producers.lastOffsets(),
          stopped: () => !this.#isSound,
          replace: (group) => this.#replace(group),
        });
      } catch (error) {
        throw storageErrorOf(error, 'cannot be compacted');
      }
    });
  }

  async #replace(group: readonly Segment[]): Promise<void> {
    try {
      await this.#segments.replace(group, this.#settings.indexIntervalBytes);
    } catch (error) {
      throw this.#fail(error);
    }
  }
  // #endregion compact

  /**
   * Cuts off the record at `offset` and all behind it, and with it the rest of its batch: a follower does so when its leader has something
   * else there. Nothing may be appended meanwhile.
   */
  async truncateTo(offset: number): Promise<void> {
    this.#mustTakeAppends();
    if (offset < this.logStartOffset) throw new OffsetOutOfRange(offset, this.logStartOffset, this.#logEndOffset);
    if (offset >= this.#logEndOffset) return;
    this.#truncating = true;
    await this.#inTurn(async () => {
      try {
        await this.#queue.writing;
        this.#mustBeSound();
        await this.#cut(offset);
      } catch (error) {
        throw this.#fail(error);
      } finally {
        this.#truncating = false;
      }
    });
  }

  /** Writes what is queued, puts it on the disk, and closes the files. Twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #inTurn<T>(shrink: () => Promise<T>): Promise<T> {
    const done = this.#shrinking.then(shrink);
    this.#shrinking = done.catch(() => {});
    return done;
  }

  get #isSound(): boolean {
    return this.#failure === undefined && this.#closing === undefined && !this.#truncating;
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

  /** Ends the segment that is written to, so that it can be deleted as well. */
  async #beginNextSegment(): Promise<void> {
    this.#queue.roll(this.#rolling.next(this.#logEndOffset, this.#producers));
    await this.#queue.writing;
    this.#mustBeSound();
  }

  async #cut(offset: number): Promise<void> {
    const kept = await this.#segments.removeBehind(offset);
    const end = await kept.truncateTo(offset);
    this.#logEndOffset = end;
    this.#queue.writtenEndOffset = end;
    this.#rolling = new Rolling(kept);
    this.#producers = await recoverProducers(this.#host.disk, this.#folder, this.#segments.all);
    await kept.visitHeaders((header) => this.#producers.add(header));
  }

  /** From here on the log refuses appends. What was read of it stays readable. */
  #fail(error: unknown): StorageError {
    const failure = this.#failure ?? storageErrorOf(error, 'cannot go on');
    if (this.#failure === undefined) {
      const { trace, name } = this.#host;
      trace.record(name, 'log.failed', { folder: this.#folder, why: failure.message });
    }
    this.#failure = failure;
    this.#logEndOffset = this.#queue.writtenEndOffset;
    // They remember batches that were never written: asked again, they would take them for duplicates of something that is there.
    this.#producers = new Producers();
    this.#queue.rejectAll(failure);
    return failure;
  }

  async #close(): Promise<void> {
    await this.#queue.writing;
    await this.#shrinking;
    try {
      if (this.#failure === undefined) await this.#segments.active.sync();
    } catch (error) {
      throw this.#fail(error);
    } finally {
      await this.#segments.close();
    }
  }
}

type OpenLog = Awaited<ReturnType<typeof recoverLog>>;

function mustBeOneBatch(header: BatchHeader, bytes: Uint8Array): void {
  if (header.sizeInBytes === bytes.length && header.lastOffsetDelta >= 0) return;
  const { sizeInBytes, lastOffsetDelta } = header;
  throw new CorruptBatch(
    `${bytes.length} bytes announce ${sizeInBytes}, and a last offset delta of ${lastOffsetDelta}`,
  );
}
