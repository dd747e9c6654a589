/** The exercise of chapter 00: the starter fails, the solution passes, and each usual wrong answer is told what is wrong with it. */
import { type Attempt, judge } from 'course/00';
import { expect, test } from 'vitest';
import { ninety, twoHundredAndEighty } from '../../chapters/solutions/00-a-balance-goes-wrong.ts';
import { shown } from './outputs.ts';

const commitFirst = ninety.onEvent;
const bankFirst = twoHundredAndEighty.onEvent;
const at =
  (balance: number, committed: number): Attempt['crashWhen'] =>
  (seen) =>
    seen.balance === balance && seen.committed === committed;

test('the solutions pass, and say when the crash was', async () => {
  for (const [goal, solution] of [
    [90, ninety],
    [280, twoHundredAndEighty],
  ] as const) {
    const verdict = await judge(goal, solution);
    expect(verdict.passed).toBe(true);
    expect(verdict.lines.at(-1)).toMatch(/^The (broker had been told|bank had an event)/);
    expect(verdict.lines).toContainEqual(expect.stringMatching(/^crash: at \d+ ms, with (100|250) in the bank/));
  }
});

test('a misspelt question is answered at once', async () => {
  const misspelt = ((seen: { balanc: number }) => seen.balanc === 250) as unknown as Attempt['crashWhen'];
  await expect(judge(280, { onEvent: bankFirst, crashWhen: misspelt })).rejects.toThrow(/there is no balanc/);
});

test.each<[name: string, goal: number, attempt: Attempt, says: RegExp]>([
  [
    'the starter of the warm-up: a crash after both steps',
    90,
    { onEvent: commitFirst, crashWhen: at(250, 2) },
    /agreed.*costs nothing/,
  ],
  [
    'the starter of the exercise: the order that loses',
    280,
    { onEvent: commitFirst, crashWhen: at(100, 2) },
    /This order loses/,
  ],
  [
    'the order that repeats, where something is to be lost',
    90,
    { onEvent: bankFirst, crashWhen: at(250, 1) },
    /This order repeats/,
  ],
  ['the right order and another event', 280, { onEvent: bankFirst, crashWhen: at(100, 0) }, /hit another event/],
  [
    'a moment that never comes',
    280,
    { onEvent: bankFirst, crashWhen: at(999, 0) },
    /other pairs of balance and committed. The first are 0 and 0, 100 and 0, 100 and 1\.$/,
  ],
  [
    'a program that never commits',
    280,
    { onEvent: (event, _, bank) => bank.apply(event), crashWhen: at(250, 0) },
    /ends at 130, with 0 committed/,
  ],
  [
    'blaming a setting',
    280,
    { onEvent: commitFirst, crashWhen: at(100, 2), settings: { autoOffsetReset: 'latest' } },
    /No setting/,
  ],
  [
    'applying twice without any crash',
    280,
    {
      onEvent: async (event, consumer, bank) => {
        await bank.apply(event);
        await bankFirst(event, consumer, bank);
      },
      crashWhen: at(100, 0),
    },
    /Without any crash/,
  ],
])('not yet: %s', async (_, goal, attempt, says) => {
  const verdict = await judge(goal, attempt);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('what the text says is what the cells have shown', () => {
  expect(shown('00', 'run')).toBe('Ada has 130\n');
  expect(shown('00', 'kill')).toBe('Ada has 90\n');
  expect(shown('00', 'story')).toMatch(/commit: go on at 2\n▶ .*killed\n[\s\S]*⋮ {2}45 s pass[\s\S]*refused, 90/);
  expect(shown('00', 'every-crash')).toContain('130 ×2 · 30 ×2 · 130 ×2 · 90 ×2 · 130 ×2 · 250 ×2 · 130');
  expect(shown('00', 'moved')).toMatch(/230: once[\s\S]*280: once[\s\S]*10: once/);
});
