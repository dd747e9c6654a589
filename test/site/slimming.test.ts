/** What is left of the two parsers does what they do: all sources of the library come out the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import * as config from '../../lib/broker/config.ts';
import { slimAcorn, slimSucrase } from '../../site/kernel/parsers.ts';
import { withoutSentences } from '../../site/kernel/slimming.ts';
import * as whole from '../../site/kernel/transform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function slimmedText(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'site/kernel/transform.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'slim',
    mainFields: ['module', 'main'],
    target: 'es2022',
    minify: true,
    plugins: [slimSucrase(), slimAcorn()],
  });
  return outputFiles[0].text;
}

async function slimmed(): Promise<typeof whole> {
  return new Function(`${await slimmedText()}\nreturn slim;`)();
}

function sources(): [path: string, text: string][] {
  const folders = ['lib', 'chapters/tools', 'site/kernel'].map((folder) => join(root, folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return files.filter((file) => file.endsWith('.ts')).map((file) => [file, readFileSync(file, 'utf8')]);
}

test('compiles every source of the library as the whole parsers do', async () => {
  const slim = await slimmed();
  const all = sources();
  expect(all.length).toBeGreaterThan(200);
  for (const [file, text] of all) expect(slim.compileModule(text), file).toBe(whole.compileModule(text));
});

/** What no source here has, and a learner may write. */
const RARE = [
  'enum Colour { Red, Green = 3, Blue = "b", "a b" = Red }\nconst enum Small { A }\nexport enum Other { B }',
  'class A { constructor(private readonly a: number, public b = 2) {} declare c: string; override d!: string; [e: string]: unknown }',
  'class B extends A { static #f?: number; static { this.x = 1; } constructor(readonly z: number) { super(z); } get h(): number { return 1; } }',
  'abstract class C<T extends object = {}> implements I<T> { abstract m(): void; private async *n<U>(this: C<T>, u?: U) { yield u!; } }',
  'const f = async <T,>(a: T): Promise<T> => a;\nconst g = async <T>(\n  a: T,\n): Promise<T> => a!;',
  'a?.b?.[c]?.(d) ?? e; delete a?.b; x ??= 1_000n; try { y(); } catch { z(); }',
  'import type { A } from "a";\nimport { type B, c } from "b"; import D, { type E } from "d"; import * as F from "f"; import "g";',
  'import h = require("h"); import i = h.i; import type J = require("j"); export import type K = require("k"); export = h;',
  'export type { A } from "a"; export { type B, c } from "b"; export * as D from "d"; export * from "e"; export type * from "f";',
  'export default class {}',
  'export default async function named() {}',
  'function sure(a: unknown): asserts a is string; function sure(a) { return a as unknown as string satisfies string; }',
  'label: for (const a of b as number[]) continue label; for await (const x of y) { if (x) break; else debugger; }',
  `type A = { readonly [K in keyof B as \`x\${K}\`]?: B[K] }; interface I extends J { (a: number): string; new (b: string): I }`,
  'let a = <string>b; declare const x: number; declare module "m" { const y: string } namespace N { export type A = 1 }',
  `#!/usr/bin/env node\nlet a = \`x\${b as string}y\${{ c }}\`; using r = open(); new.target; import.meta.url; await import("x");`,
  '@decorated class D { @field accessor x = 1 }',
  'const { a, ...b } = c, [d = 1, , ...e] = f; ({ a: g.h, ...i } = j); async () => { for await (using k of l); }; 08; with (m) {}',
  '<div>{a}</div>;',
];

test('compiles, or refuses, what is rare as the whole parsers do', async () => {
  const slim = await slimmed();
  for (const text of RARE) {
    expect(
      outcome(() => slim.compileCell(text)),
      text,
    ).toBe(outcome(() => whole.compileCell(text)));
    expect(
      outcome(() => slim.compileModule(text)),
      text,
    ).toBe(outcome(() => whole.compileModule(text)));
  }
});

test('keeps nothing of what no cell is written in, and asks for no option', async () => {
  const text = await slimmedText();
  expect(text).toContain('Unexpected token');
  for (const trace of [
    'interopRequire',
    '__reactstandin',
    'Since Acorn',
    'ecmaVersion>',
    'onComment',
    'sourceMapOptions',
  ]) {
    expect(text.includes(trace), trace).toBe(false);
  }
});

test('refuses with the same words what is wrong', async () => {
  const slim = await slimmed();
  const wrong = [
    'const a = ;',
    'let a = 1;\nlet a = 2;',
    'await await;',
    'if (',
    "'open",
    'class { }',
    'export default 1',
    'a b',
    'return 1; }',
    '1 = 2',
  ];
  for (const text of wrong) {
    const words = message(() => whole.compileCell(text));
    expect(
      message(() => slim.compileCell(text)),
      text,
    ).toBe(words);
    expect(words, text).not.toBe('');
  }
});

test('asks the engine about regular expressions', async () => {
  const slim = await slimmed();
  expect(message(() => slim.compileCell('1;\n/(/;'))).toMatch(/^2: Invalid regular expression/);
  expect(message(() => slim.compileCell('/a/gg;'))).toMatch(/^1: Invalid/);
  expect(slim.compileCell(String.raw`/(?<year>\d{4})\p{L}/u`)).toContain(String.raw`(/(?<year>\d{4})\p{L}/u)`);
});

function message(compile: () => string): string {
  try {
    compile();
    return '';
  } catch (error) {
    const { line, message } = error as whole.CellSyntaxError;
    return `${line}: ${message}`;
  }
}

/** The compiled text, or why there is none. */
function outcome(compile: () => string): string {
  let text = '';
  const refusal = message(() => {
    text = compile();
    return text;
  });
  return text || refusal;
}

test('without its sentences, the list of settings has every setting as it was', async () => {
  const file = join(root, 'lib/broker/config.ts');
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'slim',
    plugins: [withoutSentences(file)],
  });
  const slim: typeof config = new Function(`${outputFiles[0].text}\nreturn slim;`)();
  expect(slim.brokerConfig()).toEqual(config.brokerConfig());
  expect(slim.logSettings(slim.brokerConfig(), {})).toEqual(config.logSettings(config.brokerConfig(), {}));
  expect(slim.groupSettings(slim.brokerConfig())).toEqual(config.groupSettings(config.brokerConfig()));
  expect(Object.keys(slim.properties)).toEqual(Object.keys(config.properties));
  expect(outputFiles[0].text).not.toContain('The largest record batch.');
});
