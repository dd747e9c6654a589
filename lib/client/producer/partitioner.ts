/**
 * Which partition a record goes to.
 *
 * The same key must go to the same partition whoever sends it, a Java service or this library, since order holds only within a partition.
 * So the hash is Kafka's murmur2, to the bit. A record without a key may go anywhere: it goes where its predecessor went until that partition has had as
 * much as a batch holds, because one batch of ten costs the broker less than ten batches of one (KIP-480, KIP-794).
 *
 * Not here: the lots of KIP-794 in which a partition with a long queue is drawn less often (`partitioner.adaptive.partitioning.enable`).
 *
 * Source: Apache Kafka `Utils.murmur2`, `BuiltInPartitioner`.
 */
import type { Random } from '../../world/world.ts';

// #region murmur2
const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/** The 32-bit hash of `key`, as a signed number like Java's. */
export function murmur2(key: Uint8Array): number {
  let hash = SEED ^ key.length;
  const tail = key.length & ~3;
  for (let at = 0; at < tail; at += 4) {
    let word = key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const left = key.length - tail;
  if (left > 0) {
    for (let index = left - 1; index >= 0; index--) hash ^= key[tail + index] << (8 * index);
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}
// #endregion murmur2

/** The partition of a key. The sign bit is dropped, not the sign taken off: the smallest integer has no positive twin. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

interface Sticky {
  readonly partition: number;
  /** What has gone there since it was drawn. */
  bytes: number;
}

/** Where records without a key go, topic by topic. */
export class StickyPartitions {
  readonly #random: Random;
  readonly #batchSizeBytes: number;
  readonly #current = new Map<string, Sticky>();

  constructor(random: Random, batchSizeBytes: number) {
    this.#random = random;
    this.#batchSizeBytes = batchSizeBytes;
  }

  /** The partition of the moment, if there is one. */
  current(topic: string): number | undefined {
    return this.#current.get(topic)?.partition;
  }

  /** The partition of the moment, out of `available`, which must not be empty. */
  choose(topic: string, available: readonly number[]): number {
    const current = this.current(topic);
    if (current !== undefined && available.includes(current)) return current;
    const partition = available[this.#random.nextU32() % available.length];
    this.#current.set(topic, { partition, bytes: 0 });
    return partition;
  }

  /**
   * The partition of the moment has had a record of so many bytes. After a batch's worth the next record may go elsewhere: as soon as no half-filled batch is
   * left behind, and at the latest after two.
   */
  took(topic: string, bytes: number, batchIsFull: boolean): void {
    const current = this.#current.get(topic);
    if (current === undefined) return;
    current.bytes += bytes;
    if (current.bytes >= (batchIsFull ? 1 : 2) * this.#batchSizeBytes) this.#current.delete(topic);
  }
}
