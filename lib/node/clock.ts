/** The clock on the wall and the one that only goes forward, as Node has them. */
import type { Clock } from '../world/world.ts';

/** A longer wait overflows the timer of Node, which then fires at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, run) {
    const due = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = due - performance.now();
      if (left > LONGEST_WAIT_MS) timer = setTimeout(wait, LONGEST_WAIT_MS);
      else timer = setTimeout(run, Math.max(0, Math.ceil(left)));
    };
    wait();
    return () => clearTimeout(timer);
  },
  sleep: (ms) => new Promise((resolve) => realClock.after(ms, resolve)),
};
