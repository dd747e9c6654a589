/**
 * Runs a kind of coordinator on a topic: which partition is responsible for a key, is it loaded, and ask it.
 *
 * The coordinator of a key is whoever leads the partition that the key hashes to. So when a broker dies, the question who takes over is answered by
 * the election of leaders, and taking over is reading a log. Here all partitions are led by the one broker there is.
 */

import type { Topic } from '../cluster/topics.ts';
import { groupPartition } from '../coordinators/groupPartition.ts';
import type { ReplyTo } from '../coordinators/outcome.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { Host } from '../trace/host.ts';
import { CoordinatorPartition, type Shard, type Unasked } from './coordinatorPartition.ts';

export class CoordinatorRuntime<Event, Response, S extends Shard<Event, Response>> {
  readonly #host: Host;
  readonly #newShard: () => S;
  readonly #maxBatchBytes: () => number;
  #partitions: readonly CoordinatorPartition<Event, Response, S>[] = [];

  /** `maxBatchBytes` is asked at every append, since it can be changed while the broker runs. */
  constructor(host: Host, newShard: () => S, settings: { readonly maxBatchBytes: () => number }) {
    this.#host = host;
    this.#newShard = newShard;
    this.#maxBatchBytes = settings.maxBatchBytes;
  }

  /** Takes over the topic that the coordinators keep their state in. Until a partition is loaded its keys are answered with an error. */
  start(topic: Topic): void {
    if (this.#partitions.length > 0) return;
    this.#partitions = topic.partitions.map(
      (partition) => new CoordinatorPartition(this.#host, partition, this.#newShard, this.#maxBatchBytes),
    );
    for (const partition of this.#partitions) void partition.load();
  }

  /** Whether this broker can answer for `key` now: NONE, COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR. */
  errorFor(key: string): ErrorCode {
    return this.#partitionOf(key)?.error ?? Errors.NOT_COORDINATOR;
  }

  /** Asks the coordinator of `key`, which must be able to answer: see `errorFor`. */
  ask(key: string, event: (to: ReplyTo) => Event): Promise<Response> {
    const partition = this.#partitionOf(key);
    if (partition === undefined) throw new Error(`nobody coordinates ${key} here: errorFor was not asked`);
    return partition.ask(key, event);
  }

  /** Looks at what is safe of the coordinator of `key`. Rejects when its partition is closed meanwhile. */
  read<T>(key: string, look: (shard: S) => T): Promise<T> {
    const partition = this.#partitionOf(key);
    if (partition === undefined) throw new Error(`nobody coordinates ${key} here: errorFor was not asked`);
    return partition.read(look);
  }

  /** What each loaded partition holds; `loading` says whether there are others. */
  get shards(): { readonly loaded: readonly S[]; readonly loading: boolean } {
    const active = this.#partitions.filter(({ error }) => error === Errors.NONE);
    return { loaded: active.map(({ shard }) => shard), loading: active.length < this.#partitions.length };
  }

  /** Lets every coordinator here decide on something that none of its clients asked for. Those that are being loaded are left out. */
  everywhere(decide: Unasked<Response, S>): void {
    for (const partition of this.#partitions) partition.unasked(decide);
  }

  /** Lets all coordinators forget what is no longer needed. */
  sweep(): void {
    this.everywhere((shard, now) => shard.swept(now));
  }

  close(): void {
    for (const partition of this.#partitions) partition.close();
    this.#partitions = [];
  }

  #partitionOf(key: string): CoordinatorPartition<Event, Response, S> | undefined {
    return this.#partitions[groupPartition(key, this.#partitions.length)];
  }
}
