/** The memory of a producer for records that are not acknowledged yet. Who finds it full waits: so a slow broker slows the sender down. */
import { Broadcast } from '../waiting.ts';

export class BufferMemory {
  readonly #limitBytes: number;
  readonly #freed = new Broadcast();
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#freed.send();
  }

  /** Resolves when some memory has been given back: perhaps not enough. */
  freed(): Promise<void> {
    return this.#freed.next();
  }
}
