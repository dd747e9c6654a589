/** The command line of `npm run sim`: what it comes to, and that nothing which would try nothing is taken for a run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mutants, shortMutants } from './groups/mutants.ts';
import { scriptOf } from './groups/script.ts';
import { readArguments } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito sim '));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function kept(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test('seeds and mutants, or one of them, or a script that was kept', () => {
  const usual = { seeds: { from: 1, count: 100 }, mutants: shortMutants, replay: undefined };
  expect(readArguments([])).toEqual(usual);
  expect(readArguments(['--from', '7'])).toEqual({ ...usual, seeds: { from: 7, count: 100 } });
  const every = { ...usual, seeds: { from: 1, count: 500 }, mutants: mutants.map(({ name }) => name) };
  expect(readArguments(['--all'])).toEqual(every);
  const nothing = { seeds: { from: 1, count: 0 }, mutants: [], replay: undefined };
  expect(readArguments(['--seeds', '50', '--from', '7'])).toEqual({ ...nothing, seeds: { from: 7, count: 50 } });
  const [{ name }] = mutants;
  expect(readArguments(['--mutant', name])).toEqual({ ...nothing, mutants: [name] });
  const script = scriptOf(3);
  const file = kept('script.json', JSON.stringify(script));
  expect(readArguments(['--replay', file])).toEqual({ ...nothing, replay: script });
});

test.each<[args: string[], says: RegExp]>([
  [['--seeds', 'abc'], /^--seeds abc is not possible: give a whole number from 1 to 1000000$/],
  [['--seeds', '0'], /^--seeds 0 is not possible/],
  [['--seeds', '1e3'], /^--seeds 1e3 is not possible/],
  [['--from', 'abc', '--seeds', '1'], /^--from abc is not possible: give a whole number from 1 to/],
  [['--seed', '3'], /^Unknown option '--seed'/],
  [['7'], /^Unexpected argument '7'/],
  [['--mutant', 'nope'], /^there is no mutant nope: there are .*revoke-not-called/],
  [['--replay', join(folder, 'nowhere')], /^--replay .*nowhere cannot be read: ENOENT/],
  [['--replay', folder], /cannot be read: EISDIR/],
  [['--replay', kept('prose', 'once upon a time')], /prose cannot be read: .*JSON/],
  [
    ['--replay', kept('null.json', 'null')],
    /is not possible: give a file with the line of JSON that a failing seed has/,
  ],
  [['--replay', kept('other.json', '{"seed":3}')], /is not possible: give a file/],
])('%j is refused', (args, says) => {
  expect(() => readArguments(args)).toThrow(says);
});
