/**
 * One end of the pipe between the grader and a submission: calls what the other side has lent, and answers its calls.
 *
 * Both ends wait by standing still. While a submission thinks, the grader does nothing else, so no virtual time passes and its answer is there at
 * the very moment at which it was asked, as if it ran in one process with the simulated Kafka; a run is as repeatable as without a pipe. A call that
 * answers with a promise is answered at once with a number, and the outcome follows under that number.
 *
 * Messages, one JSON array a line:
 * `call, id, number, method, arguments` · `value, id, value` · `error, id, error` · `promise, id, number` ·
 * `kept, number, value` and `broken, number, error` for a promise · `quiet` when a submission has nothing left to do until it hears something.
 */
import { type Borders, ForeignValue, list, pack, type Sent, text, unpack } from './values.ts';

/** Lines to and from the other side. `receive` stands still until one is there. */
export interface Line {
  send(message: string): void;
  receive(): string;
}

/**
 * What the other side may do with an object or a function: call these methods and read these values. For each, what the answer is in its turn;
 * `data` is copied and may contain nothing that lives.
 */
export interface Surface {
  readonly methods?: { readonly [name: string]: Surface | 'data' };
  readonly values?: { readonly [name: string]: Surface | 'data' };
  /** It is a function: what it answers. */
  readonly call?: Surface | 'data';
  /** A value that is copied once and then belongs to the other side. */
  readonly given?: readonly string[];
}

interface Lent {
  readonly value: object;
  readonly self: object | undefined;
  readonly surface: Surface;
}

interface Outcome {
  readonly keep: (value: unknown) => void;
  readonly break: (error: unknown) => void;
}

type Answer = { readonly value: unknown } | { readonly error: unknown };

/** The name under which a method travels that has a symbol for a name. */
const ITERATOR = '@@asyncIterator';

/** Lends every function that is packed; objects only when they have been exposed. A submission's end: it has no secrets. */
const anything: Surface = { call: 'data' };

export interface PeerSettings {
  /** Every function may be called by the other side. Without it only what has been exposed may. */
  readonly lendsFunctions: boolean;
  /** After each message that is not an answer, wait for `quiet`. */
  readonly waitsForQuiet: boolean;
  /** What is done when the other side breaks the rules. By default an error is thrown. */
  readonly refuse?: (reason: string) => never;
  readonly shared: ReadonlyMap<string, unknown>;
  readonly errors: ReadonlyMap<string, object>;
}

export class Peer {
  readonly #line: Line;
  readonly #settings: PeerSettings;
  readonly #borders: Borders;
  readonly #surfaces = new WeakMap<object, Surface>();
  /** What was lent, by number; a function is lent once for each object that it is called on. */
  readonly #lent: Lent[] = [];
  readonly #numbers = new WeakMap<object, Map<object | undefined, number>>();
  readonly #borrowed = new Map<number, object>();
  readonly #owners = new WeakMap<object, number>();
  readonly #answers = new Map<number, Answer>();
  readonly #asked = new Set<number>();
  readonly #promised = new Map<number, Outcome>();
  #lastCall = 0;
  #lastPromise = 0;
  #turns = 0;
  #isQuiet = false;

