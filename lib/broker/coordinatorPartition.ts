/**
 * One partition of a coordinator's log, with what lives on it: the place where a pure coordinator meets time, promises and the disk.
 *
 * An event goes in, the coordinator decides, and its outcome is carried out at once: records appended, timers set, answers given. Nothing is awaited
 * on this path, so two events never mix. The result of an append comes back as an event of its own when the high watermark has passed it.
 * If an append is lost after it was accepted, or the coordinator fails with nobody to tell, memory and log may differ: then memory goes, and is made
 * again from the log.
 */

import type { Partition } from '../cluster/partition.ts';
import { PartitionClosed } from '../cluster/partition.ts';
import type { CoordinatorRecord, Outcome, ReplyTo, RuntimeEvent } from '../coordinators/outcome.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import { batchesIn, decodeBatch, encodeBatch } from '../records/batch.ts';
import type { Host } from '../trace/host.ts';
import type { Cancel } from '../world/world.ts';
import { errorOfAppend } from './storageErrors.ts';

/** What the runtime must be able to do with a coordinator: groups now; transactions and share groups have the same shape. */
export interface Shard<Event, Response> {
  replay(record: CoordinatorRecord): void;
  loaded(now: number): readonly Keyed<Response>[];
  decide(key: string, event: Event | RuntimeEvent, now: number): Outcome<Response>;
  /** What there is to do without anybody asking, key by key; called from time to time. */
  swept(now: number): readonly Keyed<Response>[];
  readonly keys: Iterable<string>;
}

/** A decision, and whom it is about. */
export interface Keyed<Response> {
  readonly key: string;
  readonly outcome: Outcome<Response>;
}

/** Something to be decided on that no client has asked for. `now` is the wall clock in ms. */
export type Unasked<Response, S> = (shard: S, now: number) => readonly Keyed<Response>[];

const READ_BYTES = 1 << 20;

export class CoordinatorPartition<Event, Response, S extends Shard<Event, Response>> {
  readonly partition: Partition;
  readonly #host: Host;
  readonly #newShard: () => S;
  readonly #maxBatchBytes: () => number;
  readonly #parked = new Map<ReplyTo, (response: Response | Promise<never>) => void>();
  readonly #timers = new Map<string, Map<string, Cancel>>();
  #shard: S;
  #state: 'loading' | 'active' | 'closed' = 'loading';
  /** Counts the times that memory was made from the log: what was begun before the last time is of no interest. */
  #incarnation = 0;
  #requests: ReplyTo = 0;

  constructor(host: Host, partition: Partition, newShard: () => S, maxBatchBytes: () => number) {
    this.#host = host;
    this.partition = partition;
    this.#newShard = newShard;
    this.#maxBatchBytes = maxBatchBytes;
    this.#shard = newShard();
  }

