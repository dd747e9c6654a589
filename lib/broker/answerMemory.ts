/**
 * Bytes of answers that are being read, or that clients have not taken.
 *
 * Kafka hands the kernel a file to send and holds nothing; here an answer lies in memory, at most `fetch.max.bytes` of it for each connection. When all of
 * them together are too much, fetches wait before they read, and those whose answers have been waiting for long lose their connection, so that there is
 * room again. Small answers are always given.
 */
import { ConnectionLost } from '../world/errors.ts';
import type { Cancel, Clock } from '../world/world.ts';

/** An answer that waits for its client to take it. */
interface Held {
  readonly bytes: number;
  readonly sinceMs: number;
  readonly close: (why: string) => void;
}

/** All answers together may be this large before new ones wait, and the slowest readers are looked at. */
const ANSWERS_BYTES = 256 << 20;
/** A client that has not taken its answer after this time is slow. */
const SLOW_AFTER_MS = 10_000;
/** Answers up to this size are given however short memory is: a group goes on. */
const SMALL_ANSWER_BYTES = 1 << 20;

/** The answers of all connections. As with requests, the last to come in may go beyond the limit. */
export class AnswerMemory {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  /** Oldest first. */
  readonly #held = new Set<Held>();
  /** Who waits for room, in their order. */
  readonly #waiting = new Set<() => void>();
  #bytes = 0;
  #stopWatch: Cancel | undefined;

  constructor(clock: Clock, limitBytes = ANSWERS_BYTES) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
    for (const enter of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(enter);
      enter();
    }
    if (!this.isFull) this.#rest();
  }

  /** Calls `enter` when it is its turn and there is room, of which it has to take what it needs. */
  wait(enter: () => void): Cancel {
    this.#waiting.add(enter);
    this.#watch();
    return () => this.#waiting.delete(enter);
  }

  /** The answer counts until the function that is answered here is called. */
  hold(bytes: number, close: (why: string) => void): () => void {
    const held: Held = { bytes, sinceMs: this.#clock.monotonicMs(), close };
    this.#held.add(held);
    this.#bytes += bytes;
    if (this.isFull) this.#watch();
    return () => this.#release(held);
  }

  /** Closes those who are slow while there is no room, and looks again when the next of them will be. */
  #watch(): void {
    this.#rest();
    const now = this.#clock.monotonicMs();
    for (const held of this.#held) {
      if (!this.isFull) return;
      const waitedMs = now - held.sinceMs;
      if (waitedMs < SLOW_AFTER_MS) {
        this.#stopWatch = this.#clock.after(SLOW_AFTER_MS - waitedMs, () => this.#watch());
        return;
      }
      held.close(
        `it has not taken an answer of ${held.bytes} bytes for ${Math.floor(waitedMs / 1000)} s, and memory is short`,
      );
      this.#release(held);
    }
  }

  #rest(): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  #release(held: Held): void {
    if (this.#held.delete(held)) this.give(held.bytes);
  }
}

/** The part of `AnswerMemory` that one connection has: it is there for one large answer at a time. */
export class AnswerRoom {
  readonly #memory: AnswerMemory;
  readonly #close: (why: string) => void;
  /** For what is being read. */
  #reserved = 0;
  #stopWaiting: (() => void) | undefined;
  #isClosed = false;

  /** `close` ends the connection. */
  constructor(memory: AnswerMemory, close: (why: string) => void) {
    this.#memory = memory;
    this.#close = close;
  }

  /**
   * To be called before so much is read for an answer. Undefined: there is room. A promise: there will be when it resolves; it rejects with `ConnectionLost`
   * when the connection ends before. Who waits has nothing.
   */
  reserve(bytes: number): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const memory = this.#memory;
    if (!memory.isFull) {
      memory.take(bytes);
      this.#reserved += bytes;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const leave = memory.wait(() => {
        memory.take(bytes);
        this.#reserved += bytes;
        resolve();
      });
      this.#stopWaiting = () => {
        leave();
        reject(new ConnectionLost('the connection has ended while a fetch waited for memory'));
      };
    });
  }

  /** What has been read is not the answer, or there will be none. */
  giveBack(): void {
    const bytes = this.#reserved;
    this.#reserved = 0;
    if (bytes > 0) this.#memory.give(bytes);
  }

  /** Why an answer for which there is no room cannot be given, as a sentence; null: it can. */
  problemWith(bytes: number): string | null {
    if (this.#reserved > 0 || bytes <= SMALL_ANSWER_BYTES || !this.#memory.isFull) return null;
    return `there is no memory for an answer of ${bytes} bytes: other clients have not taken theirs`;
  }

  /** The answer is there, and counts for what it is until the function that is answered here is called. */
  hold(bytes: number): () => void {
    const release = this.#memory.hold(bytes, this.#close);
    this.giveBack();
    return release;
  }

  close(): void {
    this.#isClosed = true;
    this.giveBack();
    this.#stopWaiting?.();
  }
}