  constructor(line: Line, settings: PeerSettings) {
    this.#line = line;
    this.#settings = settings;
    this.#borders = {
      lend: (value, self) => this.#lend(value, self),
      borrow: (description) => this.#borrow(description),
      home: (number) => this.#home(number),
      ownerOf: (value) => this.#owners.get(value),
      shared: settings.shared,
      errors: settings.errors,
    };
  }

  /** Lets the other side use an object or a function, as far as `surface` goes, when it is passed to it from now on. */
  expose<T extends object>(value: T, surface: Surface): T {
    this.#surfaces.set(value, surface);
    return value;
  }

  /** Exposes something before it is passed, and answers its number: the first one has 0. */
  introduce(value: object, surface: Surface): number {
    this.expose(value, surface);
    const description = this.#lend(value, undefined);
    return Number(list(description)[1]);
  }

  /** Answers calls until something is so and the other side is quiet. */
  listen(isSo: () => boolean): void {
    while (!isSo() || !this.#isQuiet) this.next();
  }

  /** Calls what the other side has lent under this number. Answers a promise where the other side does. */
  call(number: number, method: string | null, parameters: readonly unknown[]): unknown {
    const id = ++this.#lastCall;
    this.#asked.add(id);
    this.#turn(['call', id, number, method, parameters.map((one) => this.#pack(one))], () => this.#answers.has(id));
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answer === undefined) throw new ForeignValue('no answer');
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  /** Deals with the next message. */
  next(): void {
    const message = this.#line.receive();
    try {
      this.#take(JSON.parse(message));
    } catch (error) {
      if (this.#settings.refuse === undefined) throw error;
      this.#settings.refuse(errorOf(error).message);
    }
  }

  /** Says that nothing will happen here until a message comes. */
  quiet(): void {
    this.#send(['quiet']);
  }

  /** Sends, and stands still until it is done; the outermost turn also until the other side is quiet. */
  #turn(message: Sent, isDone: () => boolean): void {
    const isOutermost = this.#turns === 0;
    this.#turns += 1;
    if (isOutermost) this.#isQuiet = !this.#settings.waitsForQuiet;
    try {
      this.#send(message);
      while (!isDone() || (isOutermost && !this.#isQuiet)) this.next();
    } finally {
      this.#turns -= 1;
    }
  }

  #take(message: unknown): void {
    const [kind, ...rest] = list(message);
    if (kind === 'quiet') this.#isQuiet = true;
    else if (kind === 'call') this.#answer(rest);
    else if (kind === 'value' || kind === 'error' || kind === 'promise') this.#answered(kind, rest);
    else if (kind === 'kept' || kind === 'broken') this.#settled(kind, rest);
    else throw new ForeignValue('no message');
  }

  #answered(kind: 'value' | 'error' | 'promise', [id, content]: unknown[]): void {
    if (typeof id !== 'number' || !this.#asked.delete(id)) throw new ForeignValue('an answer to what was not asked');
    if (kind === 'error') this.#answers.set(id, { error: this.#unpack(content) });
    else if (kind === 'value') this.#answers.set(id, { value: this.#unpack(content) });
    else this.#answers.set(id, { value: this.#promise(content) });
  }

  #promise(number: unknown): Promise<unknown> {
    if (typeof number !== 'number' || this.#promised.has(number))
      throw new ForeignValue('a promise that was made before');
    return new Promise((keep, break_) => {
      this.#promised.set(number, { keep, break: break_ });
    });
  }

  #settled(kind: 'kept' | 'broken', [number, content]: unknown[]): void {
    const outcome = this.#promised.get(Number(number));
    if (outcome === undefined) throw new ForeignValue('a promise that nobody made');
    this.#promised.delete(Number(number));
    if (kind === 'kept') outcome.keep(this.#unpack(content));
    else outcome.break(this.#unpack(content));
  }

  #answer([id, number, method, parameters]: unknown[]): void {
    if (typeof id !== 'number') throw new ForeignValue('a call without a number');
    try {
      const { result, surface } = this.#run(Number(number), method, list(parameters));
      if (isPromise(result)) this.#promiseOf(result, id, surface);
      else this.#send(['value', id, this.#packAs(result, surface)]);
    } catch (error) {
      this.#send(['error', id, this.#pack(errorOf(error))]);
    }
  }

  #promiseOf(result: Promise<unknown>, id: number, surface: Surface | 'data'): void {
    const promise = ++this.#lastPromise;
    this.#send(['promise', id, promise]);
    // Outside any turn: promises call back when nothing else runs.
    const tell = (message: () => Sent) => this.#turn(message(), () => true);
    result.then(
      (value) => tell(() => ['kept', promise, this.#packAs(value, surface)]),
      (error) => tell(() => ['broken', promise, this.#pack(errorOf(error))]),
    );
  }

  /** Nothing is called that is not on the list of its surface. */
  #run(number: number, method: unknown, parameters: unknown[]): { result: unknown; surface: Surface | 'data' } {
    const { value, self, surface } = this.#lentAs(number);
    const given = parameters.map((one) => this.#unpack(one));
    if (method === null) {
      if (surface.call === undefined || typeof value !== 'function') throw new TypeError('this is not a function');
      return { result: Reflect.apply(value, self, given), surface: surface.call };
    }
    const { methods = {} } = surface;
    const name = text(method);
    if (!Object.hasOwn(methods, name)) throw new TypeError(`there is no ${name} in the grader`);
    const called: unknown = Reflect.get(value, name === ITERATOR ? Symbol.asyncIterator : name);
    if (typeof called !== 'function') throw new TypeError(`${name} is not a function`);
    return { result: Reflect.apply(called, value, given), surface: methods[name] };
  }

  #packAs(value: unknown, surface: Surface | 'data'): Sent {
    if (surface !== 'data' && ((typeof value === 'object' && value !== null) || typeof value === 'function')) {
      this.expose(value, surface);
    }
    return this.#pack(value);
  }

  #pack(value: unknown): Sent {
    return pack(value, this.#borders);
  }

  #unpack(value: unknown): unknown {
    return unpack(value, this.#borders);
  }

  #send(message: Sent): void {
    this.#line.send(JSON.stringify(message));
  }

  #lend(value: object, self: object | undefined): Sent {
    const exposed = this.#surfaces.get(value);
    if (exposed === undefined && typeof value !== 'function') return null;
    if (exposed === undefined && !this.#settings.lendsFunctions) throw new ForeignValue('a function that is not lent');
    const surface = exposed ?? anything;
    const known = this.#numbers.get(value) ?? new Map<object | undefined, number>();
    this.#numbers.set(value, known);
    const isNew = !known.has(self);
    const number = known.get(self) ?? this.#lent.push({ value, self, surface }) - 1;
    known.set(self, number);
    const names = isNew ? Object.keys(surface.methods ?? {}) : null;
    const valuesOf = (kind: Surface['values']) =>
      Object.entries(kind ?? {}).map(([name, its]): Sent => [name, this.#packAs(Reflect.get(value, name), its)]);
    const given = Object.fromEntries((isNew ? (surface.given ?? []) : []).map((name) => [name, 'data' as const]));
    return ['lent', number, surface.call !== undefined, names, valuesOf({ ...given, ...surface.values })];
  }

  #lentAs(number: number): Lent {
    const lent = this.#lent[number];
    if (lent === undefined) throw new ForeignValue('something that was never lent');
    return lent;
  }

  #home(number: number): unknown {
    const { value, self } = this.#lentAs(number);
    return self === undefined || typeof value !== 'function'
      ? value
      : Reflect.apply(Function.prototype.bind, value, [self]);
  }

  #borrow([, number, isFunction, names, values]: readonly Sent[]): unknown {
    if (typeof number !== 'number') throw new ForeignValue('a loan without a number');
    const isBare = isFunction === true && (names === null || list(names).length === 0) && list(values).length === 0;
    if (!this.#settings.lendsFunctions && !isBare) throw new ForeignValue('a loan that is no function');
    const standIn = this.#borrowed.get(number) ?? this.#standIn(number, isFunction === true);
    for (const name of names === null ? [] : list(names).map(text)) {
      const key = name === ITERATOR ? Symbol.asyncIterator : name;
      const method = (...parameters: unknown[]) => this.call(number, name, parameters);
      Object.defineProperty(standIn, key, { value: method, configurable: true, writable: true });
    }
    for (const pair of list(values)) {
      const [name, one] = list(pair);
      Object.defineProperty(standIn, text(name), {
        value: this.#unpack(one),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    return standIn;
  }

  #standIn(number: number, isFunction: boolean): object {
    const standIn = isFunction ? (...parameters: unknown[]) => this.call(number, null, parameters) : {};
    this.#borrowed.set(number, standIn);
    this.#owners.set(standIn, number);
    return standIn;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
