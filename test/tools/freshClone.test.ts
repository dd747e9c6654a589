/**
 * On a fresh clone there are no packages, and every script of package.json is to install them rather than to die of a package that is not found. Node looks
 * for what is imported statically before it runs a line, so that no static import may lead to a package, in whatever file it stands; what is imported later
 * is found if install.mjs has run. This walks over the imports, as no test has the half minute that an installation takes.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const install = join(root, 'test', 'tools', 'install.mjs');
const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
const folder = mkdtempSync(join(tmpdir(), 'kafkaito clone '));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Imports {
  /** What Node looks for before it runs the file. */
  readonly early: readonly string[];
  /** What the file asks for while it runs. */
  readonly late: readonly string[];
}

const known = new Map<string, Imports>();

function importsOf(file: string): Imports {
  const imports = known.get(file) ?? readImports(file);
  known.set(file, imports);
  return imports;
}

function readImports(file: string): Imports {
  const program = parse(readFileSync(file, 'utf8'), { ecmaVersion: 'latest', sourceType: 'module' });
  const early = program.body.flatMap((node) => ('source' in node && node.source ? [String(node.source.value)] : []));
  return { early, late: lateIn(program) };
}

function lateIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const isImport = 'type' in node && node.type === 'ImportExpression' && 'source' in node;
  const { value } = isImport ? (node.source as { value?: unknown }) : {};
  return [...(typeof value === 'string' ? [value] : []), ...Object.values(node).flatMap(lateIn)];
}

const isPackage = (name: string) => !name.startsWith('.') && !isBuiltin(name);

/** A file, and all that it comes to by static imports of files. */
function withAllBehind(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const name of importsOf(file).early) {
    if (!isPackage(name) && !isBuiltin(name)) withAllBehind(resolve(file, '..', name), found);
  }
  return found;
}

/** What a script written in JavaScript would not find on a fresh clone. */
function notFound(script: string): string[] {
  return [...withAllBehind(script)].flatMap((file) => {
    const { early, late } = importsOf(file);
    const missing = early.filter(isPackage);
    const hasInstalled = withAllBehind(file).has(install);
    return [...missing, ...(hasInstalled ? [] : late)].map((name) => `${relative(root, file)} imports ${name}`);
  });
}

test.each(Object.entries(scripts))('npm run %s: %s finds its packages, or installs them first', (name, command) => {
  const [first] = command.split(' && ');
  const [, script] = /^node (\S+\.mjs)\b/.exec(first) ?? [];
  if (script !== undefined) expect(notFound(join(root, script))).toEqual([]);
  // A program of a package needs an installation in a step before it: the script that npm runs first, or one that it begins with.
  else expect(scripts[`pre${name}`] ?? scripts[first.replace('npm run ', '')]).toMatch(/^node test\/tools\/\w+\.mjs$/);
});

test('where npm is missing too, one line says so', () => {
  mkdirSync(join(folder, 'test', 'tools'), { recursive: true });
  copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  copyFileSync(install, join(folder, 'test', 'tools', 'install.mjs'));
  const others = Object.entries(process.env).filter(([name]) => !/^(path|npm_execpath)$/i.test(name));
  const env = { ...Object.fromEntries(others), PATH: folder };
  const program = join(folder, 'test', 'tools', 'install.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^npm is not found, and is needed, because node_modules is missing or unfinished\. .*\n$/);
});
