/**
 * One turn of the engine's own loop: everything that follows from what just happened (each `await`, each `then`) has run when it is over.
 *
 * Waiting on promises could not promise that, since a chain of them may have any length. `setTimeout(0)` could, but costs a millisecond
 * or four; `setImmediate` and, in a browser, a message to oneself cost about one thousandth of that.
 */
export type Hop = (then: () => void) => void;

/** Each caller gets a hop of its own, so that several worlds in one program share nothing. One hop at a time. */
export function makeHop(): Hop {
  if (typeof setImmediate === 'function') return (then) => void setImmediate(then);
  const { port1, port2 } = new MessageChannel();
  let next: () => void = () => {};
  // Browsers have `onmessage`; the types at hand are Node's, which spell it otherwise.
  Object.assign(port1, { onmessage: () => next() });
  return (then) => {
    next = then;
    port2.postMessage(null);
  };
}
