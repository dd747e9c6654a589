/**
 * One turn of the engine's own loop: everything that follows from what just happened (each `await`, each `then`) has run when it is over.
 *
 * Waiting on promises could not promise that, since a chain of them may have any length. `setTimeout(0)` could, but costs a millisecond
 * or four; `setImmediate` and, in a browser, a message to oneself cost about one thousandth of that.
 */
export type Hop = (then: () => void) => void;

/**
 * Between two rounds of immediates Node asks the system for news, which costs more than a hop: so a round has many. Promises come to rest
 * after each of them.
 */
const HOPS_IN_A_ROUND = 32;

/** Each caller gets a hop of its own, so that several worlds in one program share nothing. One hop at a time. */
export function makeHop(): Hop {
  return typeof setImmediate === 'function' ? hopByImmediate() : hopByMessage();
}

function hopByImmediate(): Hop {
  let next: (() => void) | undefined;
  let left = 0;
  const land = () => {
    left--;
    const then = next;
    next = undefined;
    then?.();
  };
  return (then) => {
    next = then;
    if (left > 0) return;
    left = HOPS_IN_A_ROUND;
    for (let hop = 0; hop < HOPS_IN_A_ROUND; hop++) setImmediate(land);
  };
}

function hopByMessage(): Hop {
  const { port1, port2 } = new MessageChannel();
  let next: () => void = () => {};
  // Browsers have `onmessage`; the types at hand are Node's, which spell it otherwise.
  Object.assign(port1, { onmessage: () => next() });
  return (then) => {
    next = then;
    port2.postMessage(null);
  };
}
