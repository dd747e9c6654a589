/**
 * A real network whose ways can be cut, slowed and broken, as those of a simulated world: the same `Links`, put between our own clients and their sockets.
 *
 * What a client writes waits here while its way is cut, and goes to the socket when it is mended; what the socket brings waits likewise. The broker
 * itself sees plain TCP, so clients of others are not touched: for those there is `cluster.on(…)`, by the name of the request.
 */
import type { Carrier, Links, Way } from '../sim/links.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Clock, Network, Stream } from '../world/world.ts';

/** What waits before a writer must wait too, in bytes, as the buffer of a socket. */
const BUFFER_BYTES = 262_144;

/** `network` as the process `node` has it, with all its connections going to the process `peer`. */
export function linkedNetwork(network: Network, clock: Clock, links: Links, node: string, peer: string): Network {
  return {
    listen: (at, accept) => network.listen(at, accept),
    async connect(to: Address): Promise<Stream> {
      const there = new Lane(clock, links.way(node, peer));
      const back = new Lane(clock, links.way(peer, node));
      await there.pass();
      const stream = await network.connect(to).catch((error) => {
        for (const lane of [there, back]) lane.leave();
        throw error;
      });
      await back.pass();
      return new LinkedStream(stream, there, back);
    },
  };
}

/** One direction of one connection. */
class Lane implements Carrier {
  readonly #clock: Clock;
  readonly #way: Way;
  #waiting: (() => void)[] = [];
  isDeaf = false;
  /** What is to happen when it is torn. */
  torn: (reason: string) => void = () => {};

  constructor(clock: Clock, way: Way) {
    this.#clock = clock;
    this.#way = way;
    way.carriers.add(this);
  }

  /** Whether bytes go through at once. */
  get isClear(): boolean {
    return !this.#way.isCut && this.#way.delayMs === 0 && !this.isDeaf;
  }

  /** Resolves when what is sent now would arrive; never, once nothing does. */
  async pass(): Promise<void> {
    if (this.#way.delayMs > 0) await this.#clock.sleep(this.#way.delayMs);
    while (this.#way.isCut || this.isDeaf) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  deafen(): void {
    this.isDeaf = true;
  }

  tear(reason: string): void {
    this.torn(reason);
  }

  leave(): void {
    this.#way.carriers.delete(this);
  }
}

class LinkedStream implements Stream {
  readonly remote: string;
  readonly #stream: Stream;
  readonly #out: Lane;
  readonly #in: Lane;
  /** Writes that have not gone out, one after the other. */
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #heldBytes = 0;
  #ended: string | undefined;
  /** What wakes those who wait for bytes, or for room. A promise of the end would keep all that was ever read: it keeps who has raced with it. */
  readonly #wakes = new Set<() => void>();

  constructor(stream: Stream, out: Lane, into: Lane) {
    this.remote = stream.remote;
    this.#stream = stream;
    this.#out = out;
    this.#in = into;
    for (const lane of [out, into]) lane.torn = (reason) => this.#leave(reason);
  }

  read(): Promise<Uint8Array | null> {
    return this.#untilEnd(this.#next());
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#ended !== undefined) throw new ConnectionLost(this.#ended);
    if (this.#queued === 0 && this.#out.isClear) return this.#stream.write(chunks);
    const copies = chunks.map((chunk) => chunk.slice());
    const bytes = copies.reduce((sum, { length }) => sum + length, 0);
    this.#heldBytes += bytes;
    const gone = this.#inTurn(async () => {
      await this.#out.pass();
      this.#heldBytes -= bytes;
      await this.#stream.write(copies);
    });
    if (this.#heldBytes > BUFFER_BYTES) await this.#untilEnd(gone);
  }

  /** Behind a cut the other side does not learn of it before the cut is mended. */
  abort(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#end();
    if (this.#queued === 0 && this.#out.isClear) return this.#leave(reason);
    void this.#inTurn(async () => {
      await this.#out.pass();
      this.#leave(reason);
    });
  }

  /** As `promise`, or null when the connection ends first. */
  #untilEnd<T>(promise: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const wake = () => resolve(null);
      if (this.#ended !== undefined) wake();
      else this.#wakes.add(wake);
      promise.then(resolve, reject).finally(() => this.#wakes.delete(wake));
    });
  }

  #end(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }

  async #next(): Promise<Uint8Array | null> {
    const bytes = await this.#stream.read();
    if (!this.#in.isClear) await this.#in.pass();
    return bytes;
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    this.#queued++;
    this.#queue = this.#queue.then(act).catch((error) => this.#leave(String(error)));
    await this.#queue;
    this.#queued--;
  }

  #leave(reason: string): void {
    this.#ended ??= reason;
    this.#end();
    for (const lane of [this.#out, this.#in]) lane.leave();
    this.#stream.abort(reason);
  }
}
