/**
 * The segments of a log, in order, and who is reading them.
 *
 * A file must not be closed or exchanged under the hands of a reader, and a reader may be anywhere when old segments are deleted or compacted ones put
 * in their place. So reads go through here: what is to be closed is first taken out of the list, then the reads that have begun are
 * waited for. While files change places, new reads wait; that takes as long as a few renamings.
 *
 * Source: `LogSegments.java`, `LocalLog.java`.
 */
import type { Host } from '../trace/host.ts';
import { asStorageError } from './errors.ts';
import { segmentsBefore } from './recovery.ts';
import { removeFiles, Segment } from './segment.ts';
import { decideSwap, finishSwap } from './swap.ts';

export class Segments {
  readonly #host: Host;
  readonly #folder: string;
  readonly #list: Segment[];
  readonly #reads = new Set<Promise<unknown>>();
  /** Set while files change places. */
  #swapping: Promise<void> | undefined;

  /** At least one segment; the last one is written to. */
  constructor(host: Host, folder: string, list: Segment[]) {
    this.#host = host;
    this.#folder = folder;
    this.#list = list;
  }

  /** As they are now. */
  get all(): readonly Segment[] {
    return [...this.#list];
  }

  get count(): number {
    return this.#list.length;
  }

  get sizeInBytes(): number {
    return this.#list.reduce((sum, { size }) => sum + size, 0);
  }

  /** The one that is written to. */
  get active(): Segment {
    return this.#list[this.#list.length - 1];
  }

  /** The one that holds `offset`. */
  of(offset: number): Segment {
    return this.#list.findLast((segment) => segment.baseOffset <= offset) ?? this.#list[0];
  }

  /** Reads something of the segments. Rejects with a `StorageError` where they cannot be read. */
  async read<T>(read: () => Promise<T>): Promise<T> {
    while (this.#swapping !== undefined) await this.#swapping.catch(() => {});
    const reading = read();
    this.#reads.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw asStorageError(error);
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** Begins the next segment, whose files are new. */
  async begin(baseOffset: number, indexIntervalBytes: number): Promise<void> {
    const { disk } = this.#host;
    const segment = await Segment.open(disk, this.#folder, baseOffset, indexIntervalBytes);
    await segment.recover(() => {});
    await disk.syncDirectory(this.#folder);
    this.#list.push(segment);
  }

  /** Removes the segments that hold no offset from `offset` on. The last one always stays. */
  async removeBefore(offset: number): Promise<void> {
    const gone = this.#list.splice(0, segmentsBefore(this.#list, offset));
    await Promise.allSettled([...this.#reads]);
    for (const segment of gone) await this.#remove(segment);
  }

  /** Removes the segments behind the one that holds `offset`, which is answered. */
  async removeBehind(offset: number): Promise<Segment> {
    const kept = this.of(offset);
    const gone = this.#list.splice(this.#list.indexOf(kept) + 1);
    await Promise.allSettled([...this.#reads]);
    for (const segment of gone.reverse()) await this.#remove(segment);
    await this.#host.disk.syncDirectory(this.#folder);
    return kept;
  }

  /** Puts the cleaned file of neighbouring segments in their place. When it rejects, only opening the log again brings files and list together. */
  async replace(group: readonly Segment[], indexIntervalBytes: number): Promise<void> {
    this.#swapping = this.#replace(group, indexIntervalBytes);
    try {
      await this.#swapping;
    } finally {
      this.#swapping = undefined;
    }
  }

  /** Waits for the reads that have begun. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#reads]);
    for (const segment of this.#list) await segment.close();
  }

  async #replace(group: readonly Segment[], indexIntervalBytes: number): Promise<void> {
    const { disk } = this.#host;
    const at = this.#list.indexOf(group[0]);
    const [{ baseOffset }] = group;
    await Promise.allSettled([...this.#reads]);
    for (const segment of group) await segment.close();
    await decideSwap(disk, this.#folder, baseOffset);
    const old = group.map((segment) => segment.baseOffset);
    await finishSwap(disk, this.#folder, baseOffset, old);
    const segment = await Segment.open(disk, this.#folder, baseOffset, indexIntervalBytes);
    await segment.loadIndexes(this.#list[at + group.length].baseOffset);
    this.#list.splice(at, group.length, segment);
  }

  async #remove(segment: Segment): Promise<void> {
    await segment.close();
    await removeFiles(this.#host.disk, this.#folder, segment.baseOffset);
  }
}
