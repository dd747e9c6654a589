/**
 * Several workers behind one consumer: records of one key are worked on one after the other, those of different keys at the same time.
 *
 * A consumer hands out the records of a partition in order, and a program that works on them one by one is as slow as its slowest record. Here each
 * key belongs to one of a few workers, so that the order within a key stays. But records are then done in another order than they were read,
 * and an offset may be committed only when everything before it is done: whoever commits the position, as auto-commit does, loses what
 * was still at work when the process died. So the workers keep book of each partition, and commit up to the first record that is not done.
 */
import type { Duration } from '../../world/duration.ts';
import { SettingError } from '../errors.ts';
import { murmur2 } from '../producer/partitioner.ts';
import { nameOf, type TopicPartition } from '../topicPartition.ts';
import type { Consumer } from './api.ts';
import type { OffsetToCommit } from './offsets.ts';
import type { ConsumerRecord } from './record.ts';
import type { RebalanceListener } from './subscriptionState.ts';

export interface KeyedWorkersSettings<K, V> {
  /** How many records are worked on at once, at most. Default 4. */
  readonly workers?: number;
  /** With more records than this read and not done, nothing more is read. Default 1 000. */
  readonly maxPending?: number;
  /** Does the work of one record. `worker` is a number from 0 on. What it throws, `poll` throws. */
  work(record: ConsumerRecord<K, V>, worker: number): unknown;
}

/** One partition, as far as it has been read. */
interface Ledger extends TopicPartition {
  /** What was read and may not be committed yet, in its order: the first of them is not done. */
  entries: { readonly offset: number; readonly leaderEpoch: number; isDone: boolean }[];
  /** How far everything is done. */
  done: OffsetToCommit | undefined;
  /** The last commit of it that was sent and has not failed. */
  committed: OffsetToCommit | undefined;
  /** The partition belongs to somebody else now: what has not begun is left to them. */
  isClosed: boolean;
  /** Work that has begun. */
  readonly running: Set<Promise<void>>;
}

export class KeyedWorkers<K = string, V = string> {
  readonly #consumer: Consumer<K, V>;
  readonly #settings: Required<KeyedWorkersSettings<K, V>>;
  readonly #ledgers = new Map<string, Ledger>();
  /** The end of each worker's queue. */
  readonly #queues: Promise<void>[];
  #isHeld = false;
  #failure: { readonly error: unknown } | undefined;

  /** The consumer must not commit by itself: `enableAutoCommit: false`. */
  constructor(consumer: Consumer<K, V>, settings: KeyedWorkersSettings<K, V>) {
    const { workers = 4, maxPending = 1000 } = settings;
    if (!Number.isInteger(workers) || workers < 1)
      throw new SettingError(`workers is ${workers}: it must be 1 or more`);
    this.#consumer = consumer;
    this.#settings = { workers, maxPending, work: (record, worker) => settings.work(record, worker) };
    this.#queues = Array.from({ length: workers }, () => Promise.resolve());
  }

