/**
 * Who moves the clock of a simulated world: the calls that somebody waits for, and nothing else.
 *
 * In a notebook the reader thinks between two cells, for a second or for a week, and nothing must happen meanwhile: no heartbeat may be
 * missed because somebody went for coffee. So time moves only while a driven call (a call on a foreground client, `pass`, `until`) is unsettled. When
 * the last of them settles, the loop stops before it takes another event, and the same cells give the same run however slowly they are run.
 *
 * A call that gets nowhere must not hang the notebook. It is given up after one hour of world time, or a million events.
 */
import type { VirtualClock } from './clock.ts';
import { SimulationStalled } from './errors.ts';
import { type Hop, makeHop } from './hop.ts';

const PATIENCE_MS = 3_600_000;
const PATIENCE_EVENTS = 1_000_000;

interface Call {
  readonly what: string;
  readonly since: number;
  readonly patienceMs: number;
  readonly lastTime: number;
  readonly lastEvent: number;
  readonly giveUp: (error: unknown) => void;
}

export class Drive {
  readonly #clock: VirtualClock;
  readonly #hop: Hop = makeHop();
  readonly #calls = new Set<Call>();
  #running = false;
  #closed = false;
  #events = 0;
  // No call can have lost its patience before these: saves looking at every call after every event.
  #firstLastTime = Infinity;
  #firstLastEvent = Infinity;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Events taken so far. */
  get events(): number {
    return this.#events;
  }

  /**
   * Lets time pass until `promise` settles, and settles as it does. `what` names the call in errors. `expectedMs` is how long it may rightly take, on
   * top of the usual patience. Rejects with `SimulationStalled` when it gets nowhere.
   */
  drive<T>(what: string, promise: Promise<T>, expectedMs = 0): Promise<T> {
    if (this.#closed) {
      promise.catch(() => {});
      return Promise.reject(new Error(`${what}: this world has been closed; make a new one with simulate()`));
    }
    const answer = new Promise<T>((resolve, reject) => {
      const patienceMs = expectedMs + PATIENCE_MS;
      const call: Call = {
        what,
        since: this.#clock.monotonicMs(),
        patienceMs,
        lastTime: this.#clock.monotonicMs() + patienceMs,
        lastEvent: this.#events + PATIENCE_EVENTS * Math.ceil(patienceMs / PATIENCE_MS),
        giveUp: (error) => {
          this.#calls.delete(call);
          reject(error);
        },
      };
      promise.then(
        (value) => {
          this.#calls.delete(call);
          resolve(value);
        },
        (error) => call.giveUp(error),
      );
      this.#calls.add(call);
      this.#firstLastTime = Math.min(this.#firstLastTime, call.lastTime);
      this.#firstLastEvent = Math.min(this.#firstLastEvent, call.lastEvent);
      this.#start();
    });
    // A producer lets go of failures at which nobody looks. In the promise around its own they would come up again.
    if (what === 'producer.send') answer.catch(() => {});
    return answer;
  }

  /** Ends the world: nothing more will happen, and calls that are still waiting reject. */
  close(): void {
    this.#closed = true;
    this.#clock.clear();
    for (const call of [...this.#calls]) call.giveUp(new Error(`${call.what}: the world was closed meanwhile`));
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // The first event, too, waits for a hop, so that `Promise.all([one(), other()])` has made both calls before time moves.
    this.#hop(this.#turn);
  }

  // #region turn
  readonly #turn = (): void => {
    this.#running = this.#calls.size > 0;
    if (!this.#running) return;
    this.#events++;
    try {
      if (!this.#clock.step()) this.#giveUpAll();
    } catch (error) {
      for (const call of [...this.#calls]) call.giveUp(error);
    }
    if (this.#clock.monotonicMs() > this.#firstLastTime || this.#events > this.#firstLastEvent) this.#giveUpSome();
    this.#hop(this.#turn);
  };
  // #endregion turn

  #giveUpAll(): void {
    const why =
      'waits for something outside the simulated world (a socket, a file, a real timer?): nothing is left that could happen';
    for (const call of [...this.#calls]) call.giveUp(new SimulationStalled(call.what, why, []));
  }

  #giveUpSome(): void {
    const now = this.#clock.monotonicMs();
    this.#firstLastTime = Infinity;
    this.#firstLastEvent = Infinity;
    for (const call of [...this.#calls]) {
      if (now > call.lastTime || this.#events > call.lastEvent) {
        const hours = Math.round((now - call.since) / 36_000) / 100;
        const why = `has waited for ${hours} h of world time and is not done`;
        call.giveUp(new SimulationStalled(call.what, why, this.#clock.next(5)));
      } else {
        this.#firstLastTime = Math.min(this.#firstLastTime, call.lastTime);
        this.#firstLastEvent = Math.min(this.#firstLastEvent, call.lastEvent);
      }
    }
  }
}
