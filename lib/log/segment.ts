/**
 * A segment: one file of a partition's log, with its indexes by offset and by time.
 *
 * The file holds batches and nothing else, one behind the other, in the bytes in which they came over the wire and in which they will be sent.
 * It is called after the offset of its first record, and only the last segment of a log is ever written to.
 *
 * What is read of an older segment is checked with the checksum of its batch before it leaves: a byte that the disk has damaged over time becomes an
 * error, never a record, and compaction cannot give it a new checksum. In the segment that is written to, every batch has been checked when it came or when
 * the log was opened, and is most likely still in the memory of the system. Its checksums are not computed again for each reader, which
 * would be a quarter of the work of a fetch: damage done there since is left to the consumer's own check (`check.crcs`).
 *
 * Source: `LogSegment.java`. Kafka leaves all of that to its consumers.
 */
import { type Batch, type BatchHeader, batchesIn, CorruptBatch, checkBatch, lastOffsetOf } from '../records/batch.ts';
import type { Disk, DiskFile } from '../world/world.ts';
import { StorageError } from './errors.ts';
import { OffsetIndex } from './offsetIndex.ts';
import { TimeIndex, type TimeIndexEntry } from './timeIndex.ts';
import { mustFollow, type Step, Walk } from './walk.ts';

export type FileKind = 'log' | 'index' | 'timeindex' | 'snapshot';

