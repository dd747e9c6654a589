/**
 * Messages as declarations.
 *
 * A Kafka request has a dozen versions, and each version adds, drops or re-shapes a field. Here a message is written down once, as a list of
 * fields with the versions they live in, and three things come from that one list: the reader, the writer and the static type.
 *
 *     struct({ name: string.nullable(10), topicId: uuid.since(10).default(NO_UUID), leaderEpoch: int32.since(7).default(-1) })
 *
 * A field that a version does not have is read as its default and not written. A field with a default, or one that only some versions have,
 * may be left out by whoever writes the message. From the API's first "flexible" version on, lengths are varints plus one and every
 * struct ends with tagged fields (KIP-482).
 */
import { Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { Field, type Format, type Shape } from './field.ts';
import { readLength, writeLength } from './length.ts';

export { Field, type Shape } from './field.ts';
export * from './primitives.ts';
export { NO_UUID } from './uuid.ts';

// biome-ignore lint/suspicious/noExplicitAny: the one place where fields of all types meet
type AnyField = Field<any, any, boolean>;
export type Fields = { readonly [name: string]: AnyField };
type Flatten<T> = { [K in keyof T]: T[K] };
export type Output<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<infer Out, infer _, boolean> ? Out : never;
};
export type Input<F extends Fields> = Flatten<
  {
    readonly [K in keyof F as F[K]['optional'] extends true ? never : K]: F[K] extends Field<infer _, infer In, boolean>
      ? In
      : never;
  } & {
    readonly [K in keyof F as F[K]['optional'] extends true ? K : never]?: F[K] extends Field<
      infer _,
      infer In,
      boolean
    >
      ? In
      : never;
  }
>;

export function array<Out, In>(of: Field<Out, In, boolean>): Field<readonly Out[], readonly In[]> {
  const none: readonly Out[] = Object.freeze([]);
  return new Field<readonly Out[], readonly In[]>(
    {
      type: 'array',
      of,
      read(reader, shape, nullable) {
        const length = readLength(reader, shape, nullable, 'int32');
        if (length === -1) return null as unknown as readonly Out[];
        const values = new Array<Out>(reader.arrayLength(length));
        for (let index = 0; index < length; index++) values[index] = of.read(reader, shape);
        return values;
      },
      write(writer, value, shape, nullable) {
        writeLength(writer, value === null ? -1 : value.length, shape, nullable, 'int32');
        if (value === null) return;
        for (const entry of value) of.write(writer, entry, shape);
      },
    },
    none,
  );
}

interface Named {
  readonly name: string;
  readonly field: AnyField;
}

/** The fields of a struct in one version: those in line, and those sent with a tag. */
interface Plan {
  readonly inline: readonly Named[];
  readonly tagged: ReadonlyMap<number, Named>;
}

/** Several named values, one after the other in the order of their declaration. A nullable one has a byte in front: 1 or -1. */
export class StructFormat<F extends Fields> implements Format<Output<F>, Input<F>> {
  readonly fields: F;
  readonly type = 'struct';
  readonly #plans: Plan[] = [];

  readonly #defaults: { readonly [name: string]: unknown };

  constructor(fields: F) {
    this.fields = fields;
    this.#defaults = Object.fromEntries(Object.entries(fields).map(([name, { absent }]) => [name, absent]));
  }

  read(reader: Reader, shape: Shape, nullable: boolean): Output<F> {
    if (nullable && reader.int8() < 0) return null as unknown as Output<F>;
    const plan = this.#plan(shape.version);
    const value = this.absent() as { [name: string]: unknown };
    for (const { name, field } of plan.inline) value[name] = field.read(reader, shape);
    if (shape.flexible) this.#readTagged(reader, shape, plan, value);
    return value as Output<F>;
  }

  write(writer: Writer, value: Input<F>, shape: Shape, nullable: boolean): void {
    if (nullable) writer.int8(value === null ? -1 : 1);
    if (value === null && nullable) return;
    const plan = this.#plan(shape.version);
    const given = value as { readonly [name: string]: unknown };
    for (const { name, field } of plan.inline) field.write(writer, given[name] ?? fallback(given, name, field), shape);
    if (shape.flexible) this.#writeTagged(writer, shape, plan, given);
  }

  #readTagged(reader: Reader, shape: Shape, plan: Plan, value: { [name: string]: unknown }): void {
    for (let count = reader.unsignedVarint(); count > 0; count--) {
      const known = plan.tagged.get(reader.unsignedVarint());
      const content = reader.bytes(reader.unsignedVarint());
      if (known) value[known.name] = known.field.read(new Reader(content), shape);
    }
  }

  #writeTagged(writer: Writer, shape: Shape, plan: Plan, given: { readonly [name: string]: unknown }): void {
    if (plan.tagged.size === 0) return writer.unsignedVarint(0);
    const present = [...plan.tagged].filter(
      ([, { name, field }]) => given[name] !== undefined && given[name] !== field.absent,
    );
    writer.unsignedVarint(present.length);
    for (const [tag, { name, field }] of present) {
      const content = new Writer();
      field.write(content, given[name], shape);
      const bytes = concat(content.finish());
      writer.unsignedVarint(tag);
      writer.unsignedVarint(bytes.length);
      writer.bytes(bytes);
    }
  }

  #plan(version: number): Plan {
    const known = this.#plans[version];
    if (known) return known;
    const named = Object.entries(this.fields).map(([name, field]) => ({ name, field }));
    const present = named.filter(({ field }) => field.exists(version));
    const plan: Plan = {
      inline: present.filter(({ field }) => field.options.tag === undefined),
      tagged: new Map(
        present
          .filter(({ field }) => field.options.tag !== undefined)
          .sort((a, b) => Number(a.field.options.tag) - Number(b.field.options.tag))
          .map((one) => [Number(one.field.options.tag), one]),
      ),
    };
    this.#plans[version] = plan;
    return plan;
  }

  /** The struct as a version without it reads it: every field at its default. */
  absent(): Output<F> {
    return { ...this.#defaults } as Output<F>;
  }
}

function fallback(given: { readonly [name: string]: unknown }, name: string, field: AnyField): unknown {
  return given[name] === null ? null : field.absent;
}

export function struct<F extends Fields>(fields: F): Field<Output<F>, Input<F>> {
  const format = new StructFormat(fields);
  return new Field<Output<F>, Input<F>>(format, Object.freeze(format.absent()));
}

/** An API of the protocol: one kind of request with its response. */
export interface Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  /** The lowest and highest version described here. */
  readonly versions: readonly [min: number, max: number];
  /** The first version with compact lengths and tagged fields. */
  readonly flexibleSince: number;
  readonly request: Field<Output<Request>, Input<Request>>;
  readonly response: Field<Output<Response>, Input<Response>>;
}

export type RequestOf<A> = A extends Api<infer Request, infer _> ? Output<Request> : never;
export type RequestInput<A> = A extends Api<infer Request, infer _> ? Input<Request> : never;
export type ResponseOf<A> = A extends Api<infer _, infer Response> ? Output<Response> : never;
export type ResponseInput<A> = A extends Api<infer _, infer Response> ? Input<Response> : never;

/** Declares an API from the fields of its request and of its response. */
export function api<Request extends Fields, Response extends Fields>(declaration: {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly flexibleSince: number;
  readonly request: Request;
  readonly response: Response;
}): Api<Request, Response> {
  return { ...declaration, request: struct(declaration.request), response: struct(declaration.response) };
}

export function shapeOf(api: Pick<Api, 'flexibleSince'>, version: number): Shape {
  return { version, flexible: version >= api.flexibleSince };
}
