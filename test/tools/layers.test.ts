/**
 * Breaking the rule of a room turns the lint red. The rules live in biome.json; this test writes, into a scratch folder
 * with a copy of that file, one probe for every room and depth, with one import or one forbidden name a line, lets Biome
 * lint them all, and compares the lines it refused with the table of rooms below.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each room, from the ground up, and the rooms it may import beside itself. */
const rooms: Record<string, string[]> = {
  bytes: [],
  world: [],
  trace: ['bytes', 'world'],
  protocol: ['bytes'],
  wire: ['bytes', 'world', 'trace', 'protocol'],
  records: ['bytes', 'world'],
  codecs: ['bytes', 'world'],
  log: ['bytes', 'world', 'trace', 'records'],
  assignors: ['bytes', 'protocol'],
  coordinators: ['bytes', 'protocol', 'records', 'assignors'],
  cluster: ['bytes', 'world', 'trace', 'protocol', 'wire', 'records', 'log'],
  broker: [
    ...['bytes', 'world', 'trace', 'protocol', 'wire', 'records', 'log'],
    ...['assignors', 'coordinators', 'cluster'],
  ],
  client: ['bytes', 'world', 'trace', 'protocol', 'wire', 'records', 'assignors'],
  draw: ['bytes', 'trace', 'protocol'],
  sim: [
    ...['bytes', 'world', 'trace', 'protocol', 'wire', 'records', 'codecs', 'log'],
    ...['assignors', 'coordinators', 'cluster', 'broker', 'client', 'draw'],
  ],
  node: [
    ...['bytes', 'world', 'trace', 'protocol', 'wire', 'records', 'codecs', 'log'],
    ...['assignors', 'coordinators', 'cluster', 'broker', 'client', 'draw', 'sim'],
  ],
};

/** The packages that a room may import: what they do is not worth doing again, and they are small. */
const packagesOf: Record<string, string[]> = { codecs: ['fflate'], node: ['@hpcc-js/wasm-zstd'] };
const packages = Object.values(packagesOf).flatMap((names) => names.map((name) => `import '${name}';`));

const platformNames = [
  ...['Buffer', 'process', 'require', 'global', 'globalThis', 'Date', 'performance', 'crypto', 'fetch', 'Intl'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'MessageChannel'],
];
const inexact = [
  ...['Math.random()', 'Math.log(2)', 'Math.exp(2)', 'Math.pow(2, 0.5)', 'Math.sin(1)'],
  ...["'a'.localeCompare('b')", "new Set(['a']).toLocaleString()", "console.log('a')", 'AbortSignal.timeout(1)'],
];
const allowedNames = ['queueMicrotask', 'TextEncoder', 'Math.floor(1.5)', 'structuredClone'];

/** The lines that Biome refused, by the path of the probe. */
const refused = new Map<string, Set<string>>();
const probes = new Map<string, string[]>();
let scratch = '';

function probe(path: string, lines: string[]): void {
  probes.set(path, lines);
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), `${lines.join('\n')}\n`);
}

function importsFrom(up: string): string[] {
  return Object.keys(rooms).map((room) => `import '${up}${room}/x.ts';`);
}

function useOf(name: string): string {
  return `export const use${name.replace(/\W/g, '')} = [${name}];`;
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'kafkaito-layers-'));
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(scratch, 'biome.json'), JSON.stringify({ ...config, vcs: undefined }));
  cpSync(join(root, '.ci', 'import-type.grit'), join(scratch, '.ci', 'import-type.grit'));

  for (const room of Object.keys(rooms)) {
    probe(`lib/${room}/imports.ts`, importsFrom('../'));
    probe(`lib/${room}/inner/imports.ts`, importsFrom('../../'));
    probe(`lib/${room}/own.ts`, ["import './x.ts';", "import './inner/x.ts';"]);
    probe(`lib/${room}/inner/own.ts`, ["import './x.ts';", "import '../x.ts';", "import '../second/x.ts';"]);
    probe(`lib/${room}/outside.ts`, ["import '../index.ts';", "import 'kafkajs';", "import 'node:fs';", ...packages]);
    probe(`lib/${room}/names.ts`, [...platformNames, ...inexact, ...allowedNames].map(useOf));
  }
  probe('lib/front.ts', importsFrom('./'));
  probe('lib/client/ways.ts', [
    "import type { A } from '../broker/x.ts';",
    "import './../broker/x.ts';",
    "import '../bytes/../broker/x.ts';",
    "export * from '../broker/x.ts';",
    "export { B } from '../broker/x.ts';",
    "export const c = import('../broker/x.ts');",
    "export type D = import('../broker/x.ts').D;",
  ]);

  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none', 'lib'];
  const run = spawnSync(process.execPath, [biome, ...options], { cwd: scratch, encoding: 'utf8' });
  const report: { diagnostics: { category: string; location: { path: string; start: { line: number } } }[] } =
    JSON.parse(run.stdout);
  const rulesOfRooms = /noRestricted|noJsRestricted|noConsole|plugin/;
  for (const { location } of report.diagnostics.filter((found) => rulesOfRooms.test(found.category))) {
    const path = location.path.replaceAll('\\', '/');
    const line = probes.get(path)?.[location.start.line - 1] ?? `line ${location.start.line}`;
    refused.set(path, (refused.get(path) ?? new Set()).add(line));
  }
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const refusedIn = (path: string) => [...(refused.get(path) ?? [])];
const acceptedIn = (path: string) => (probes.get(path) ?? []).filter((line) => !refused.get(path)?.has(line));

describe.each(Object.entries(rooms))('lib/%s/', (room, allowed) => {
  test('imports the rooms that it may, and no other', () => {
    const own = room === 'node' ? [room] : [];
    const expected = [...allowed, ...own];
    const imported = (path: string) => acceptedIn(path).map((line) => line.split('/').at(-2));
    expect(imported(`lib/${room}/imports.ts`)).toEqual(expected);
    expect(imported(`lib/${room}/inner/imports.ts`)).toEqual(expected);
  });

  test('imports its own files from any depth', () => {
    expect(refusedIn(`lib/${room}/own.ts`)).toEqual([]);
    expect(refusedIn(`lib/${room}/inner/own.ts`)).toEqual([]);
  });

  test('imports no package but its own, and nothing of Node unless it is the room of Node', () => {
    const forNode = ["import '../index.ts';", "import 'node:fs';"];
    const own = (packagesOf[room] ?? []).map((name) => `import '${name}';`);
    expect(acceptedIn(`lib/${room}/outside.ts`)).toEqual([...(room === 'node' ? forNode : []), ...own]);
  });

  test('names nothing of the platform unless it is its place', () => {
    const forSim = ['setImmediate', 'clearImmediate', 'MessageChannel'];
    const expected = [...(room === 'sim' ? forSim : []), ...allowedNames].map(useOf);
    const all = [...platformNames, ...inexact, ...allowedNames].map(useOf);
    expect(acceptedIn(`lib/${room}/names.ts`)).toEqual(room === 'node' ? all : expected);
  });
});

test('the front door opens every room but that of Node', () => {
  expect(refusedIn('lib/front.ts')).toEqual(["import './node/x.ts';"]);
});

test('no form of import gets round the rule', () => {
  expect(acceptedIn('lib/client/ways.ts')).toEqual([]);
});

test('every folder of lib/ is a room with a rule', () => {
  const folders = readdirSync(join(root, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).filter((name) => !(name in rooms))).toEqual([]);
});
