/** The clock on the wall and the one that only goes forward, as Node has them, in whole milliseconds. */
import type { Clock } from '../world/world.ts';

/** A longer wait overflows the timer of Node, which then fires at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  monotonicMs: () => Math.floor(performance.now()),
  wallMs: () => Date.now(),
  after(ms, run) {
    const due = performance.now() + ms;
    // A timer may fire a little early, and a long wait needs several: each time what is left is looked at.
    const ring = () => {
      const leftMs = due - performance.now();
      if (leftMs <= 0) run();
      else timer = wait(leftMs);
    };
    const wait = (leftMs: number) => setTimeout(ring, Math.min(Math.ceil(leftMs), LONGEST_WAIT_MS));
    let timer = wait(ms);
    return () => clearTimeout(timer);
  },
  sleep: (ms) => new Promise((resolve) => realClock.after(ms, resolve)),
};
