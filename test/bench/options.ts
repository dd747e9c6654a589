/** What the command line asks for: `run.ts [--dist] [--rounds N] [name…]`. */
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { dist: { type: 'boolean', default: false }, rounds: { type: 'string', default: '9' } },
  allowPositionals: true,
});

/** The benchmarks to run; none: all. */
export const wanted: readonly string[] = positionals;
/** Where the library is taken from: what its users run, or its sources. */
export const from = values.dist ? 'dist' : 'lib';
/** Fewer than nine are for a quick look, not for a figure to tell others. */
export const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  throw new Error(`--rounds ${values.rounds} is not possible: give a whole number from 1 on, or leave it out for nine`);
}
