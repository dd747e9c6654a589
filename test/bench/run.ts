/**
 * `npm run bench` builds dist/, then runs all benchmarks of this folder on it, or those whose names are given (`npm run bench -- codec`). An option that makes no
 * sense is refused before anything is built. Run without `--dist`, this script measures the sources. The bars, and how to read what is printed, stand in README.md beside it.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root, runNode } from '../tools/steps.mjs';
import { from, wanted } from './options.ts';

if (from === 'dist') await runNode(join(root, 'test', 'tools', 'build.mjs')).catch(() => process.exit(1));
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, the library from ${from}/`);
let good = true;
for (const name of wanted) {
  const { bench }: { bench: () => Promise<boolean> } = await import(`./${name}.bench.ts`);
  good = (await bench()) && good;
}
if (!good) process.exitCode = 1;
