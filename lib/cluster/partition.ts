/**
 * One partition as its leader sees it: a log, and the question how much of it is safe.
 *
 * Safe is what every in-sync replica has. The high watermark marks the end of that: consumers read below it, and an append has succeeded when the
 * high watermark has passed it. It is the smallest of the replicas' log ends as far as they are written. With one replica that is the
 * leader's own; a follower reports by the same `replicaProgress`, so nothing else changes when there are more.
 */
import { type Log, OffsetOutOfRange } from '../log/log.ts';
import { type BatchHeader, readBatchHeader } from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import type { Cancel } from '../world/world.ts';

export interface PartitionIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  /** The broker that leads, which is this one. */
  readonly leaderId: number;
  /** Counts the leaders that the partition has had. */
  readonly leaderEpoch: number;
  /** The brokers that count for the high watermark, the leader among them. Default: the leader alone. */
  readonly inSyncReplicas?: readonly number[];
}

export interface Appended {
  /** The offset of the first record; for a batch that was there already, the one it has. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The time that the broker gave to the records; -1, or nothing: they keep that of their producer. */
  readonly logAppendTimeMs?: number;
  /** The leader has written it (`acks=1`). Rejects with a storage error. */
  readonly written: Promise<void>;
  /** All in-sync replicas have it (`acks=all`). Rejects when that can no longer be known. */
  readonly committed: Promise<void>;
}

/** The partition was deleted, or its broker is stopping. */
export class PartitionClosed extends Error {
  override readonly name = 'PartitionClosed';
}

interface Waiting {
  /** The high watermark has to get here. */
  readonly offset: number;
  /** How many bytes are safe then that were not before. */
  readonly sizeInBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Partition implements PartitionIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly log: Log;
  readonly #host: Host;
  /** The in-sync replicas with the end of what each of them has written. */
  readonly #written = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  #waiting: Waiting[] = [];
  #highWatermark: number;
  #bytesCommitted = 0;
  #closed: Error | undefined;

  constructor(host: Host, identity: PartitionIdentity, log: Log) {
    this.#host = host;
    this.topic = identity.topic;
    this.topicId = identity.topicId;
    this.index = identity.index;
    this.leaderId = identity.leaderId;
    this.leaderEpoch = identity.leaderEpoch;
    this.log = log;
    // A leader knows what it has itself; what the others have, they will say.
    for (const replicaId of identity.inSyncReplicas ?? []) this.#written.set(replicaId, log.logStartOffset);
    this.#written.set(identity.leaderId, log.logEndOffset);
    this.#highWatermark = Math.min(...this.#written.values());
  }

  /** The first offset that consumers may not read yet. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** The brokers that have all of what is safe. */
  get inSyncReplicas(): readonly number[] {
    return [...this.#written.keys()];
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** How many bytes have become safe since this broker began to lead: what a fetch waits for is a difference of two such numbers. */
  get bytesCommitted(): number {
    return this.#bytesCommitted;
  }

  // #region append
  /**
   * Puts one batch, checked before, at the end of the log. Its bytes must stay as they are until `written` has settled. Offsets are assigned at once, without
   * waiting for anything, so the order of calls is the order in the partition. Throws `PartitionClosed`, `StorageError` or `BatchTooLarge`.
   */
  append(batch: Uint8Array, header: BatchHeader = readBatchHeader(batch)): Appended {
    if (this.#closed) throw this.#closed;
    const { baseOffset, lastOffset, logAppendTimeMs, written } = this.log.append(batch, this.leaderEpoch);
    this.#tell('partition.append', { baseOffset, count: header.recordCount });
    const committed = this.#reaches(lastOffset + 1, batch.length);
    const safe = written.then(
      () => this.replicaProgress(this.leaderId, lastOffset + 1),
      (error) => this.#giveUp(error),
    );
    quietly(safe);
    return { baseOffset, lastOffset, logAppendTimeMs, written, committed };
  }

  /** A replica has written everything before `offset`. The high watermark follows the slowest in-sync replica, and never goes back. */
  replicaProgress(replicaId: number, offset: number): void {
    const before = this.#written.get(replicaId);
    if (before === undefined || offset <= before || this.#closed) return;
    this.#written.set(replicaId, offset);
    this.#advanceTo(Math.min(...this.#written.values()));
  }
  // #endregion append

  /** Resolves when all that is in the log now is safe. Rejects when that can no longer be known. */
  allCommitted(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    return this.#highWatermark >= this.log.logEndOffset ? Promise.resolve() : this.#reaches(this.log.logEndOffset, 0);
  }

  /**
   * What a consumer may read from `offset` on: whole batches up to the high watermark, at least one if there is any, and otherwise as many as fit
   * into `maxBytes`. Throws `OffsetOutOfRange`.
   */
  async read(offset: number, maxBytes: number): Promise<Uint8Array> {
    const inLog = offset >= this.log.logStartOffset && offset <= this.log.logEndOffset;
    if (inLog && offset >= this.#highWatermark) return new Uint8Array(0);
    return this.log.read(offset, maxBytes, this.#highWatermark);
  }

  /**
   * Gives up the records before `offset`, which must be safe: at most the high watermark, and -1 means that. Answers the first offset that is left.
   * Throws `OffsetOutOfRange`, `PartitionClosed` or `StorageError`.
   */
  async deleteRecords(offset: number): Promise<number> {
    if (this.#closed) throw this.#closed;
    const highWatermark = this.#highWatermark;
    const wanted = offset === -1 ? highWatermark : offset;
    if (wanted < 0 || wanted > highWatermark)
      throw new OffsetOutOfRange(wanted, this.log.logStartOffset, highWatermark);
    await this.log.advanceLogStartOffset(wanted);
    return this.log.logStartOffset;
  }

  /**
   * Where the records end that were written under `leaderEpoch` or before it, with the newest such epoch; null when none is known. All records here
   * are of the one epoch that there is.
   */
  endOfEpoch(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } | null {
    if (leaderEpoch === this.leaderEpoch) return { leaderEpoch, endOffset: this.log.logEndOffset };
    // Before the first epoch there was nothing, so it ends where the log begins.
    const isEarlier = leaderEpoch >= 0 && leaderEpoch < this.leaderEpoch;
    return isEarlier ? { leaderEpoch, endOffset: this.log.logStartOffset } : null;
  }

  /** Calls `listener` whenever the high watermark has moved, and when the partition is closed. */
  onHighWatermark(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whoever waits is told that nothing will come of it; then the files are closed. */
  async close(why: string): Promise<void> {
    if (this.#closed) return;
    this.#giveUp(new PartitionClosed(`${this.topic}-${this.index} ${why}`));
    for (const listener of [...this.#listeners]) listener();
    await this.log.close();
  }

  #advanceTo(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.#tell('partition.highWatermark', { offset });
    while (this.#waiting.length > 0 && this.#waiting[0].offset <= offset) {
      const done = this.#waiting.shift();
      this.#bytesCommitted += done?.sizeInBytes ?? 0;
      done?.resolve();
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** Waits in the order of the log: every `offset` asked for is its end at that moment. */
  #reaches(offset: number, sizeInBytes: number): Promise<void> {
    const reached = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ offset, sizeInBytes, resolve, reject });
    });
    quietly(reached);
    return reached;
  }

  #giveUp(error: unknown): void {
    if (error instanceof PartitionClosed) this.#closed = error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }

  #tell(what: string, detail: { readonly [name: string]: number }): void {
    this.#host.trace.record(this.#host.name, what, { topic: this.topic, partition: this.index, ...detail });
  }
}

/** A promise that nobody may be looking at: its rejection is not an error of the program. */
function quietly(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
