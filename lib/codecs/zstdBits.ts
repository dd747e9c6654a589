/**
 * The bit streams of zstd. Most of them are read from their end to their beginning: the encoder, which works on its input backwards, has
 * written what is needed first last. The highest bit that is set in the last byte marks where the stream begins.
 */
import { malformed } from './unpacked.ts';

export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #from: number;
  /** Bits that are left. Below zero, more has been read than there was, and the missing bits were zeros. */
  left: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    const last = from < to ? bytes[to - 1] : 0;
    if (last === 0) throw malformed('zstd', 'a bit stream without its mark');
    this.#bytes = bytes;
    this.#from = from;
    this.left = (to - from - 1) * 8 + 31 - Math.clz32(last);
  }

  /** The next bits, at most 32, as a whole number. */
  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 65536 + this.read(16);
    this.left -= count;
    return this.#at(this.left) & ((1 << count) - 1);
  }

  /** The next bits, at most 16, which stay where they are. */
  peek(count: number): number {
    return this.#at(this.left - count) & ((1 << count) - 1);
  }

  /** At least 16 bits from a position on. Below the beginning of the stream there are zeros. */
  #at(position: number): number {
    if (position < 0) return position > -16 ? this.#at(0) << -position : 0;
    const at = this.#from + (position >> 3);
    const bytes = this.#bytes;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) >> (position & 7);
  }
}
