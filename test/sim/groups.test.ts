import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mutants, shortMutants } from './groups/mutants.ts';
import { mutated, playWith } from './groups/mutate.ts';
import { floors, isVoid, play } from './groups/play.ts';
import { scriptOf } from './groups/script.ts';
import { shrink } from './groups/shrink.ts';
import { replayable, verdict } from './groups/words.ts';

const source = (path: string) => readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

test('a seed is one script and one run, and keeps every promise', async () => {
  const script = scriptOf(3);
  expect(scriptOf(3)).toEqual(script);
  const [one, other] = [await play(script), await play(JSON.parse(JSON.stringify(script)))];
  expect(one.violations).toEqual([]);
  expect(isVoid(one)).toBeUndefined();
  expect(other.events).toEqual(one.events);
});

test('a run in which nothing happens is void', async () => {
  const report = await play({ ...scriptOf(3), records: 2, actions: [] });
  expect(isVoid(report)).toContain(`of ${floors.acknowledged}`);
});

test('every mutant has its place in the library', async () => {
  expect(mutants.length).toBeGreaterThanOrEqual(15);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  for (const mutant of mutants) {
    const text = await source(mutant.file);
    expect(mutated(mutant, text)).not.toBe(text);
  }
  for (const name of shortMutants) expect(mutants.map((mutant) => mutant.name)).toContain(name);
});

test('a mutant whose place is gone is refused', async () => {
  const [mutant] = mutants;
  await expect(playWith({ ...mutant, find: 'no such text' })).rejects.toThrow(/replace one place of .* and finds 0/);
  await expect(playWith({ ...mutant, file: 'lib/nowhere.ts' })).rejects.toThrow(/which nothing imports/);
});

test('what a mutant breaks is named, with a shorter script that does it again', async () => {
  const mutant = mutants.find(({ name }) => name === 'followers-before-leader')!;
  const { play } = await playWith(mutant);
  const whole = scriptOf(1);
  const report = await play({ ...whole, records: 20, actions: whole.actions.slice(0, 3) });
  const { row } = report.violations[0];
  expect(verdict(report)).toContain('was answered before the leader had made an assignment');
  const again = async (script: typeof report.script) =>
    (await play(script)).violations.some((found) => found.row === row);
  const shorter = await shrink(report.script, again);
  expect(shorter.actions.length).toBeLessThan(report.script.actions.length);
  expect(await again(JSON.parse(replayable(shorter).split('\n')[1]))).toBe(true);
});

test('shrinking leaves what is needed', async () => {
  const script = scriptOf(5);
  const needed = [script.actions[1], script.actions[4]];
  const shorter = await shrink(script, async ({ actions }) => needed.every((action) => actions.includes(action)));
  expect(shorter).toEqual({ ...script, actions: needed });
});
