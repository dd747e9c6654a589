/** Random messages of any schema and version, for properties that hold for all of them. */
import fc from 'fast-check';
import type { Field, Shape } from '../../lib/protocol/schema.ts';

type Anything = Field<unknown, never, boolean>;

const byName: { readonly [type: string]: fc.Arbitrary<unknown> } = {
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  int64: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  bool: fc.boolean(),
  string: fc.string({ unit: 'grapheme', maxLength: 60 }),
  bytes: fc.uint8Array({ maxLength: 40 }),
  records: fc.option(fc.uint8Array({ maxLength: 40 })),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
};

/** Values that a reader of this version can get: fields that the version lacks hold their default. */
export function messageOf(field: Anything, shape: Shape): fc.Arbitrary<unknown> {
  const { type, of, fields } = field.format;
  const value =
    of !== undefined
      ? fc.array(messageOf(of as Anything, shape), { maxLength: 3 })
      : fields !== undefined
        ? structOf(fields as { readonly [name: string]: Anything }, shape)
        : byName[type];
  return shape.version >= field.options.nullableSince ? fc.option(value) : value;
}

function structOf(fields: { readonly [name: string]: Anything }, shape: Shape): fc.Arbitrary<unknown> {
  return fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const present = field.exists(shape.version) && (shape.flexible || field.options.tag === undefined);
        return [name, present ? messageOf(field, shape) : fc.constant(field.absent)];
      }),
    ),
  );
}
