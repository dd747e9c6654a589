/**
 * A network in memory. What is written at one end arrives at the other one or two milliseconds later, drawn by lot, in order in each direction.
 *
 * Two things are as in TCP, since programs stand or fall by them. A sender is held back: once as much as the receiver will buffer is on its way or
 * unread, `write` waits until some of it has been read. And what was written before an end arrives before it, also when the writer was killed
 * right after writing: the operating system has those bytes, and sends them.
 *
 * What can go wrong on the way is in links.ts.
 */

import { AddressInUse, ConnectionLost } from '../world/errors.ts';
import type { Address, Listener, Network, Random, Stream } from '../world/world.ts';
import type { VirtualClock } from './clock.ts';
import { type Carrier, Links, type Way } from './links.ts';
import { between } from './random.ts';

/** What one direction holds before a writer must wait, in bytes. */
const BUFFER_BYTES = 262_144;
/** One way, in milliseconds: at least and at most. */
const LATENCY_MS = [1, 2] as const;
/** Where the ports begin that are handed out when port 0 is asked for, and to the connecting side. */
const FIRST_FREE_PORT = 49_152;

export class MemoryNetwork {
  readonly links = new Links();
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #listeners = new Map<string, (stream: Stream) => void>();
  #nextPort = FIRST_FREE_PORT;

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The network as one node sees it. */
  of(node: string): Network {
    return {
      listen: (at, accept) => this.#listen(at, accept),
      connect: (to) => this.#connect(node, to),
    };
  }

  async #listen(at: Address, accept: (stream: Stream) => void): Promise<Listener> {
    const address = at.port === 0 ? { host: at.host, port: this.#nextPort++ } : { host: at.host, port: at.port };
    const key = keyOf(address);
    if (this.#listeners.has(key)) throw new AddressInUse(address.host, address.port);
    this.#listeners.set(key, accept);
    return {
      address,
      close: async () => {
        if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
      },
    };
  }

  #connect(node: string, to: Address): Promise<Stream> {
    const near = `${node}:${this.#nextPort++}`;
    const far = keyOf(to);
    const { links } = this;
    const there = new Direction(this.#clock, this.#random.fork(`${node} to ${far}`), far, links.way(node, to.host));
    const back = new Direction(this.#clock, this.#random.fork(`${far} to ${node}`), near, links.way(to.host, node));
    const tell = (from: string, to: string) => (moment: 'sent' | 'arrived', bytes: Uint8Array) => {
      for (const tap of links.taps) tap({ connection: near, from, to, moment, bytes });
    };
    there.passing = tell(node, to.host);
    back.passing = tell(to.host, node);
    return new Promise((resolve, reject) => {
      there.carry(() => {
        const accept = this.#listeners.get(far);
        if (accept === undefined) {
          back.carry(() => {
            for (const direction of [there, back]) direction.discard();
            reject(new ConnectionLost(`nobody listens on ${far}: is the broker running?`));
          });
          return;
        }
        back.carry(() => resolve(new End(there, back, far)));
        accept(new End(back, there, near));
      });
    });
  }
}

/** One end of a connection: writes into one direction, reads from the other. */
class End implements Stream {
  readonly remote: string;
  readonly #out: Direction;
  readonly #in: Direction;

  constructor(out: Direction, into: Direction, remote: string) {
    this.#out = out;
    this.#in = into;
    this.remote = remote;
  }

  read(): Promise<Uint8Array | null> {
    return this.#in.read();
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return this.#out.write(chunks);
  }

  abort(reason: string): void {
    this.#out.end(reason, () => this.#in.stopWriting(`${this.#in.to} ended the connection: ${reason}`));
    this.#in.discard();
  }
}

/** The bytes that go from one end to the other: on their way, then arrived and unread. */
class Direction implements Carrier {
  readonly to: string;
  passing: (moment: 'sent' | 'arrived', bytes: Uint8Array) => void = () => {};
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #way: Way;
  readonly #label: string;
  readonly #lane: (() => void)[] = [];
  readonly #arrived: Uint8Array[] = [];
  #lastArrival = 0;
  /** How many of the lane should have arrived, but for a cut. */
  #overdue = 0;
  #isDeaf = false;
  #heldBytes = 0;
  /** Why nothing can be written any more, once that is so. */
  #closed: string | undefined;
  /** The end has arrived at the reader, or the reader has left. */
  #over = false;
  #reader: ((bytes: Uint8Array | null) => void) | undefined;
  #writers: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(clock: VirtualClock, random: Random, to: string, way: Way) {
    this.#clock = clock;
    this.#random = random;
    this.#label = `bytes to ${to}`;
    this.to = to;
    this.#way = way;
    way.carriers.add(this);
  }

  /** Lets `arrive` happen at the other side after the latency, and not before what was carried earlier. */
  carry(arrive: () => void): void {
    this.#lane.push(arrive);
    this.#scheduleOne();
  }

  release(): void {
    for (; this.#overdue > 0; this.#overdue--) this.#scheduleOne();
  }

  deafen(): void {
    this.#isDeaf = true;
  }

  tear(reason: string): void {
    this.#lane.length = 0;
    this.#overdue = 0;
    this.stopWriting(reason);
    this.discard();
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new ConnectionLost(this.#closed));
    const bytes = copyOf(chunks);
    if (bytes.length === 0) return Promise.resolve();
    this.#heldBytes += bytes.length;
    this.passing('sent', bytes);
    this.carry(() => this.#arrive(bytes));
    if (this.#heldBytes <= BUFFER_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => this.#writers.push({ resolve, reject }));
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.#arrived.shift();
    if (bytes !== undefined) {
      this.#release(bytes.length);
      return Promise.resolve(bytes);
    }
    if (this.#over) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /** The writer leaves. The reader hears of it after what was written before; `alsoThere` happens at that moment. */
  end(reason: string, alsoThere: () => void): void {
    if (this.#closed === undefined) {
      this.stopWriting(`the connection to ${this.to} has been ended: ${reason}`);
      this.carry(() => {
        this.#finish();
        alsoThere();
      });
    }
  }

  /** The reader leaves: what has arrived and what is on its way is of no use to anybody. */
  discard(): void {
    this.#arrived.length = 0;
    this.#finish();
  }

  stopWriting(reason: string): void {
    this.#closed ??= reason;
    for (const { reject } of this.#writers.splice(0)) reject(new ConnectionLost(this.#closed));
  }

  #scheduleOne(): void {
    const now = this.#clock.monotonicMs();
    const latencyMs = between(this.#random, ...LATENCY_MS) + this.#way.delayMs;
    this.#lastArrival = Math.max(this.#lastArrival, now + latencyMs);
    this.#clock.schedule(this.#lastArrival - now, this.#label, () => this.#due());
  }

  /** Arrivals in one millisecond come in any order; whichever comes takes the oldest of the lane. */
  #due(): void {
    if (this.#isDeaf) return;
    if (this.#way.isCut) this.#overdue++;
    else this.#lane.shift()?.();
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.passing('arrived', bytes);
    if (this.#reader === undefined) {
      this.#arrived.push(bytes);
      return;
    }
    this.#release(bytes.length);
    this.#answer(bytes);
  }

  #finish(): void {
    this.#over = true;
    this.#way.carriers.delete(this);
    this.#answer(null);
  }

  #answer(bytes: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(bytes);
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes > BUFFER_BYTES) return;
    for (const { resolve } of this.#writers.splice(0)) resolve();
  }
}

function keyOf(address: Address): string {
  return `${address.host}:${address.port}`;
}

/** The writer may reuse its memory at once, as with a socket. */
function copyOf(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
