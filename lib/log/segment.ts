/**
 * A segment: one file of a partition's log, with its offset index.
 *
 * The file holds batches and nothing else, one behind the other, in the bytes in which they came over the wire and in which they will be sent.
 * It is called after the offset of its first record, and only the last segment of a log is ever written to. What is read is checked with the
 * checksum of its batch before it leaves: a damaged byte becomes an error, never a record.
 *
 * Source: `LogSegment.java`. Kafka leaves the checksum to its consumers (`check.crcs`); we look at it here too.
 */
import { type Batch, type BatchHeader, batchesIn, CorruptBatch, checkBatch, lastOffsetOf } from '../records/batch.ts';
import type { Disk, DiskFile } from '../world/world.ts';
import { StorageError } from './errors.ts';
import { OffsetIndex } from './offsetIndex.ts';
import { mustFollow, type Step, Walk } from './walk.ts';

/** The name of a file of a log: the base offset with 20 digits, so that names sort as offsets do. */
export function fileName(folder: string, baseOffset: number, kind: 'log' | 'index' | 'snapshot'): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}.${kind}`;
}

/** Removes the files of a segment that has been closed. */
export async function removeFiles(disk: Disk, folder: string, baseOffset: number): Promise<void> {
  const present = await disk.list(folder);
  for (const kind of ['log', 'index', 'snapshot'] as const) {
    const path = fileName(folder, baseOffset, kind);
    if (present.includes(path)) await disk.remove(path);
  }
}

/** What recovery found in a segment. */
export interface Recovery {
  /** The offset behind the last good batch. */
  readonly endOffset: number;
  readonly cutBytes: number;
  /** What was wrong with the bytes that were cut. */
  readonly reason: string;
}

export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly #log: DiskFile;
  readonly #index: OffsetIndex;
  #size: number;
  #remaking: Promise<void> | undefined;

  constructor(path: string, baseOffset: number, log: DiskFile, index: OffsetIndex) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.#log = log;
    this.#index = index;
    this.#size = log.size;
  }

  /** Opens the files of a segment, and makes them when they are missing. Then call `recover` for the last one, `loadIndex` for the others. */
  static async open(disk: Disk, folder: string, baseOffset: number, indexIntervalBytes: number): Promise<Segment> {
    const path = fileName(folder, baseOffset, 'log');
    const log = await disk.open(path);
    const index = await disk.open(fileName(folder, baseOffset, 'index'));
    return new Segment(path, baseOffset, log, new OffsetIndex(index, baseOffset, indexIntervalBytes));
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /** Writes batches behind all others. Resolves when the operating system has them. */
  async append(batches: readonly Batch[]): Promise<void> {
    await this.#log.append(batches.map(({ bytes }) => bytes));
    for (const { header, bytes } of batches) {
      this.#index.add({ header, position: this.#size });
      this.#size += bytes.length;
    }
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  saveIndex(): Promise<void> {
    return this.#index.save();
  }

  // #region find
  /** The batch that holds `offset`: the index says where to begin, and from there it is a walk of a few steps. */
  async find(offset: number): Promise<Step> {
    const entry = this.#index.floor(offset);
    const walk = this.#walk(entry);
    try {
      for (let step = await walk.next(); step !== undefined; step = await walk.next()) {
        if (lastOffsetOf(step.header) >= offset) return step;
      }
    } catch (error) {
      const misled = walk.position === entry.position && !this.#index.trusted;
      if (!(error instanceof CorruptBatch) || !misled) throw this.#damage(error, walk);
      await this.#remakeIndex();
      return this.find(offset);
    }
    throw this.#damage(new CorruptBatch(`the file ends before offset ${offset}`), walk);
  }
  // #endregion find

  /**
   * Whole batches from the one that holds `offset`, none that reaches `upTo`. The first is read even when it is larger than `maxBytes`. What
   * comes before a damaged batch is answered; a damaged first one throws a `StorageError`.
   */
  async read(offset: number, maxBytes: number, upTo: number): Promise<Uint8Array> {
    const { header, position } = await this.find(offset);
    const length = Math.min(Math.max(maxBytes, header.sizeInBytes), this.#size - position);
    const bytes = new Uint8Array(length);
    const filled = await this.#log.readInto(position, bytes);
    let sound = 0;
    let next = header.baseOffset;
    try {
      for (const batch of batchesIn(bytes.subarray(0, filled))) {
        checkBatch(batch.bytes);
        mustFollow(batch.header, next);
        if (lastOffsetOf(batch.header) >= upTo) break;
        next = lastOffsetOf(batch.header) + 1;
        sound += batch.bytes.length;
      }
    } catch (error) {
      if (sound === 0) throw this.#damage(error, { position, offset: next });
    }
    return bytes.subarray(0, sound);
  }

  /** The batches that, by their headers, hold a record of this time or later. */
  async *batchesSince(timestamp: number): AsyncIterable<Step> {
    const walk = this.#walk();
    try {
      for (let step = await walk.next(); step !== undefined; step = await walk.next()) {
        if (step.header.maxTimestamp >= timestamp) yield step;
      }
    } catch (error) {
      throw this.#damage(error, walk);
    }
  }

  // #region recover
  /**
   * For the last segment, after a start: a crash may have left half a batch at the end, or bytes that a disk made up. Every batch is checked,
   * from the first on, and whatever follows the last good one is cut off. That loses nothing that was acknowledged, because an append counts
   * only when all of its bytes are written. Each good batch is shown to `visit`.
   */
  async recover(visit: (header: BatchHeader) => void): Promise<Recovery> {
    const walk = new Walk(this.#log, { position: 0, offset: this.baseOffset, end: this.#log.size, whole: true });
    let wrong: CorruptBatch | undefined;
    await this.#index.remake(async () => {
      wrong = await walk.toEnd((step) => {
        this.#index.add(step);
        visit(step.header);
      });
    });
    const cutBytes = this.#log.size - walk.position;
    if (cutBytes > 0) {
      await this.#log.truncate(walk.position);
      await this.#log.sync();
    }
    this.#size = walk.position;
    return { endOffset: walk.offset, cutBytes, reason: wrong?.message ?? '' };
  }
  // #endregion recover

  /** For the other segments, after a start: they were complete before the next one was begun. */
  async loadIndex(): Promise<void> {
    if (!(await this.#index.load(this.#size))) await this.#remakeIndex();
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
    await this.#index.truncateTo(header.baseOffset);
    this.#size = position;
    return header.baseOffset;
  }

  async close(): Promise<void> {
    await this.#log.close();
    await this.#index.close();
  }

  #walk(from = { position: 0, offset: this.baseOffset }): Walk {
    return new Walk(this.#log, { ...from, end: this.#size, whole: false });
  }

  /** Several readers may be misled at once: one of them makes the index again, and the others wait for it. */
  async #remakeIndex(): Promise<void> {
    this.#remaking ??= this.#index.remake(async () => {
      await this.#walk().toEnd((step) => this.#index.add(step));
    });
    await this.#remaking;
    this.#remaking = undefined;
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
