/**
 * A clock that nobody has to wait for. It stands still until the next thing that was asked for is due, and then jumps there.
 *
 * All that ever happens in a simulated world is an entry of this clock: a timer, bytes that arrive, a disk that answers. Taking the entries one
 * at a time, in an order fixed by the seed, and letting everything that follows from one of them come to rest before the next, is what makes a
 * run repeatable. Who takes them, and when, is decided in drive.ts.
 */
import type { Cancel, Clock, Random } from '../world/world.ts';
import { EventQueue, type Happening } from './queue.ts';

/** The wall clock of every simulated world begins on 1 January 2026, 00:00 UTC. */
export const WALL_START_MS = 1_767_225_600_000;

export class VirtualClock {
  readonly #lots: Random;
  readonly #queue = new EventQueue();
  #now = 0;
  #sequence = 0;

  constructor(lots: Random) {
    this.#lots = lots;
  }

  monotonicMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return WALL_START_MS + this.#now;
  }

  /** Runs `run` once, `ms` from now, in whole milliseconds, rounded up. The label is for the report of a simulation that stalls. */
  schedule(ms: number, label: string, run: () => void): Cancel {
    if (!(ms >= 0 && ms < Infinity))
      throw new TypeError(`${ms} ms is not a time to wait: it must be finite and not negative`);
    const happening: Happening = {
      time: this.#now + Math.ceil(ms),
      lot: this.#lots.nextU32(),
      sequence: this.#sequence++,
      label,
      run,
      cancelled: false,
    };
    this.#queue.push(happening);
    return () => this.#queue.cancel(happening);
  }

  /** Jumps to the earliest entry and runs it. False: there is none. */
  step(): boolean {
    const happening = this.#queue.pop();
    if (happening === undefined) return false;
    // From here on there is nothing left to cancel.
    happening.cancelled = true;
    this.#now = happening.time;
    happening.run();
    return true;
  }

  /** What comes next, in words: `+12 ms a timer of broker-0`. */
  next(count: number): string[] {
    return this.#queue.next(count).map(({ time, label }) => `+${time - this.#now} ms ${label}`);
  }

  /** Forgets all that was to come. */
  clear(): void {
    this.#queue.clear();
  }

  /** This clock as one node sees it. */
  of(node: string): Clock {
    const label = `a timer of ${node}`;
    return {
      monotonicMs: () => this.monotonicMs(),
      wallMs: () => this.wallMs(),
      after: (ms, run) => this.schedule(Math.max(0, ms), label, run),
      sleep: (ms) => new Promise((resolve) => this.schedule(Math.max(0, ms), label, resolve)),
    };
  }
}