  /** NONE once the log has been read. */
  get error(): ErrorCode {
    if (this.#state === 'active') return Errors.NONE;
    return this.#state === 'loading' ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.NOT_COORDINATOR;
  }

  get shard(): S {
    return this.#shard;
  }

  // #region load
  /**
   * Makes the memory from the log. Never rejects: a log that cannot be read, or a coordinator that fails at what it has read, leaves the partition without one.
   */
  async load(): Promise<void> {
    const incarnation = ++this.#incarnation;
    this.#state = 'loading';
    const shard = this.#newShard();
    try {
      await this.#replayInto(shard);
      if (this.#incarnation !== incarnation || this.partition.isClosed) return;
      this.#shard = shard;
      this.#state = 'active';
      this.#tell('coordinator.loaded', { offset: this.partition.log.logEndOffset });
      for (const { key, outcome } of shard.loaded(this.#host.clock.wallMs())) this.#carryOut(key, outcome);
    } catch (error) {
      if (this.#incarnation !== incarnation) return;
      this.#tellWhy('coordinator.failed', error);
      this.close();
    }
  }

  async #replayInto(shard: S): Promise<void> {
    const { log, highWatermark } = this.partition;
    const end = log.logEndOffset;
    // What is still being written cannot be read yet, and may never be.
    if (highWatermark < end) await this.partition.allCommitted().catch(() => {});
    let offset = log.logStartOffset;
    while (offset < end) {
      const read = await log.read(offset, READ_BYTES, end);
      // It has not got there, or compaction has taken it. To ask again would be to ask for ever.
      if (read.length === 0) return;
      for (const { header, bytes } of batchesIn(read)) {
        for (const { key, value } of header.isControl ? [] : decodeBatch(bytes, this.#host.codecs)) {
          if (key !== null) shard.replay({ key, value });
        }
        offset = header.baseOffset + header.lastOffsetDelta + 1;
      }
    }
  }
  // #endregion load

  /** Hands a request to the coordinator, and resolves when it answers, which may take as long as a rebalance. Only when `error` is NONE. */
  ask(key: string, event: (to: ReplyTo) => Event): Promise<Response> {
    const to = ++this.#requests;
    return new Promise((resolve) => {
      this.#parked.set(to, resolve);
      try {
        this.#decide(key, event(to));
      } catch (error) {
        // A decision that fails has changed nothing; the request alone must hear of it.
        this.#parked.delete(to);
        throw error;
      }
    });
  }

  /** Looks into the memory, once all that was appended before is safe: what is seen will be seen by every later coordinator too. */
  async read<T>(look: (shard: S) => T): Promise<T> {
    await this.partition.allCommitted();
    return look(this.#shard);
  }

  /** Carries out what the coordinator decides without having been asked by a client. */
  unasked(decide: Unasked<Response, S>): void {
    if (this.#state !== 'active') return;
    this.#alone(() => {
      for (const { key, outcome } of decide(this.#shard, this.#host.clock.wallMs())) this.#carryOut(key, outcome);
    });
  }

  /** Everybody who waits is sent away, and no timer is left. */
  close(): void {
    this.#forget();
    this.#state = 'closed';
  }

  #decide(key: string, event: Event | RuntimeEvent): void {
    this.#carryOut(key, this.#shard.decide(key, event, this.#host.clock.wallMs()));
  }

  /** Does what no request waits for. Whatever it throws is a bug, and must not end the process; how far it came nobody can say. */
  #alone(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#lost(error);
    }
  }

  // #region carryOut
  #carryOut(key: string, { facts, timers, records, isAtomic, replies }: Outcome<Response>): void {
    for (const { what, detail } of facts) this.#host.trace.record(this.#host.name, what, detail);
    for (const { name, afterMs } of timers) this.#setTimer(key, name, afterMs);
    const appended = records.length === 0 ? undefined : this.#append(records, isAtomic);
    for (const { to, response } of replies) this.#answer(to, response);
    if (appended === undefined) return;
    if ('error' in appended) return this.#decide(key, { type: 'appendFailed', error: appended.error.code });
    const incarnation = this.#incarnation;
    appended.committed.then(
      () => this.#incarnation === incarnation && this.#alone(() => this.#decide(key, { type: 'appended' })),
      (error) => this.#incarnation === incarnation && this.#lost(error),
    );
  }
  // #endregion carryOut

  /** An append that is refused at once has not happened; that is for the coordinator to deal with. */
  #append(
    records: readonly CoordinatorRecord[],
    isAtomic: boolean,
  ): { committed: Promise<void> } | { error: ErrorCode } {
    const maxBytes = Math.min(this.#maxBatchBytes(), this.partition.log.settings.segmentBytes);
    const batches = this.#batchesOf(records, isAtomic ? Infinity : maxBytes);
    if (batches.some(({ length }) => length > maxBytes)) return { error: Errors.MESSAGE_TOO_LARGE };
    try {
      // None of them is too large, and nothing happens to the log in between: it takes all or refuses the first. The last to be safe is the last.
      const appended = batches.map((batch) => this.partition.append(batch));
      return appended[appended.length - 1];
    } catch (error) {
      return { error: errorOfAppend(error) };
    }
  }

  /** One batch, or halves of it, and halves of these, until they are small enough or hold a single record. */
  #batchesOf(records: readonly CoordinatorRecord[], maxBytes: number): Uint8Array[] {
    const timestamp = this.#host.clock.wallMs();
    const batch = encodeBatch(
      records.map(({ key, value }) => ({ timestamp, key, value, headers: [] })),
      {},
      this.#host.codecs,
    );
    if (batch.length <= maxBytes || records.length === 1) return [batch];
    const middle = records.length >> 1;
    const halves = [records.slice(0, middle), records.slice(middle)];
    return halves.flatMap((half) => this.#batchesOf(half, maxBytes));
  }

  /** An append that was accepted and then lost leaves memory ahead of the log, and so may a decision that broke off. */
  #lost(error: unknown): void {
    this.#tellWhy('coordinator.unloaded', error);
    this.#forget();
    if (error instanceof PartitionClosed) this.#state = 'closed';
    else void this.load();
  }

  #forget(): void {
    this.#incarnation++;
    for (const key of [...this.#shard.keys]) {
      try {
        const { facts, replies } = this.#shard.decide(key, { type: 'unload' }, this.#host.clock.wallMs());
        for (const { what, detail } of facts) this.#host.trace.record(this.#host.name, what, detail);
        for (const { to, response } of replies) this.#answer(to, response);
      } catch (error) {
        this.#tellWhy('coordinator.failed', error);
      }
    }
    for (const timers of this.#timers.values()) for (const cancel of timers.values()) cancel();
    this.#timers.clear();
    // Nobody is left, but where the coordinator has failed even at this. Without an answer their connections would hang.
    for (const answer of this.#parked.values()) answer(Promise.reject(new Error('the coordinator has failed')));
    this.#parked.clear();
  }

  #answer(to: ReplyTo, response: Response): void {
    this.#parked.get(to)?.(response);
    this.#parked.delete(to);
  }

  #setTimer(key: string, name: string, afterMs: number | null): void {
    const timers = this.#timers.get(key) ?? new Map<string, Cancel>();
    timers.get(name)?.();
    timers.delete(name);
    if (afterMs !== null) {
      const ring = () => {
        timers.delete(name);
        if (timers.size === 0) this.#timers.delete(key);
        this.#alone(() => this.#decide(key, { type: 'timer', name }));
      };
      timers.set(name, this.#host.clock.after(afterMs, ring));
    }
    if (timers.size === 0) this.#timers.delete(key);
    else this.#timers.set(key, timers);
  }

  #tellWhy(what: string, error: unknown): void {
    this.#tell(what, { why: error instanceof Error ? error.message : String(error) });
  }

  #tell(what: string, detail: { readonly [name: string]: string | number }): void {
    const { topic, index } = this.partition;
    this.#host.trace.record(this.#host.name, what, { topic, partition: index, ...detail });
  }
}
