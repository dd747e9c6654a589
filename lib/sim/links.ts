/**
 * `kafka.cluster.network`: the ways between the hosts of a simulated world, which can be cut, slowed and broken.
 *
 * A host is a process: `broker-0`, a spawned task by its name, and `main` for the clients in front. Every way has two directions, and a fault of one
 * leaves the other as it is, since the two failures that are hardest to tell apart are "nobody heard me" and "nobody's answer reaches me".
 *
 * What TCP promises stays: bytes come in order, or not at all. So a cut holds bytes back, as a network does whose systems send them again
 * until it is mended. `lose` is for a connection that is dead without knowing it: what it carries never comes, and only a new one helps.
 */
import { type Duration, toMs } from '../world/duration.ts';

/** One direction of one connection, as far as faults need to know it. */
export interface Carrier {
  /** Sends on what a cut has held back. */
  release(): void;
  /** From now on nothing that it carries arrives. */
  deafen(): void;
  /** Ends it at both of its ends, now. */
  tear(reason: string): void;
}

/** Everything from one host to another, over all their connections. */
export interface Way {
  isCut: boolean;
  delayMs: number;
  readonly carriers: Set<Carrier>;
}

/** Bytes of a connection, as somebody who listens in on the network sees them. */
export interface Passing {
  /** The connecting side, `host:port`: no two connections have the same. */
  readonly connection: string;
  readonly from: string;
  readonly to: string;
  /** Whether they leave the one end now, or reach the other. */
  readonly moment: 'sent' | 'arrived';
  readonly bytes: Uint8Array;
}

export class Links {
  readonly #ways = new Map<string, Way>();
  /** Told of all bytes. They are somebody's memory: to be read at once, and not kept. */
  readonly taps = new Set<(passing: Passing) => void>();

  /** Neither host hears the other until `heal`. Connections stay; new ones wait, as a call that nobody answers. */
  cut(one: string, other: string): void {
    this.cutOneWay(one, other);
    this.cutOneWay(other, one);
  }

  /** Nothing from the one host reaches the other until `heal`; what goes the other way does. */
  cutOneWay(from: string, to: string): void {
    this.way(from, to).isCut = true;
  }

  /** Ends a cut and a delay between two hosts, both ways. What was held back arrives now, in order. */
  heal(one: string, other: string): void {
    for (const way of this.#between(one, other)) mend(way);
  }

  healAll(): void {
    for (const way of this.#ways.values()) mend(way);
  }

  /** Everything from the one host to the other takes this much longer, until `heal`. */
  delay(from: string, to: string, by: Duration): void {
    this.way(from, to).delayMs = toMs(by);
  }

  /** Of the connections that there are now, nothing reaches `to` any more, not even their end. New ones are as usual. */
  lose(from: string, to: string): void {
    for (const carrier of [...this.way(from, to).carriers]) carrier.deafen();
  }

  /** Ends all connections between two hosts, at both ends at once; what was on its way is gone. */
  reset(one: string, other: string): void {
    for (const { carriers } of this.#between(one, other)) {
      for (const carrier of [...carriers]) carrier.tear('the connection was reset');
    }
  }

  way(from: string, to: string): Way {
    const key = `${from} ${to}`;
    let way = this.#ways.get(key);
    if (way === undefined) {
      way = { isCut: false, delayMs: 0, carriers: new Set() };
      this.#ways.set(key, way);
    }
    return way;
  }

  #between(one: string, other: string): Way[] {
    return [this.way(one, other), this.way(other, one)];
  }
}

function mend(way: Way): void {
  way.isCut = false;
  way.delayMs = 0;
  for (const carrier of [...way.carriers]) carrier.release();
}
