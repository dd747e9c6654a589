/** What kafkajs asks Node for, by the names of Node's modules: as much of each as it uses, and an error that says what to do for what no page can give. */

type Listener = (...values: unknown[]) => void;

class EventEmitter {
  static readonly EventEmitter = EventEmitter;
  #listeners: { readonly event: string; readonly listener: Listener; readonly once: boolean }[] = [];

  on(event: string, listener: Listener): this {
    this.#listeners.push({ event, listener, once: false });
    return this;
  }

  addListener(event: string, listener: Listener): this {
    return this.on(event, listener);
  }

  once(event: string, listener: Listener): this {
    this.#listeners.push({ event, listener, once: true });
    return this;
  }

  removeListener(event: string, listener: Listener): this {
    this.#listeners = this.#listeners.filter((known) => known.event !== event || known.listener !== listener);
    return this;
  }

  listenerCount(event: string): number {
    return this.#listeners.filter((known) => known.event === event).length;
  }

  emit(event: string, ...values: unknown[]): boolean {
    const called = this.#listeners.filter((known) => known.event === event);
    this.#listeners = this.#listeners.filter((known) => known.event !== event || !known.once);
    for (const { listener } of called) listener.apply(this, values);
    return called.length > 0;
  }
}

function connect(): never {
  throw new Error(
    "a page has no sockets: kafkajsIn(own), from 'course/kafkajs', makes a client for the brokers of a simulated world",
  );
}

type Done = (error: Error | null, result?: unknown) => void;

function compress(_: Uint8Array, done: Done): void {
  done(new Error('kafkajs does not compress on a page: leave compression out'));
}

export const events = EventEmitter;
export const net = { connect };
export const tls = { connect };
export const zlib = { gzip: compress, unzip: compress };
/** Passwords only; chance comes from `global.crypto`. */
export const crypto = {};

export const util = {
  format: (text: string, ...values: unknown[]) => text.replace(/%[sd]/g, () => String(values.shift())),
  promisify:
    (call: (value: Uint8Array, done: Done) => void) =>
    (value: Uint8Array): Promise<unknown> =>
      new Promise((resolve, reject) => call(value, (error, result) => (error ? reject(error) : resolve(result)))),
};

export function assert(condition: unknown, message: string): void {
  if (!condition) throw new Error(message);
}
