/**
 * Chance that can be repeated: the same seed gives the same numbers in every engine, since only 32-bit integer operations are used.
 *
 * Each node, each direction of each connection and each disk draws from a fork of its own. A fork depends on the seed and on its name and on nothing that
 * has been drawn, so one more heartbeat of one node does not move the latencies of all the others.
 *
 * The generator is xoshiro128** by Blackman and Vigna (public domain); its state is filled by hashing.
 */
import type { Random } from '../world/world.ts';

export class SeededRandom implements Random {
  readonly #path: string;
  readonly #forks = new Map<string, number>();
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number | string) {
    this.#path = String(seed);
    this.#a = hash(this.#path, 1);
    this.#b = hash(this.#path, 2);
    this.#c = hash(this.#path, 3);
    // A state of four zeros would stay there for ever.
    this.#d = hash(this.#path, 4) | 1;
  }

  nextU32(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  /** A second fork of the same name is another source: a broker that starts again must not hand out the ids of its first life. */
  fork(name: string): Random {
    const count = (this.#forks.get(name) ?? 0) + 1;
    this.#forks.set(name, count);
    // The lengths keep ('a', 'b/c') and ('a/b', 'c') apart.
    return new SeededRandom(`${this.#path}/${name.length}:${name}#${count}`);
  }
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + (random.nextU32() % (high - low + 1));
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four bytes of MurmurHash3's mixing over the characters of `text`. */
function hash(text: string, salt: number): number {
  let state = Math.imul(salt, 0x9e3779b9);
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(rotate(state ^ Math.imul(text.charCodeAt(at), 0xcc9e2d51), 13), 5) + 0xe6546b64;
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
