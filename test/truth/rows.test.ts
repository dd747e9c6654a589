/** The list of rows: complete, each row shown by something that exists, and its table up to date. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rows } from './rows/index.ts';
import { experiments, TABLE, tableOf, textOf } from './table.ts';

const numbered = (letter: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}-${String(from + index).padStart(2, '0')}`);

const all = experiments();

test('every row is in the list once, in order', () => {
  // E-69 to E-78 were never given out.
  const ids = [
    ...[numbered('A', 1, 20), numbered('B', 1, 20), numbered('C', 1, 54), numbered('D', 1, 21)],
    ...[numbered('E', 1, 68), numbered('E', 79, 103)],
  ].flat();
  expect(ids).toHaveLength(208);
  expect(rows.map(({ id }) => id)).toEqual(ids);
});

test('a row that says so has one experiment, and every experiment is about rows that say so', () => {
  const claimed = rows.filter(({ shown }) => shown.by === 'experiment').map(({ id }) => id);
  expect(all.flatMap(({ ids }) => ids).sort()).toEqual([...claimed].sort());
});

test('what is not true as it stands has an experiment, unless one broker and our clients cannot show it', () => {
  const rest = rows.filter(({ verdict, shown }) => /COND|OLD|WRONG/.test(verdict) && shown.by !== 'experiment');
  expect(rest.map(({ id }) => id)).toEqual(['B-07', 'C-02', 'D-19', 'D-21', 'E-45', 'E-86']);
});

test.each(rows.flatMap(({ id, shown }) => (shown.by === 'test' ? [{ id, ...shown }] : [])))(
  '$id is shown by a test that is there',
  ({ file, title }) => {
    const isTitle = ["'", '"', '`'].some((quote) => textOf(file).includes(`${quote}${title}${quote}`));
    expect(isTitle, `${file} has no test '${title}'`).toBe(true);
  },
);

test('claims and truths are sentences', () => {
  for (const { id, claim, truth } of rows) {
    for (const text of [claim, truth]) expect(text, id).toMatch(/^([A-Z0-9`]|librdkafka|kafka).*[.?]$/);
  }
});

test('the table is up to date: npm run truth writes it', () => {
  expect(readFileSync(TABLE, 'utf8')).toBe(tableOf(rows, all));
});
