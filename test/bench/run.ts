/**
 * `npm run bench` builds dist/, then runs all benchmarks of this folder on it, or those whose names are given (`npm run bench -- codec`).
 * Run without `--dist`, this script measures the sources. The bars, and how to read what is printed, stand in README.md beside it.
 */
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { from, wanted } from './options.ts';

const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length))
  .sort();
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}: there are ${names.join(', ')}`);
  process.exit(1);
}
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, the library from ${from}/`);
let good = true;
for (const name of wanted.length > 0 ? wanted : names) {
  const { bench }: { bench: () => Promise<boolean> } = await import(`./${name}.bench.ts`);
  good = (await bench()) && good;
}
if (!good) process.exitCode = 1;
