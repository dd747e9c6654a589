/**
 * How a value crosses the pipe between the grader and a submission: as JSON, in which whatever JSON has no words for is a pair that begins with a mark.
 *
 * Data is copied. A function stays where it is, and the other side gets a stand-in that calls it; so does an object that has been exposed, method by
 * method. One side of the pipe is hostile, so nothing is believed: what does not have this form is a `ForeignValue`, nothing is ever looked up by a name
 * that came over the pipe except in a list, and no object of the other side gets a prototype or a getter here.
 */

/** What can be sent as a line of JSON. */
export type Sent = null | boolean | number | string | readonly Sent[] | { readonly [name: string]: Sent };

/** What came is not a value, or what is to go cannot. */
export class ForeignValue extends Error {
  override readonly name = 'ForeignValue';
}

/** Where functions and exposed objects live; see `peer.ts`. */
export interface Borders {
  /** The number of a function of this side, or of an object that has been exposed. `self` is what the function is called on. */
  lend(value: object, self: object | undefined): Sent;
  /** The stand-in of something that lives on the other side. */
  borrow(description: readonly Sent[]): unknown;
  /** The function or object of this side that comes home. */
  home(number: number): unknown;
  /** The number of something that lives on the other side, if `value` is its stand-in. */
  ownerOf(value: object): number | undefined;
  /** A value that both sides have and that is sent by its name only, such as a strategy of the library. */
  readonly shared: ReadonlyMap<string, unknown>;
  /** The classes of errors that keep their class on this side. */
  readonly errors: ReadonlyMap<string, object>;
}

const DEEPEST = 40;

export function pack(value: unknown, borders: Borders, depth = 0): Sent {
  if (depth > DEEPEST) throw new ForeignValue(`a value with more than ${DEEPEST} levels, or one that contains itself`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value === undefined) return ['undefined'];
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : ['number', Object.is(value, -0) ? '-0' : `${value}`];
  }
  if (typeof value === 'bigint') return ['bigint', `${value}`];
  if (typeof value === 'symbol') throw new ForeignValue('a symbol');
  return packObject(value as object, borders, depth);
}

function packObject(value: object, borders: Borders, depth: number): Sent {
  const inner = (one: unknown) => pack(one, borders, depth + 1);
  for (const [name, common] of borders.shared) if (common === value) return ['shared', name];
  const owned = borders.ownerOf(value);
  if (owned !== undefined) return ['home', owned];
  if (typeof value === 'function') return borders.lend(value, undefined);
  if (Array.isArray(value)) return ['list', value.map(inner)];
  if (value instanceof Uint8Array) return ['bytes', Array.from(value)];
  if (value instanceof Map) return ['map', [...value].map(([key, one]) => [inner(key), inner(one)])];
  if (value instanceof Set) return ['set', [...value].map(inner)];
  if (value instanceof Error) return ['error', value.name, String(value.message), packErrorDetail(value, inner)];
  return packFields(value, borders, inner);
}

/** Kafka's own code, and what was the cause. */
function packErrorDetail(error: Error & { error?: unknown }, inner: (one: unknown) => Sent): Sent {
  const { cause, error: code } = error;
  return [cause instanceof Error ? inner(cause) : null, isPlain(code) ? inner(code) : null];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function packFields(value: object, borders: Borders, inner: (one: unknown) => Sent): Sent {
  const lent = borders.lend(value, undefined);
  if (lent !== null) return lent;
  const fields: Sent[] = [];
  for (const name of namesOf(value)) {
    const one: unknown = Reflect.get(value, name);
    fields.push([
      name,
      typeof one === 'function' && borders.ownerOf(one) === undefined ? borders.lend(one, value) : inner(one),
    ]);
  }
  return ['object', fields];
}

/** The fields of an object, and the methods of its class. */
function namesOf(value: object): string[] {
  const names = Object.keys(value);
  for (
    let one = Object.getPrototypeOf(value);
    one !== null && one !== Object.prototype;
    one = Object.getPrototypeOf(one)
  ) {
    for (const name of Object.getOwnPropertyNames(one)) {
      if (name !== 'constructor' && !names.includes(name)) names.push(name);
    }
  }
  return names;
}

export function unpack(sent: unknown, borders: Borders, depth = 0): unknown {
  if (depth > DEEPEST) throw new ForeignValue('a value that is too deep');
  if (sent === null || typeof sent === 'boolean' || typeof sent === 'string' || typeof sent === 'number') return sent;
  if (!Array.isArray(sent) || typeof sent[0] !== 'string') throw new ForeignValue('no value');
  const inner = (one: unknown) => unpack(one, borders, depth + 1);
  const [mark, content] = sent as [string, unknown];
  switch (mark) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(text(content));
    case 'bigint':
      if (!/^-?\d{1,100}$/.test(text(content))) throw new ForeignValue('no number');
      return BigInt(text(content));
    case 'list':
      return list(content).map(inner);
    case 'bytes':
      return Uint8Array.from(list(content), (byte) => Number(byte) & 0xff);
    case 'set':
      return new Set(list(content).map(inner));
    case 'map':
      return new Map(pairs(content).map(([key, one]) => [inner(key), inner(one)] as const));
    case 'object':
      // Defines each field, so that a field called __proto__ is a field like others; and it is left out.
      return Object.fromEntries(
        pairs(content).flatMap(([name, one]) => (name === '__proto__' ? [] : [[text(name), inner(one)] as const])),
      );
    case 'error':
      return unpackError(sent, borders, inner);
    case 'shared':
      if (!borders.shared.has(text(content))) throw new ForeignValue('nothing shared');
      return borders.shared.get(text(content));
    case 'home':
      return borders.home(Number(content));
    case 'lent':
      return borders.borrow(sent as Sent[]);
    default:
      throw new ForeignValue('no value');
  }
}

const LONGEST_MESSAGE = 2000;

function unpackError(
  [, name, message, detail]: unknown[],
  { errors }: Borders,
  inner: (one: unknown) => unknown,
): Error {
  const [cause, code] = list(detail);
  const options = cause === null ? undefined : { cause: inner(cause) };
  const error = new Error(text(message).slice(0, LONGEST_MESSAGE), options);
  Object.defineProperty(error, 'name', { value: text(name).slice(0, 100), configurable: true, writable: true });
  if (code !== null) Object.defineProperty(error, 'error', { value: inner(code), configurable: true });
  const known = errors.get(error.name);
  if (known !== undefined) Object.setPrototypeOf(error, known);
  return error;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new ForeignValue('no text');
  return value;
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new ForeignValue('no list');
  return value;
}

function pairs(value: unknown): [unknown, unknown][] {
  return list(value).map((one) => {
    const pair = list(one);
    if (pair.length !== 2) throw new ForeignValue('no pair');
    return [pair[0], pair[1]];
  });
}
