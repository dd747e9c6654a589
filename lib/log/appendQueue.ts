/**
 * The appends of a log that are on their way to the disk.
 *
 * They enter in the order of their offsets and are written in that order. What has gathered while the disk was busy leaves in one write, as far as it
 * goes into the same segment, so a slow disk makes writes larger and not the queue longer. Where a batch begins the next segment, the one
 * before it is finished first.
 */
import { lastOffsetOf } from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import type { StorageError } from './errors.ts';
import { saveSnapshot } from './recovery.ts';
import type { Filling } from './roll.ts';
import type { BatchToWrite } from './segment.ts';
import type { Segments } from './segments.ts';
import type { LogSettings } from './settings.ts';

interface Pending {
  readonly batch: BatchToWrite;
  /** The segment that it goes into. */
  readonly filling: Filling;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

/** What the queue has to know of its log. */
export interface QueueOwner {
  readonly host: Host;
  readonly folder: string;
  readonly segments: Segments;
  settings(): Required<LogSettings>;
  /** The disk has failed: nobody can tell how much of the queue is on it. */
  failed(error: unknown): void;
}

export class AppendQueue {
  readonly #owner: QueueOwner;
  readonly #pending: Pending[] = [];
  /** The segment that was asked for last. */
  #filling: Filling;
  #writing: Promise<void> | undefined;
  /** The offset behind the last record that has been written. */
  writtenEndOffset: number;

  constructor(owner: QueueOwner, filling: Filling, writtenEndOffset: number) {
    this.#owner = owner;
    this.#filling = filling;
    this.writtenEndOffset = writtenEndOffset;
  }

  /** Resolves when the append counts, by the flush policy. Need not be listened to. */
  add(batch: BatchToWrite, filling: Filling): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#pending.push({ batch, filling, resolve, reject });
    });
    written.catch(() => {});
    this.#begin(filling);
    return written;
  }

  /** Goes on to the next segment, although no batch for it has come. */
  roll(filling: Filling): void {
    this.#begin(filling);
  }

  /** Settles when all is written, or when that has failed; undefined while there is nothing to write. Never rejects. */
  get writing(): Promise<void> | undefined {
    return this.#writing;
  }

  rejectAll(error: StorageError): void {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }

  #begin(filling: Filling): void {
    this.#filling = filling;
    this.#writing ??= this.#write();
  }

  /** Writes until the queue is empty. All that wait for the same segment go to the disk together. */
  async #write(): Promise<void> {
    const { segments, settings, failed } = this.#owner;
    try {
      for (;;) {
        const filling = this.#pending[0]?.filling ?? this.#filling;
        if (filling.baseOffset !== segments.active.baseOffset) await this.#beginSegment(filling);
        if (this.#pending.length === 0) return;
        const other = this.#pending.findIndex((pending) => pending.filling !== filling);
        const together = this.#pending.slice(0, other === -1 ? undefined : other);
        await segments.active.append(together.map(({ batch }) => batch));
        if (settings().flush === 'each-append') await segments.active.sync();
        this.#pending.splice(0, together.length);
        this.writtenEndOffset = lastOffsetOf(together[together.length - 1].batch.header) + 1;
        for (const { resolve } of together) resolve();
        await segments.active.saveIndexes();
      }
    } catch (error) {
      failed(error);
    } finally {
      this.#writing = undefined;
    }
  }

  /** The segment before is made to survive a loss of power, so that only the last one ever needs recovery. */
  async #beginSegment({ baseOffset, snapshot = new Uint8Array(0) }: Filling): Promise<void> {
    const { host, folder, segments, settings } = this.#owner;
    await segments.active.finish();
    await saveSnapshot(host.disk, folder, baseOffset, snapshot);
    await segments.begin(baseOffset, settings().indexIntervalBytes);
    host.trace.record(host.name, 'log.rolled', { folder, baseOffset });
  }
}
