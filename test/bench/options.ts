/** What the command line asks for: `run.ts [--dist] [--rounds N] [name…]`. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readOptions, wholeNumber } from '../tools/usage.mjs';

const USAGE = 'Usage: npm run bench [-- [--rounds NUMBER] [name …]]';

/** Where the library is taken from: what its users run, or its sources. Fewer rounds than nine are for a quick look, not for a figure to tell others. */
export const { wanted, from, rounds } = readOptions(USAGE, () => {
  const { values, positionals } = parseArgs({
    options: { dist: { type: 'boolean', default: false }, rounds: { type: 'string', default: '9' } },
    allowPositionals: true,
  });
  const names = namesOfBenchmarks();
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}: there are ${names.join(', ')}`);
  return {
    wanted: positionals.length > 0 ? positionals : names,
    from: values.dist ? 'dist' : 'lib',
    rounds: wholeNumber('--rounds', values.rounds, 1, 1000),
  } as const;
});

function namesOfBenchmarks(): string[] {
  return readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => name.slice(0, -'.bench.ts'.length))
    .sort();
}
