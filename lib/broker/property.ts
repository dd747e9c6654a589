/**
 * The kinds of properties that a broker and its topics have: what is accepted, and how it is read.
 *
 * Source: Apache Kafka `ConfigDef.java`.
 */
export const MAX_INT = 0x7fffffff;
export const MAX_LONG = Number.MAX_SAFE_INTEGER;
/** Kafka's way to say "without a limit". Our numbers end earlier, and the largest of them means the same. */
const LARGEST_LONG = '9223372036854775807';

export type PropertyType = 'boolean' | 'int' | 'long' | 'double' | 'string' | 'list';

export interface Property<T> {
  readonly type: PropertyType;
  readonly default: T;
  /** What is accepted, in words. */
  readonly accepts: string;
  /** What the property does, for `--help` and for tables. */
  readonly about: string;
  /** Undefined: not acceptable. */
  readonly parse: (text: string) => T | undefined;
}

export function flag(value: boolean, about: string): Property<boolean> {
  const known = new Map([true, false].map((one) => [String(one), one]));
  const parse = (text: string) => known.get(text.toLowerCase());
  return { type: 'boolean', default: value, accepts: 'true or false', about, parse };
}

export function whole(value: number, [least, most]: readonly [number, number], about: string): Property<number> {
  return {
    type: most > MAX_INT ? 'long' : 'int',
    default: value,
    accepts: `a whole number from ${least} to ${textOf(most)}`,
    about,
    parse(text) {
      const number = text === LARGEST_LONG ? MAX_LONG : /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
      return number >= least && number <= most ? number : undefined;
    },
  };
}

export function ratio(value: number, about: string): Property<number> {
  return {
    type: 'double',
    default: value,
    accepts: 'a number from 0 to 1',
    about,
    parse(text) {
      const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      return number >= 0 && number <= 1 ? number : undefined;
    },
  };
}

export function choice(value: string, choices: readonly string[], about: string): Property<string> {
  const parse = (text: string) => (choices.includes(text) ? text : undefined);
  return { type: 'string', default: value, accepts: choices.join(' or '), about, parse };
}

/** One or more of these, with commas between. */
export function several(value: string, choices: readonly string[], about: string): Property<string> {
  return {
    type: 'list',
    default: value,
    accepts: `${choices.join(', ')} or several of them with commas between`,
    about,
    parse(text) {
      const chosen = text.split(',').map((one) => one.trim());
      return chosen.every((one) => choices.includes(one)) ? chosen.join(',') : undefined;
    },
  };
}

/** A list that may be empty as well. */
export function orNone(list: Property<string>): Property<string> {
  const parse = (text: string) => (text === '' ? text : list.parse(text));
  return { ...list, accepts: `${list.accepts}, or an empty text`, parse };
}

/** A value as Kafka writes it. */
export function textOf(value: boolean | number | string): string {
  return value === MAX_LONG ? LARGEST_LONG : String(value);
}
