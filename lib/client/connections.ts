/**
 * The connections of one client to all its brokers.
 *
 * A connection is opened when it is first needed and kept. A broker handles the requests of a connection one after the other, so what may not
 * wait behind a long poll (heartbeats, commits) has a lane, that is a connection, of its own. A broker that cannot be
 * reached is tried again after a pause that grows.
 */
import type { Host } from '../trace/host.ts';
import { Connection } from '../wire/connection.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Cancel } from '../world/world.ts';
import { ClientClosedError } from './errors.ts';
import { Backoff, type Timers } from './waiting.ts';

/** `data`: records and metadata. `group`: what goes to the coordinator of the group. */
export type Lane = 'data' | 'group';

interface Line {
  open: Connection | undefined;
  opening: Promise<Connection> | undefined;
  failures: number;
  /** Not tried again before this time. */
  notBefore: number;
}

// Java's reconnect.backoff.ms and reconnect.backoff.max.ms.
const RECONNECT_MS = 50;
const RECONNECT_MAX_MS = 1000;

export interface Broker {
  readonly nodeId: number;
  readonly address: Address;
}

export class Connections {
  readonly #host: Host;
  readonly #timers: Timers;
  readonly #bootstrap: readonly Address[];
  readonly #settings: { readonly clientId: string; readonly requestTimeoutMs: number };
  readonly #backoff: Backoff;
  readonly #lines = new Map<string, Line>();
  /** How to give up what is being opened. */
  readonly #opening = new Set<Cancel>();
  #brokers: ReadonlyMap<number, Address> = new Map();
  #closed = false;

  constructor(
    host: Host,
    timers: Timers,
    bootstrap: readonly Address[],
    settings: { readonly clientId: string; readonly requestTimeoutMs: number },
  ) {
    this.#host = host;
    this.#timers = timers;
    this.#bootstrap = bootstrap;
    this.#settings = settings;
    this.#backoff = new Backoff(host.random.fork('reconnect'), RECONNECT_MS, RECONNECT_MAX_MS);
  }

  /** Takes over the living brokers from metadata, and lets go of connections to all others. */
  learn(brokers: readonly Broker[]): void {
    if (brokers.length === 0) return;
    this.#brokers = new Map(brokers.map(({ nodeId, address }) => [nodeId, address]));
    const known = new Set([...this.#brokers.values(), ...this.#bootstrap].map(nameOf));
    for (const [key, line] of this.#lines) {
      if (known.has(key.slice(key.indexOf(' ') + 1)) || line.opening !== undefined) continue;
      this.#lines.delete(key);
      line.open?.close('the broker has left the cluster');
    }
  }

  /** The connection to a broker by its id. Rejects with `ConnectionLost` when it is unknown or cannot be reached. */
  to(nodeId: number, lane: Lane = 'data'): Promise<Connection> {
    const address = this.#brokers.get(nodeId);
    if (address !== undefined) return this.at(address, lane);
    return Promise.reject(new ConnectionLost(`broker ${nodeId} is not among the living brokers`));
  }

  /** The connection to a broker by its address. */
  async at(address: Address, lane: Lane = 'data'): Promise<Connection> {
    if (this.#closed) throw new ClientClosedError('this client has been closed');
    const line = this.#line(address, lane);
    if (line.open?.isOpen) return line.open;
    line.opening ??= this.#open(address, line).finally(() => {
      line.opening = undefined;
    });
    return line.opening;
  }

  /** A connection to any broker: one that is open if there is, else the first that can be reached, bootstrap addresses last. */
  async any(): Promise<Connection> {
    const addresses = this.#candidates();
    for (const address of addresses) {
      const line = this.#lines.get(`data ${nameOf(address)}`);
      if (line?.open?.isOpen) return line.open;
    }
    let last: unknown;
    for (const address of addresses) {
      try {
        return await this.at(address);
      } catch (error) {
        if (error instanceof ClientClosedError) throw error;
        last = error;
      }
    }
    throw last;
  }

  /** Ends one connection now; the next use opens a new one at once. */
  drop(address: Address, lane: Lane, reason: string): void {
    const key = `${lane} ${nameOf(address)}`;
    const line = this.#lines.get(key);
    this.#lines.delete(key);
    line?.open?.close(reason);
    line?.opening?.then(
      (connection) => connection.close(reason),
      () => {},
    );
  }

  close(): void {
    this.#closed = true;
    for (const giveUp of this.#opening) giveUp();
    for (const line of this.#lines.values()) line.open?.close();
    this.#lines.clear();
  }

  #candidates(): Address[] {
    const known = [...this.#brokers.values()];
    const first = known.length > 1 ? this.#host.random.nextU32() % known.length : 0;
    const all = [...known.slice(first), ...known.slice(0, first), ...this.#bootstrap];
    return [...new Map(all.map((address) => [nameOf(address), address])).values()];
  }

  #line(address: Address, lane: Lane): Line {
    const key = `${lane} ${nameOf(address)}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { open: undefined, opening: undefined, failures: 0, notBefore: 0 };
      this.#lines.set(key, line);
    }
    return line;
  }

  async #open(address: Address, line: Line): Promise<Connection> {
    const pause = line.notBefore - this.#timers.now();
    if (pause > 0) await this.#timers.sleep(pause);
    try {
      const connection = await Connection.open(this.#host, address, this.#settings, this.#opening);
      if (this.#closed) {
        connection.close();
        throw new ClientClosedError('this client has been closed');
      }
      line.open = connection;
      line.failures = 0;
      void connection.closed.then(() => this.#pauseAfter(line));
      return connection;
    } catch (error) {
      this.#pauseAfter(line);
      throw error;
    }
  }

  #pauseAfter(line: Line): void {
    line.failures++;
    line.notBefore = this.#timers.now() + this.#backoff.afterFailures(line.failures);
  }
}

function nameOf(address: Address): string {
  return `${address.host}:${address.port}`;
}
