/**
 * Reads bytes by a schema of `protocol/`, and notes for each field where it begins, where it ends and what it says.
 *
 * The schemas are those by which the broker and the clients read: fields, versions, tags and types come from there, and each single value is read by
 * the field itself. What is here is the walk from field to field. It stops at the first byte that cannot be right, where a broker would close the
 * connection and say nothing.
 */
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import type { Field, Shape } from '../protocol/field.ts';
import { readLength } from '../protocol/length.ts';

/** A stretch of bytes and what it means. */
export interface FrameRow {
  /** The first byte, counted from 0. */
  readonly from: number;
  /** Behind the last byte. */
  readonly to: number;
  /** `topics[0].partitions[1].errorCode`. */
  readonly path: string;
  /** `int16`, `string`, `array`, as in Kafka's message definitions. */
  readonly type: string;
  /** As a person reads it: `35`, `"account"`, `2 entries`, `null`. */
  readonly value: string;
  /** What the field means, where its schema says it. */
  readonly about: string;
}

/** Where the bytes stop making sense. */
export interface BadByte {
  /** The first byte of what is wrong; the number of all bytes when there should be more. */
  readonly at: number;
  /** The field that was being read. */
  readonly path: string;
  readonly reason: string;
}

/** Ends a walk at a byte that cannot be right. */
export class BadBytes extends Error {
  readonly bad: BadByte;

  constructor(bad: BadByte) {
    super(bad.reason);
    this.bad = bad;
  }
}

/** Ends a walk that has made more rows than anybody looks at. */
export class EnoughRows extends Error {}

export type AnyField = Field<unknown, never, boolean>;
type Fields = { readonly [name: string]: AnyField };
/** Tagged fields by their tags. */
type Tags = ReadonlyMap<number, readonly [name: string, field: AnyField]>;

const MOST_ROWS = 2_000;
const MOST_CHARACTERS = 120;
/** No number takes more bytes than this; a UUID takes as many. */
const LONGEST_VALUE_BYTES = 16;

type ReadLength = (reader: Reader, shape: Shape, nullable: boolean) => number;

/** The types that begin with their length, and how it is read. */
const lengths: { readonly [type: string]: ReadLength } = {
  string: (reader, shape, nullable) => readLength(reader, shape, nullable, 'int16'),
  bytes: (reader, shape, nullable) => readLength(reader, shape, nullable, 'int32'),
  records: (reader, shape) => readLength(reader, shape, true, 'int32'),
  'varint and bytes': (reader) => reader.varint(),
};

export class FieldRows {
  readonly rows: FrameRow[] = [];
  readonly bytes: Uint8Array;
  /** The next byte to be read. */
  at = 0;
  /** Behind the last byte of what is being read, a frame or a tagged field. Of a frame that has come in part it lies behind all bytes that there are. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Reads one field, whatever it holds. This and all below throw `BadBytes` and `EnoughRows`. */
  read(path: string, field: AnyField, shape: Shape): void {
    const { of, fields } = field.format;
    if (of !== undefined) this.#array(path, field, of, shape);
    else if (fields !== undefined) this.#struct(path, field, fields, shape);
    else this.value(path, field, shape);
  }

  /** Reads a field that has no fields in it, and answers its value; `say` puts that into words. */
  value(path: string, field: AnyField, shape: Shape, say: (value: unknown) => string = inWords): unknown {
    const from = this.at;
    const { type } = field.format;
    if (type in lengths) this.#lookAhead(path, field, shape);
    const value = this.#take(path, (reader) => field.read(reader, shape));
    this.add(from, path, type, say(value), field.options.about);
    return value;
  }

  /** The bytes from `from` to where the reading has come mean this. */
  add(from: number, path: string, type: string, value: string, about = ''): void {
    if (this.rows.length >= MOST_ROWS) throw new EnoughRows();
    this.rows.push({ from, to: this.at, path, type, value, about });
  }

  bad(at: number, path: string, reason: string): never {
    throw new BadBytes({ at, path, reason });
  }

  /** The tagged fields at the end of a struct or of a header: each has its tag and its size in front. */
  tagged(path: string, known: Tags, shape: Shape): void {
    const list = within(path, 'tagged fields');
    const count = this.#varint(list, (value) => (value === 0 ? 'none' : String(value)));
    for (let index = 0; index < count; index++) {
      const tag = this.#varint(`${list}[${index}].tag`, (value) => known.get(value)?.[0] ?? 'unknown');
      const [name, field] = known.get(tag) ?? [`tag ${tag}`, undefined];
      this.#taggedField(within(path, name), `${list}[${index}].size`, field, shape);
    }
  }

