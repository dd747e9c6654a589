/**
 * Which partition a record goes to.
 *
 * The same key must go to the same partition whoever sends it, a Java service or this library, since order holds only within a partition.
 * So the hash is Kafka's murmur2, to the bit. A record without a key may go anywhere: it goes where its predecessor went until a batch
 * is full or sent, because one batch of ten costs the broker less than ten batches of one (KIP-480).
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

/** Where records without a key go, topic by topic. */
export class StickyPartitions {
  readonly #random: Random;
  readonly #current = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** The partition of the moment, if there is one. */
  current(topic: string): number | undefined {
    return this.#current.get(topic);
  }

  /** The partition of the moment, out of `available`, which must not be empty. */
  choose(topic: string, available: readonly number[]): number {
    const current = this.#current.get(topic);
    if (current !== undefined && available.includes(current)) return current;
    const chosen = available[this.#random.nextU32() % available.length];
    this.#current.set(topic, chosen);
    return chosen;
  }

  /** A batch of this partition is closed: the next record without a key may go elsewhere. */
  batchClosed(topic: string, partition: number): void {
    if (this.#current.get(topic) === partition) this.#current.delete(topic);
  }
}
