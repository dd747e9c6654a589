import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileNames } from '../../lib/sim/fileNames.ts';

const path = fc
  .array(fc.constantFrom('logs', 'a', 'ab', 'b'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const step = fc.record({ path, isSet: fc.boolean() });

test('a folder has what is below it, however names have come and gone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const names = new FileNames<number>();
      const model = new Map<string, number>();
      for (const [at, { path, isSet }] of steps.entries()) {
        if (isSet) names.set(path, at);
        else names.delete(path);
        if (isSet) model.set(path, at);
        else model.delete(path);
      }
      for (const each of [names, names.copy()]) {
        for (const folder of ['', 'logs', 'logs/a', 'a', 'a/ab', 'b']) {
          const below = [...model.keys()].filter((path) => folder === '' || path.startsWith(`${folder}/`)).sort();
          expect(each.below(folder)).toEqual(below);
        }
        for (const [path, file] of model) expect(each.get(path)).toBe(file);
        expect([...each.files].sort()).toEqual([...model.values()].sort());
      }
    }),
  );
});

test('a copy goes its own way', () => {
  const names = new FileNames<number>();
  names.set('logs/a', 1);
  const copy = names.copy();
  names.delete('logs/a');
  copy.set('logs/b', 2);
  expect([names.below('logs'), copy.below('logs')]).toEqual([[], ['logs/a', 'logs/b']]);
});