  #taggedField(path: string, sizePath: string, field: AnyField | undefined, shape: Shape): void {
    const from = this.at;
    const size = this.#varint(sizePath, (value) => counted(value, 'byte'));
    this.#expect(from, sizePath, size);
    const { end } = this;
    this.end = this.at + size;
    if (field !== undefined) this.read(path, field, shape);
    this.passOver(path, 'passed over');
    this.end = end;
  }

  /** Notes what is left of what is being read, if anything is, in one row. */
  passOver(path: string, why: string): void {
    if (this.at >= this.end) return;
    if (this.end > this.bytes.length) this.#over(path);
    const from = this.at;
    this.at = this.end;
    this.add(from, path, 'bytes', `${counted(this.end - from, 'byte')}, ${why}`);
  }

  #array(path: string, field: AnyField, of: AnyField, shape: Shape): void {
    const from = this.at;
    const count = this.#take(path, (reader) => readLength(reader, shape, isNullable(field, shape), 'int32'));
    const left = this.end - this.at;
    if (count > left) this.bad(from, path, `${count} entries are announced, and ${counted(left, 'byte')} left`);
    this.add(from, path, 'array', count === -1 ? 'null' : counted(count, 'entry'), field.options.about);
    for (let index = 0; index < count; index++) this.read(`${path}[${index}]`, of, shape);
  }

  #struct(path: string, field: AnyField, fields: Fields, shape: Shape): void {
    if (isNullable(field, shape)) {
      const from = this.at;
      const isNull = this.#take(path, (reader) => reader.int8() < 0);
      this.add(from, path, 'struct', isNull ? 'null' : 'not null', field.options.about);
      if (isNull) return;
    }
    const present = Object.entries(fields).filter(([, each]) => each.exists(shape.version));
    for (const [name, each] of present) {
      if (each.options.tag === undefined) this.read(within(path, name), each, shape);
    }
    const tagged = present.filter(([, each]) => each.options.tag !== undefined);
    const tags = new Map(tagged.map((entry) => [Number(entry[1].options.tag), entry]));
    if (shape.flexible) this.tagged(path, tags, shape);
  }

  #varint(path: string, say: (value: number) => string): number {
    const from = this.at;
    const value = this.#take(path, (reader) => reader.unsignedVarint());
    this.add(from, path, 'unsigned varint', say(value));
    return value;
  }

  /** Reads the length in front of a string or of bytes, -1 for null, and goes on behind it. */
  length(path: string, field: AnyField, shape: Shape): number {
    const { type } = field.format;
    const from = this.at;
    const length = this.#take(path, (reader) => lengths[type](reader, shape, isNullable(field, shape)));
    if (length < -1) this.bad(from, path, `a length of ${length}`);
    this.#expect(from, path, length);
    return length;
  }

  /** Holds an announced length against the bytes that are there, so that the right byte is blamed. */
  #lookAhead(path: string, field: AnyField, shape: Shape): void {
    const from = this.at;
    const length = this.length(path, field, shape);
    if (length > this.bytes.length - this.at) this.#over(path);
    this.at = from;
  }

  /** So many bytes shall follow, as was announced at `from`. */
  #expect(from: number, path: string, length: number): void {
    const left = this.end - this.at;
    if (length > left) this.bad(from, path, `${counted(length, 'byte')} announced, and ${left} left`);
  }

  #take<Value>(path: string, read: (reader: Reader) => Value): Value {
    const reader = new Reader(this.bytes.subarray(this.at, this.#last));
    try {
      const value = read(reader);
      this.at += reader.position;
      return value;
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      if (this.#wantsMore(read)) return this.#over(path);
      // The reader counts from the beginning of the field.
      return this.bad(this.at, path, error.message.replace(/ at byte \d+/, ''));
    }
  }

  /** Whether a value could not be read for want of bytes: with zeros behind them the reading goes beyond. */
  #wantsMore(read: (reader: Reader) => unknown): boolean {
    const there = this.bytes.subarray(this.at, Math.min(this.#last, this.at + LONGEST_VALUE_BYTES));
    const padded = new Uint8Array(there.length + LONGEST_VALUE_BYTES);
    padded.set(there);
    const reader = new Reader(padded);
    try {
      read(reader);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
    return reader.position > there.length;
  }

  #over(path: string): never {
    const { length } = this.bytes;
    if (length < this.end) return this.bad(length, path, `${counted(this.end - length, 'byte')} missing`);
    return this.bad(this.end, path, `no bytes left for it`);
  }

  get #last(): number {
    return Math.min(this.end, this.bytes.length);
  }
}

/** `3 bytes`, `1 entry`. */
export function counted(count: number, what: 'byte' | 'entry' | 'record'): string {
  const many = what === 'entry' ? 'entries' : `${what}s`;
  return `${count} ${count === 1 ? what : many}`;
}

/** A text in quotation marks, all on one line, and not longer than a line or two. */
export function quoted(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return JSON.stringify(short);
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  return value instanceof Uint8Array ? counted(value.length, 'byte') : String(value);
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isNullable(field: AnyField, shape: Shape): boolean {
  return shape.version >= field.options.nullableSince;
}
