/**
 * What many connections together may take from a broker. Each alone is bounded already (connection.ts); these are the sums.
 *
 * As long as clients take what they ask for nobody meets any of it. When they do not, who wants more waits until there is room, and who has stood in the way
 * for long loses its connection: a broker that runs out of memory serves nobody.
 */
import { ConnectionLost } from '../world/errors.ts';
import type { Cancel, Clock } from '../world/world.ts';

/** Bytes of requests that have been taken in and are not answered. Source: Apache Kafka `SimpleMemoryPool.java`, not in its strict form. */
export class RequestMemory {
  readonly #limitBytes: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  /** `queued.max.request.bytes`; 0 or -1: without a limit. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes <= 0 ? Infinity : limitBytes;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Resolves when there is room. The last to come in may go beyond the limit: else a request larger than it would never be read. */
  async take(bytes: number): Promise<void> {
    while (this.#taken >= this.#limitBytes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken += bytes;
  }

  /** As `take`, for bytes that are there already. */
  add(bytes: number): void {
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    if (this.#taken >= this.#limitBytes) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The part of `RequestMemory` that one connection has. */
export class RequestRoom {
  readonly #memory: RequestMemory;
  /** For all its requests that are not answered. */
  #bytes = 0;
  /** For a frame of which only a part has come. */
  #reserved = 0;
  #isClosed = false;

  constructor(memory: RequestMemory) {
    this.#memory = memory;
  }

  /**
   * To be awaited before more is read, with the length of the frame that has begun, or 0. Who has room for a frame may read it to its end, however
   * little is left; who begins one waits until there is some.
   */
  async reserve(announced: number): Promise<void> {
    if (this.#reserved > 0) return;
    await this.#memory.take(announced);
    if (this.#isClosed) return this.#memory.give(announced);
    this.#reserved = announced;
    this.#bytes += announced;
  }

  /** A frame is complete. One that came in a single piece has no room yet. */
  complete(bytes: number): void {
    if (this.#isClosed) return;
    if (this.#reserved === 0) {
      this.#memory.add(bytes);
      this.#bytes += bytes;
    }
    this.#reserved = 0;
  }

  /** A request has been answered. */
  done(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#memory.give(bytes);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#memory.give(this.#bytes);
  }
}

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

/**
 * Bytes of answers that are being read, or that clients have not taken. Kafka hands the kernel a file to send and holds nothing; here an answer lies in
 * memory, at most `fetch.max.bytes` of it for each connection. When all of them together are too much, fetches wait before they read, and those whose
 * answers have been waiting for long lose their connection, so that there is room again. As with requests, the last to come in may go beyond the limit.
 */
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

/** How many connections there are, in all and from each address. Source: `ConnectionQuotas` in Apache Kafka's `SocketServer.scala`. */
export class ConnectionCounts {
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  /** Why there is no room for one more, as a sentence; null: it counts until `leave`. */
  enter(remote: string, limits: { readonly all: number; readonly perAddress: number }): string | null {
    const address = addressOf(remote);
    const here = this.#byAddress.get(address) ?? 0;
    if (this.#all >= limits.all) return `there are ${this.#all} connections already (max.connections)`;
    if (here >= limits.perAddress) {
      return `there are ${here} connections from ${address} already (max.connections.per.ip)`;
    }
    this.#all++;
    this.#byAddress.set(address, here + 1);
    return null;
  }

  leave(remote: string): void {
    const address = addressOf(remote);
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
    this.#all--;
  }
}

/** `127.0.0.1` of `127.0.0.1:51234`. */
function addressOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(':'));
}