  /** As `subscribe` of the consumer. Partitions go only when the work on them that has begun is done and committed. */
  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): Promise<void> {
    return this.#consumer.subscribe(topics, {
      onPartitionsAssigned: (partitions) => listener.onPartitionsAssigned?.(partitions),
      onPartitionsRevoked: async (partitions) => {
        const done = await this.#letGo(partitions);
        try {
          if (done.length > 0) await this.#consumer.commitSync(done);
        } finally {
          await listener.onPartitionsRevoked?.(partitions);
        }
      },
      onPartitionsLost: async (partitions) => {
        // Somebody else may have them already: too late to commit, and no use in waiting.
        for (const partition of partitions) this.#close(partition);
        await (listener.onPartitionsLost ?? listener.onPartitionsRevoked)?.(partitions);
      },
    });
  }

  // #region poll
  /** Reads records, gives each to its worker, and commits what is done. Throws what a worker has thrown, from then on each time. */
  async poll(timeout: Duration): Promise<void> {
    const { workers, maxPending } = this.#settings;
    this.#hold(this.pending > maxPending);
    for (const record of await this.#consumer.poll(timeout)) {
      const ledger = this.#ledgerOf(record);
      const entry = { offset: record.offset, leaderEpoch: record.leaderEpoch, isDone: false };
      ledger.entries.push(entry);
      const worker = this.#hash(record) % workers;
      this.#queues[worker] = this.#queues[worker].then(() => this.#begin(record, worker, ledger, entry));
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const ledger of this.#ledgers.values()) this.#commit(ledger);
  }
  // #endregion poll

  /** Records that were read and are not done. */
  get pending(): number {
    return [...this.#ledgers.values()].reduce(
      (sum, { entries }) => sum + entries.filter((one) => !one.isDone).length,
      0,
    );
  }

  /** Waits for the work that has begun, commits what is done, and closes the consumer. What was only queued is left to the next member. */
  async close(): Promise<void> {
    const done = await this.#letGo([...this.#ledgers.values()]);
    try {
      if (done.length > 0) await this.#consumer.commitSync(done);
    } finally {
      await this.#consumer.close();
    }
  }

  /** Polls go on while the workers are behind, so that the member stays in its group; they bring nothing. */
  #hold(isHeld: boolean): void {
    if (isHeld) this.#consumer.pause(this.#consumer.assignment());
    else if (this.#isHeld) this.#consumer.resume(this.#consumer.paused());
    this.#isHeld = isHeld;
  }

  /** What could not be committed is tried again with the next poll; a later offset covers it, too. */
  #commit(ledger: Ledger): void {
    settle(ledger);
    const { done, committed } = ledger;
    if (done === undefined || done === committed) return;
    ledger.committed = done;
    this.#consumer.commitAsync([done], (_, error) => {
      if (error !== null && ledger.committed === done) ledger.committed = committed;
    });
  }

  async #begin(
    record: ConsumerRecord<K, V>,
    worker: number,
    ledger: Ledger,
    entry: Ledger['entries'][number],
  ): Promise<void> {
    // Behind a record that failed nothing is done any more: not of its key, since the order counts, and not of others, since somebody has to look.
    if (ledger.isClosed || this.#failure !== undefined) return;
    const work = (async () => {
      try {
        await this.#settings.work(record, worker);
        entry.isDone = true;
      } catch (error) {
        this.#failure ??= { error };
      }
    })();
    ledger.running.add(work);
    await work;
    ledger.running.delete(work);
    // A poll that is waiting goes on to read, as soon as there is room for it.
    if (this.#isHeld && this.pending <= this.#settings.maxPending) this.#hold(false);
  }

  /** Begins nothing new on these partitions, waits for what has begun, and answers what can be committed. */
  async #letGo(partitions: readonly TopicPartition[]): Promise<OffsetToCommit[]> {
    const ledgers = partitions.flatMap((partition) => this.#close(partition) ?? []);
    await Promise.all(ledgers.flatMap(({ running }) => [...running]));
    for (const ledger of ledgers) settle(ledger);
    return ledgers.flatMap(({ done, committed }) => (done === undefined || done === committed ? [] : [done]));
  }

  #close(partition: TopicPartition): Ledger | undefined {
    const ledger = this.#ledgers.get(nameOf(partition));
    this.#ledgers.delete(nameOf(partition));
    if (ledger !== undefined) ledger.isClosed = true;
    return ledger;
  }

  #ledgerOf({ topic, partition }: TopicPartition): Ledger {
    const name = nameOf({ topic, partition });
    const ledger: Ledger = this.#ledgers.get(name) ?? {
      ...{ topic, partition, entries: [], isClosed: false, running: new Set() },
      ...{ done: undefined, committed: undefined },
    };
    this.#ledgers.set(name, ledger);
    return ledger;
  }

  /** Records without a key keep the order of their partition. */
  #hash({ key, partition }: ConsumerRecord<K, V>): number {
    if (key === null) return partition;
    const bytes = key instanceof Uint8Array ? key : new TextEncoder().encode(String(key));
    // The upper half: the lower one is much the same for all keys of a partition, since by it they have come there.
    return murmur2(bytes) >>> 16;
  }
}

// #region settle
/** Takes what is done from the front of a ledger. */
function settle(ledger: Ledger): void {
  const { topic, partition } = ledger;
  const firstOpen = ledger.entries.findIndex(({ isDone }) => !isDone);
  const last = ledger.entries.splice(0, firstOpen < 0 ? ledger.entries.length : firstOpen).at(-1);
  if (last !== undefined) ledger.done = { topic, partition, offset: last.offset + 1, leaderEpoch: last.leaderEpoch };
}
// #endregion settle
