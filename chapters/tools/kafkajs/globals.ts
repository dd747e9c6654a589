/**
 * What a program finds by name, for one process of a world: its timers, its clock, its dice. A client that was never written for a simulated world
 * lives in one by these, without knowing.
 */
import type { Doors } from '../../../lib/index.ts';

/** The names, as the copy of kafkajs finds them. */
export interface Globals {
  readonly setTimeout: (run: (...values: unknown[]) => void, ms?: number, ...values: unknown[]) => Timer;
  readonly clearTimeout: (timer?: Timer | null) => void;
  readonly setInterval: Globals['setTimeout'];
  readonly clearInterval: Globals['clearTimeout'];
  readonly Date: DateConstructor;
  readonly Math: typeof Math;
  readonly process: {
    readonly env: { readonly [name: string]: string };
    hrtime(since?: readonly [number, number]): [number, number];
  };
  /** Where it looks for a source of random bytes. */
  readonly global: { readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array } };
}

/** A timer as it is handed out: it can be cancelled, and told that nobody waits for it, which means nothing here. */
export interface Timer {
  cancel(): void;
  ref(): Timer;
  unref(): Timer;
}

/** A timer of 0 ms still takes this long, as Node's do: otherwise a program that waits for nothing in a loop would stop the world's clock. */
const SHORTEST_MS = 1;

export function globalsOf({ clock, random }: Doors): Globals {
  const chance = random.fork('Math.random');
  const bytes = random.fork('crypto');

  const timer = (run: () => void, ms: number, again: boolean): Timer => {
    const waitMs = Math.max(SHORTEST_MS, ms);
    let cancel = clock.after(waitMs, function fire() {
      if (again) cancel = clock.after(waitMs, fire);
      run();
    });
    const made: Timer = { cancel: () => cancel(), ref: () => made, unref: () => made };
    return made;
  };
  const clear = (given?: Timer | null) => given?.cancel();

  class WorldDate extends Date {
    constructor(...values: [] | [number | string]) {
      super(values.length === 0 ? clock.wallMs() : values[0]);
    }

    static override now(): number {
      return clock.wallMs();
    }
  }

  return {
    setTimeout: (run, ms = 0, ...values) => timer(() => run(...values), ms, false),
    clearTimeout: clear,
    setInterval: (run, ms = 0, ...values) => timer(() => run(...values), ms, true),
    clearInterval: clear,
    Date: WorldDate as unknown as DateConstructor,
    Math: Object.create(Math, { random: { value: () => chance.nextU32() / 2 ** 32 } }),
    process: {
      // Its advice on partitioners is for those who come from version 1.
      env: { KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      hrtime: (since = [0, 0]) => {
        const now = clock.monotonicMs() - since[0] * 1000 - since[1] / 1e6;
        const seconds = Math.floor(now / 1000);
        return [seconds, Math.round((now - seconds * 1000) * 1e6)];
      },
    },
    global: {
      crypto: {
        getRandomValues: (target) => {
          for (let at = 0; at < target.length; at++) target[at] = bytes.nextU32() & 0xff;
          return target;
        },
      },
    },
  };
}
