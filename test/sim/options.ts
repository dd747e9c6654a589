/** What the command line of `npm run sim` asks for. A run that would try nothing is refused: it would be green. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../tools/usage.mjs';
import { mutants, shortMutants } from './groups/mutants.ts';
import type { Script } from './groups/script.ts';

export const USAGE = 'Usage: npm run sim [-- [--all] [--seeds NUMBER] [--from SEED] [--mutant NAME] [--replay FILE]]';

/** More than anybody waits for. */
const MOST_SEEDS = 1_000_000;
const LAST_SEED = 1_000_000_000;

export interface Options {
  readonly seeds: { readonly from: number; readonly count: number };
  readonly mutants: readonly string[];
  readonly replay: Script | undefined;
}

/** @throws Error with one sentence about what is wrong */
export function readArguments(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      all: { type: 'boolean', default: false },
      mutant: { type: 'string', multiple: true },
      replay: { type: 'string' },
    },
  });
  const { seeds, all, mutant, replay } = values;
  const from = wholeNumber('--from', values.from, 1, LAST_SEED);
  const count = wholeNumber('--seeds', seeds ?? (all ? '500' : '100'), 1, MOST_SEEDS);
  const nothing = { seeds: { from, count: 0 }, mutants: [], replay: undefined };
  if (replay !== undefined) return { ...nothing, replay: readScript(replay) };
  if (mutant !== undefined) return { ...nothing, mutants: mutant.map(nameOfMutant) };
  if (seeds !== undefined) return { ...nothing, seeds: { from, count } };
  return { ...nothing, seeds: { from, count }, mutants: all ? mutants.map(({ name }) => name) : shortMutants };
}

function nameOfMutant(name: string): string {
  const names = mutants.map((mutant) => mutant.name);
  if (names.includes(name)) return name;
  throw new Error(`there is no mutant ${name}: there are ${names.join(', ')}`);
}

function readScript(file: string): Script {
  let script: Partial<Script> | null;
  try {
    script = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`--replay ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (script?.topics !== undefined && Array.isArray(script.actions)) return script as Script;
  throw new Error(
    `--replay ${file} is not possible: give a file with the line of JSON that a failing seed has printed`,
  );
}
