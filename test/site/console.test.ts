import util from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConsole, format } from '../../site/kernel/console.ts';

class Account {
  readonly owner: unknown;
  readonly balance = 130;

  constructor(owner: unknown) {
    this.owner = owner;
  }
}

const leaves: fc.Arbitrary<unknown>[] = [
  fc.string(),
  fc.string({ minLength: 60, maxLength: 140 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(
    null,
    undefined,
    -0,
    Symbol('s'),
    () => 1,
    async function named() {},
    class Heir extends Account {},
    /x/g,
  ),
  fc.date(),
  fc.uint8Array({ maxLength: 120 }),
  fc.array(fc.integer(), { maxLength: 130 }),
  fc.array(fc.string({ maxLength: 9 }), { maxLength: 40 }),
  fc.sparseArray(fc.integer(), { maxLength: 10 }),
];

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    ...leaves,
    fc.array(tie('value'), { maxLength: 12 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 8 }),
    fc.dictionary(fc.string({ maxLength: 10 }), tie('value'), { maxKeys: 6 }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 8 }).map((items) => new Set(items)),
    tie('value').map((owner) => new Account(owner)),
  ),
}));

/** Node refuses some values of a format, such as an object that is no number and no text: then so do we. */
function attempt(print: () => string): string {
  try {
    return print();
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

describe("the page's console", () => {
  it("prints any value as Node's does", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 2 }), (values) => {
        // %o shows hidden properties, such as the byte lengths of an array of bytes; the page leaves them out.
        fc.pre(!(typeof values[0] === 'string' && values[0].includes('%o')));
        expect(attempt(() => format(values))).toBe(attempt(() => util.format(...values)));
      }),
      { seed: 7, numRuns: 500, examples: [[['%d and %i', []]], [['%d', { a: 1 }]], [['%i %f', [7], [7.5]]]] },
    );
  });

  it('prints what the property does not think of', () => {
    const self: { inner?: unknown; list?: unknown } = {};
    self.inner = { self };
    self.list = [self];
    const bare = Object.assign(Object.create(null), { a: 1 });
    const accessors = Object.defineProperties(
      {},
      { g: { get: () => 1, enumerable: true }, s: { set: () => {}, enumerable: true } },
    );
    const values: unknown[] = [self, bare, accessors, { a: { b: { c: { d: 1 } } } }, { a: { b: { c: [] } } }];
    for (const value of [...values, Math, new Number(3), Object.assign(() => 1, { a: 1 }), new WeakMap()]) {
      expect(format([value])).toBe(util.format(value));
    }
    // Node 24 puts its byteLength into brackets.
    expect(format([new ArrayBuffer(4)])).toBe('ArrayBuffer { [Uint8Contents]: <00 00 00 00>, byteLength: 4 }');
  });

  it('reads the directives of a format string', () => {
    const calls: [string, ...unknown[]][] = [
      ['%s owns %d', 'Ada', 130],
      ['%i %f %j', '3.7', '3.7', { a: [1] }],
      ['%o', { a: 1 }],
      ['%s', null, undefined, 'rest'],
      ['100%'],
      ['%d%% of %s', 5],
    ];
    for (const call of calls) expect(format(call)).toBe(util.format(...call));
  });

  it('writes errors to the other stream, indents groups and draws tables', () => {
    const written: string[] = [];
    const console = createConsole((stream, text) => written.push(`${stream}|${text}`));
    console.group('outer');
    console.log('a\nb');
    console.groupEnd();
    console.warn('careful');
    console.table([{ owner: 'Ada', balance: 130 }]);
    expect(written).toEqual([
      'stdout|outer\n',
      'stdout|  a\n  b\n',
      'stderr|careful\n',
      [
        'stdout|┌─────────┬───────┬─────────┐',
        '│ (index) │ owner │ balance │',
        '├─────────┼───────┼─────────┤',
        "│ 0       │ 'Ada' │ 130     │",
        '└─────────┴───────┴─────────┘\n',
      ].join('\n'),
    ]);
  });

  it('prints an error without the frames of the kernel', () => {
    const error = Object.assign(new RangeError('too far'), { code: 7 });
    expect(format([error])).toBe('RangeError: too far { code: 7 }');
    expect(format([{ error: new Error('no') }])).toBe('{ error: Error: no }');
  });
});