/** The name of a file of a log: the base offset with 20 digits, so that names sort as offsets do. */
export function fileName(folder: string, baseOffset: number, kind: FileKind): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}.${kind}`;
}

const allKinds: readonly FileKind[] = ['log', 'index', 'timeindex', 'snapshot'];

/** Removes the files of a segment that has been closed, or some of them. */
export async function removeFiles(disk: Disk, folder: string, baseOffset: number, kinds = allKinds): Promise<void> {
  const present = await disk.list(folder);
  for (const kind of kinds) {
    const path = fileName(folder, baseOffset, kind);
    if (present.includes(path)) await disk.remove(path);
  }
}

/** As much as is read at once where all of a segment is read. */
const SCAN_BYTES = 1 << 20;

/** How many of the newest batches are found without a look at the file. */
const TAIL_BATCHES = 32;

/** A batch on its way to the file. */
export interface BatchToWrite {
  readonly header: BatchHeader;
  /** Its bytes, in pieces. */
  readonly chunks: readonly Uint8Array[];
}

/** What recovery found in a segment. */
export interface Recovery {
  /** The offset behind the last good batch. */
  readonly endOffset: number;
  readonly cutBytes: number;
  /** What was wrong with the bytes that were cut. */
  readonly reason: string;
}

/** What was read of a segment. */
export interface ReadBatches {
  /** Whole batches. */
  readonly bytes: Uint8Array;
  /** The offset behind the last of them. */
  readonly nextOffset: number;
  /** False when compaction has left nothing of these batches but their places. */
  readonly hasRecords: boolean;
}

export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly #log: DiskFile;
  readonly #index: OffsetIndex;
  readonly #times: TimeIndex;
  /** Where the newest batches lie. Most readers are at the end of a log, so most of the looking up ends here. */
  #tail: Step[] = [];
  #size: number;
  #firstTimestamp: number | undefined;
  #remaking: Promise<void> | undefined;
  /** Set when a look at all headers has come across something that is not one. */
  #isDamaged = false;
  /** Whether each batch has been checked in this process, and not long ago: so it is in the segment that is written to. */
  #isChecked = false;

  constructor(path: string, baseOffset: number, log: DiskFile, index: OffsetIndex, times: TimeIndex) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.#log = log;
    this.#index = index;
    this.#times = times;
    this.#size = log.size;
  }

  /** Opens the files of a segment, and makes them when they are missing. Then call `recover` for the last one, `loadIndexes` for the others. */
  static async open(disk: Disk, folder: string, baseOffset: number, indexIntervalBytes: number): Promise<Segment> {
    const path = fileName(folder, baseOffset, 'log');
    const log = await disk.open(path);
    const index = await disk.open(fileName(folder, baseOffset, 'index'));
    const times = new TimeIndex(disk, fileName(folder, baseOffset, 'timeindex'), baseOffset);
    return new Segment(path, baseOffset, log, new OffsetIndex(index, baseOffset, indexIntervalBytes), times);
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /** The largest time of the first batch, from which the age of a segment that is being filled counts; undefined while it is empty. */
  get firstTimestamp(): number | undefined {
    return this.#firstTimestamp;
  }

  /** Writes batches behind all others. Resolves when the operating system has them. */
  async append(batches: readonly BatchToWrite[]): Promise<void> {
    await this.#log.append(batches.flatMap(({ chunks }) => chunks));
    for (const { header } of batches) {
      this.#note({ header, position: this.#size });
      this.#size += header.sizeInBytes;
    }
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  async saveIndexes(): Promise<void> {
    if (this.#index.hasNew) await this.#index.save();
    if (this.#times.hasNew) await this.#times.save();
  }

  /** The segment is full: all of it is put on the disk, and the last entry of its time index says its largest time. */
  async finish(): Promise<void> {
    this.#isChecked = false;
    await this.#log.sync();
    this.#times.mark();
    await this.saveIndexes();
  }

  // #region find
  /** The batch that holds `offset`: the index says where to begin, and from there it is a walk of a few steps. The newest are known by heart. */
  async find(offset: number): Promise<Step> {
    const known = this.#tail.findLast(({ header }) => header.baseOffset <= offset);
    if (known !== undefined && offset <= lastOffsetOf(known.header)) return known;
    const entry = this.#index.floor(offset);
    const walk = this.#walk(entry);
    try {
      for (let step = await walk.next(); step !== undefined; step = await walk.next()) {
        if (lastOffsetOf(step.header) >= offset) return step;
      }
    } catch (error) {
      const misled = walk.position === entry.position && !this.#index.trusted;
      if (!(error instanceof CorruptBatch) || !misled) throw this.#damage(error, walk);
      await this.#remakeIndexes();
      return this.find(offset);
    }
    throw this.#damage(new CorruptBatch(`the file ends before offset ${offset}`), walk);
  }
  // #endregion find

  /**
   * Whole batches from the one that holds `offset`, none that reaches `upTo`. The first is read even when it is larger than `maxBytes`. What
   * comes before a damaged batch is answered; a damaged first one throws a `StorageError`.
   */
  async read(offset: number, maxBytes: number, upTo: number): Promise<ReadBatches> {
    const { header, position } = await this.find(offset);
    const length = Math.min(Math.max(maxBytes, header.sizeInBytes), this.#size - position);
    const bytes = new Uint8Array(length);
    const filled = await this.#log.readInto(position, bytes);
    let sound = 0;
    let nextOffset = header.baseOffset;
    let hasRecords = false;
    try {
      for (const batch of batchesIn(bytes.subarray(0, filled))) {
        if (!this.#isChecked) checkBatch(batch.bytes);
        mustFollow(batch.header, nextOffset);
        if (lastOffsetOf(batch.header) >= upTo) break;
        nextOffset = lastOffsetOf(batch.header) + 1;
        sound += batch.bytes.length;
        hasRecords ||= batch.header.recordCount > 0;
      }
    } catch (error) {
      if (sound === 0) throw this.#damage(error, { position, offset: nextOffset });
    }
    return { bytes: bytes.subarray(0, sound), nextOffset, hasRecords };
  }

  // #region time
  /**
   * The largest time of a record here, or -1; undefined where damage keeps it from being known. Looks into the log where the index may have
   * lost its end, and only once.
   */
  async largestTimestamp(): Promise<number | undefined> {
    if (this.#isDamaged) return undefined;
    const known = this.#times.largest;
    if (known !== undefined) return known.timestamp;
    const last = this.#times.entries[this.#times.entries.length - 1];
    const step = await this.#promised(last);
    if (step === undefined) return this.largestTimestamp();
    let largest = last;
    const walk = this.#walk({ position: step.position, offset: step.header.baseOffset });
    const wrong = await walk.toEnd(({ header }) => {
      if (header.maxTimestamp > largest.timestamp) {
        largest = { timestamp: header.maxTimestamp, offset: lastOffsetOf(header) };
      }
    });
    if (wrong !== undefined) {
      this.#isDamaged = true;
      return undefined;
    }
    this.#times.knowLargest(largest);
    return largest.timestamp;
  }

  /** The batches that, by their headers, hold a record of this time or later. */
  async *batchesSince(timestamp: number): AsyncIterable<Step> {
    const walk = await this.#walkSince(timestamp);
    try {
      for (let step = await walk.next(); step !== undefined; step = await walk.next()) {
        if (step.header.maxTimestamp >= timestamp) yield step;
      }
    } catch (error) {
      throw this.#damage(error, walk);
    }
  }

  async #walkSince(timestamp: number): Promise<Walk> {
    const entry = this.#times.before(timestamp);
    if (entry === undefined) return this.#walk();
    const step = await this.#promised(entry);
    if (step === undefined) return this.#walkSince(timestamp);
    return this.#walk({ position: step.position, offset: step.header.baseOffset });
  }

  /** The batch that an entry of the time index names. When it is another one, the indexes are made again, and the answer is undefined. */
  async #promised({ timestamp, offset }: TimeIndexEntry): Promise<Step | undefined> {
    const step = await this.find(offset);
    if (step.header.maxTimestamp === timestamp && lastOffsetOf(step.header) === offset) return step;
    await this.#remakeIndexes();
    return undefined;
  }
  // #endregion time

  // #region recover
  /**
   * For the last segment, after a start: a crash may have left half a batch at the end, or bytes that a disk made up. Every batch is checked,
   * from the first on, and whatever follows the last good one is cut off. That loses nothing that was acknowledged, because an append counts
   * only when all of its bytes are written. Each good batch is shown to `visit`.
   */
  async recover(visit: (header: BatchHeader) => void): Promise<Recovery> {
    const walk = new Walk(this.#log, { position: 0, offset: this.baseOffset, end: this.#log.size, whole: true });
    let wrong: CorruptBatch | undefined;
    await this.#remake(async () => {
      wrong = await walk.toEnd((step) => {
        this.#note(step);
        visit(step.header);
      });
    });
    const cutBytes = this.#log.size - walk.position;
    if (cutBytes > 0) {
      await this.#log.truncate(walk.position);
      await this.#log.sync();
    }
    this.#size = walk.position;
    this.#isChecked = true;
    return { endOffset: walk.offset, cutBytes, reason: wrong?.message ?? '' };
  }
  // #endregion recover

  /** For the other segments, after a start: they were complete before the next one was begun, at `endOffset`. */
  async loadIndexes(endOffset: number): Promise<void> {
    if ((await this.#index.load(this.#size)) && (await this.#times.load(endOffset))) return;
    await this.#remakeIndexes();
  }

  /** Shows every header to `visit`, up to the end or to a damaged place. */
  async visitHeaders(visit: (header: BatchHeader) => void): Promise<void> {
    await this.#walk().toEnd((step) => visit(step.header));
  }

  /** Cuts off the batch that holds `offset` and all behind it; answers the base offset of that batch, now the end. */
  async truncateTo(offset: number): Promise<number> {
    const { header, position } = await this.find(offset);
    await this.#log.truncate(position);
    await this.#log.sync();
    this.#size = position;
    await this.#remakeIndexes();
    return header.baseOffset;
  }

  /** All batches of an older segment, in order, each whole and checked. Throws a `StorageError` at the first that is damaged. */
  async *batches(): AsyncIterable<Batch> {
    for (let offset = this.baseOffset, position = 0; position < this.#size; ) {
      const { bytes, nextOffset } = await this.read(offset, SCAN_BYTES, Number.POSITIVE_INFINITY);
      yield* batchesIn(bytes);
      offset = nextOffset;
      position += bytes.length;
    }
  }

  async close(): Promise<void> {
    await this.#log.close();
    await this.#index.close();
    await this.#times.close();
  }

  #note(step: Step): void {
    this.#tail.push(step);
    if (this.#tail.length > TAIL_BATCHES) this.#tail.shift();
    if (step.position === 0) this.#firstTimestamp = step.header.maxTimestamp;
    this.#times.add(step.header);
    if (this.#index.add(step)) this.#times.mark();
  }

  #walk(from = { position: 0, offset: this.baseOffset }): Walk {
    return new Walk(this.#log, { ...from, end: this.#size, whole: false });
  }

  /** Several readers may be misled at once: one of them makes the indexes again, and the others wait for it. */
  async #remakeIndexes(): Promise<void> {
    this.#remaking ??= this.#remake(async () => {
      const wrong = await this.#walk().toEnd((step) => this.#note(step));
      this.#isDamaged = wrong !== undefined;
    }).finally(() => {
      this.#remaking = undefined;
    });
    await this.#remaking;
  }

  async #remake(fill: () => Promise<void>): Promise<void> {
    this.#firstTimestamp = undefined;
    this.#tail = [];
    await this.#times.clear();
    await this.#index.remake(fill);
    this.#times.mark();
    await this.#times.save();
  }

  #damage(error: unknown, at: { position: number; offset: number }): unknown {
    if (!(error instanceof CorruptBatch)) return error;
    return new StorageError(
      `${this.path} is damaged at byte ${at.position}, offset ${at.offset}: ${error.message}. ` +
        'Bring the file back from a replica or a backup; what lies before it can still be read',
      { cause: error },
    );
  }
}
