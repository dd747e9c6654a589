/** The exercises of chapter 07: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { type Copy, judge, judgeBusy, strategies } from 'course/07';
import { expect, test } from 'vitest';
import { busy, twoPrograms } from '../../chapters/solutions/07-a-group-shares-a-topic.ts';
import { shown } from './outputs.ts';

test('the solutions pass', async () => {
  expect((await judgeBusy(busy)).passed).toBe(true);
  const verdict = await judge(twoPrograms);
  expect(verdict.lines.slice(1, 3)).toEqual(['website: 6 once', 'archive: 6 once']);
  expect(verdict.passed).toBe(true);
});

test('the starter of the warm-up leaves two idle', async () => {
  const verdict = await judgeBusy(strategies.range);
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(/member 1: 2, member 2: 2, member 3: 0, member 4: 0[\s\S]*cuts each topic by itself/);
});

const copies = (groups: Record<string, string>): Copy[] =>
  Object.entries(groups).map(([name, groupId]) => ({ name, groupId }));

test.each<[name: string, answer: readonly Copy[], says: RegExp]>([
  [
    'the starter: one group for all',
    copies({ 'website 1': 'n', 'website 2': 'n', 'archive 1': 'n', 'archive 2': 'n' }),
    /members of both programs.*the other never gets/,
  ],
  [
    'a group for each copy',
    copies({ 'website 1': 'a', 'website 2': 'b', 'archive 1': 'c', 'archive 2': 'd' }),
    /groups of their own.*website shows each of them more than once/,
  ],
  [
    'a third copy on two partitions',
    copies({ 'website 1': 'w', 'website 2': 'w', 'website 3': 'w', 'archive 1': 'a', 'archive 2': 'a' }),
    /website \d has nothing to do: there are two partitions/,
  ],
  [
    'groups across the programs',
    copies({ 'website 1': 'a', 'website 2': 'b', 'archive 1': 'a', 'archive 2': 'b' }),
    /members of both programs/,
  ],
  ['one copy of each', copies({ 'website 1': 'w', 'archive 1': 'a' }), /nobody who takes over: start two/],
  ['other names', copies({ 'blog 1': 'w', 'archive 1': 'a' }), /Keep the names/],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('what the text says is what the cells have shown', () => {
  expect(shown('07', 'three')).toMatch(/^website 1 {2}3 .*\nwebsite 2 {2}3 .*\nwebsite 3 {2}0\n$/);
  expect(shown('07', 'heir')).toMatch(
    /killed[\s\S]*nobody[\s\S]*partition 0 {4}website 2\n[\s\S]*partition 1 {4}website 3/,
  );
  expect(shown('07', 'archive')).toMatch(/archive {4}6/);
  expect(shown('07', 'assign')).toBe('visitor 1 Flood, Harbour, Bakery\nvisitor 2 Flood, Harbour, Bakery\n');
  expect(shown('07', 'four')).toContain("'member 3': 0");
});
