/**
 * What many connections together may take from a broker. Each alone is bounded already (connection.ts); these are the sums. That of answers has a
 * file of its own (answerMemory.ts).
 *
 * As long as clients take what they ask for nobody meets any of it. When they do not, who wants more waits until there is room, and who has stood in the way
 * for long loses its connection: a broker that runs out of memory serves nobody.
 */

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
