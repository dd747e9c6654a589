import { beforeEach, describe, expect, it } from 'vitest';
import { CellRuntime } from '../../site/kernel/runtime.ts';
import { compileCell } from '../../site/kernel/transform.ts';

/** The cells of a page, run one after the other as the worker runs them, with what they print. */
describe('cells of a page', () => {
  let printed: unknown[];
  let runtime: CellRuntime;
  let files: Record<string, string>;
  let number: number;

  beforeEach(() => {
    printed = [];
    files = {};
    number = 0;
    const modules = {
      course: () => ({ twice: (value: number) => value * 2, default: 'the default' }),
      'kafkaito/node': () => {
        throw new Error('needs a socket: use simulate');
      },
    };
    runtime = new CellRuntime(modules, (value) => printed.push(value));
  });

  async function run(source: string) {
    number += 1;
    return runtime.run(`cell-${number}`, source, files);
  }

  async function fail(source: string) {
    const result = await run(source);
    if (result.ok) throw new Error('the cell did not fail');
    return result.error;
  }

  it('see what earlier cells have declared, and change it', async () => {
    await run('let total: number = 1; const add = (n: number): void => { total += n; };');
    await run('add(4); total *= 10; class Account { owner = "Ada" } function half(n: number) { return n / 2; }');
    await run('[total, half(total), new Account().owner]');
    expect(printed).toEqual([[50, 25, 'Ada']]);
  });

  it('see the parts of a pattern', async () => {
    await run('const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3, 4], f: 5 }; const [g = 6] = [] as number[];');
    await run('({ a, c, d, e, g })');
    expect(printed).toEqual([{ a: 1, c: 2, d: [3, 4], e: { f: 5 }, g: 6 }]);
  });

  it('print the value of their last expression, unless it is null or undefined', async () => {
    await run('1 + 1');
    await run('await Promise.resolve("later")');
    await run('undefined');
    await run('null');
    await run('"a"; const last = 3;');
    await run('for (const x of [1]) x;');
    await run('import("course")');
    expect(printed.slice(0, 2)).toEqual([2, 'later']);
    expect(printed).toHaveLength(3);
  });

  it('may declare the same name again, and names that the browser has already', async () => {
    await run('const name = "Ada"; let status = 1;');
    await run('const name = "Bob"; var performance = 2;');
    await run('[name, status, performance]');
    expect(printed).toEqual([['Bob', 1, 2]]);
    expect(globalThis.performance).not.toBe(2);
  });

  it('lose what they declared when they fail', async () => {
    await run('const kept = 1;');
    await fail('const lost = 2; throw new Error("no");');
    await run('[typeof kept, typeof lost]');
    expect(printed).toEqual([['number', 'undefined']]);
  });

  it('await at their top level, also in a loop', async () => {
    await run('async function* two() { yield 1; yield 2; }\nlet sum = 0;\nfor await (const n of two()) sum += n;');
    await run('sum');
    expect(printed).toEqual([3]);
  });

  it('run as strict code', async () => {
    expect((await fail('undeclared = 1')).title).toBe('ReferenceError: undeclared is not defined');
    expect((await fail('const fixed = 1;\nfixed = 2;')).line).toBe(2);
  });

  it('import by name, as a whole, by default, for types only and in the middle of things', async () => {
    await run('import standard, { twice as double, type Missing } from "course"; import type { T } from "course";');
    await run('import * as all from "course";\nconst { twice } = await import("course");');
    await run('[standard, double(2), all.twice(3), twice(4)]');
    expect(printed).toEqual([['the default', 4, 6, 8]]);
  });

  it('are told what they can import instead', async () => {
    expect((await fail('import { connect } from "kafkaito/node";')).title).toContain('use simulate');
    expect((await fail('import fs from "node:fs";')).title).toContain('can import course');
    expect((await fail('import { a } from "./ledger.ts";')).title).toContain('run the cell that holds it');
  });

  it('name the line of an error, and only their own lines count', async () => {
    const error = await fail('import {\n  twice,\n} from "course";\ninterface A {\n  b: string;\n}\nnull.x;');
    expect(error).toMatchObject({ where: 'cell-1', line: 7 });
    expect(error.title).toMatch(/^TypeError: /);
  });

  it('name the line of an error in a function of an earlier cell', async () => {
    await run('\n\nfunction boom() {\n  throw new RangeError("too far");\n}');
    expect(await fail('await Promise.resolve();\nboom();')).toEqual({
      title: 'RangeError: too far',
      where: 'cell-2',
      line: 2,
    });
  });

  it('name the line of what cannot be read, by either parser', async () => {
    expect(await fail('const a = 1;\nconst b = = 2;')).toMatchObject({ where: 'cell-1', line: 2 });
    expect(await fail('const a = 1;\nlet c;\nlet c;')).toMatchObject({ where: 'cell-2', line: 3 });
  });

  it('cannot export, since nobody could import it', async () => {
    const error = await fail('const a = 1;\nexport const b = 2;');
    expect(error).toMatchObject({ where: 'cell-1', line: 2 });
    expect(error.title).toContain('A cell cannot export');
  });

  it('survive whatever is thrown', async () => {
    expect(await fail('throw "a text"')).toEqual({ title: 'Uncaught a text', where: null, line: null });
    expect(await fail('throw undefined')).toEqual({ title: 'Uncaught undefined', where: null, line: null });
  });

  describe('that import a file', () => {
    it('see its exports in every form', async () => {
      files['ledger.ts'] = [
        'import { twice } from "course";',
        'export interface Entry { amount: number }',
        'export const four: number = twice(2);',
        'export async function later() { return four; }',
        'export class Account {}',
        'let hidden = 1;',
        'export { hidden as seen, twice };',
        'export default function standard() { return "standard"; }',
        'export * from "course";',
      ].join('\n');
      await run('import standard, { four, later, Account, seen, twice } from "./ledger.ts";');
      await run('[four, await later(), typeof Account, seen, twice(1), standard()]');
      expect(printed).toEqual([[4, 4, 'function', 1, 2, 'standard']]);
    });

    it('see a new text when the importing cell runs again, and not before', async () => {
      files['ledger.ts'] = 'export const version = 1;';
      await run('import { version } from "./ledger.ts";');
      files = { 'ledger.ts': 'export const version = 2;' };
      await run('version');
      await run('import { version } from "./ledger.ts";');
      await run('version');
      expect(printed).toEqual([1, 2]);
    });

    it('share one instance of it while its text stays', async () => {
      files['ledger.ts'] = 'export const list: number[] = [];';
      await run('import { list } from "./ledger.ts"; list.push(1);');
      await run('import { list } from "./ledger.ts"; list.length');
      expect(printed).toEqual([1, 1]);
    });

    it('are told where it fails, and can import it again when it is mended', async () => {
      files['ledger.ts'] = '// file: ledger.ts\nexport const x = missing;';
      expect(await fail('\nimport { x } from "./ledger.ts";')).toMatchObject({ where: 'ledger.ts', line: 2 });
      files = { 'ledger.ts': '\n\nexport const x = ;' };
      expect(await fail('import { x } from "./ledger.ts";')).toMatchObject({ where: 'ledger.ts', line: 3 });
      files = { 'ledger.ts': 'export const x = 5;' };
      await run('import { x } from "./ledger.ts"; x');
      expect(printed).toEqual([5]);
    });

    it('are told when it imports itself', async () => {
      files['a.ts'] = 'import { b } from "./b.ts"; export const a = 1;';
      files['b.ts'] = 'import { a } from "./a.ts"; export const b = 1;';
      expect((await fail('import { a } from "./a.ts";')).title).toContain('imports itself');
    });
  });

  it('keep every line where it was', () => {
    const source = 'import {\n  a,\n} from "course";\nenum Side { Left, Right }\ntype T = {\n  a: 1;\n};\nlast;';
    const compiled = compileCell(source).split('\n');
    expect(compiled.findIndex((line) => line.includes('last'))).toBe(7);
    expect(compiled).toHaveLength(source.split('\n').length + 1);
  });
});
