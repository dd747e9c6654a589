/**
 * ROWS.md: every row with its verdict, what shows it, and its place in the book, made from the list, from the titles of the experiments and from the page of things that people say.
 * `npm run truth` writes it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entriesOf } from '../../site/.vitepress/entries.ts';
import type { Row } from './rows/index.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const TABLE = join(HERE, 'ROWS.md');

/** One experiment: the rows that it is about, and its whole title. */
export interface Experiment {
  readonly ids: readonly string[];
  readonly title: string;
  readonly file: string;
}

/** The text of a file below `test/`. */
export const textOf = (file: string) => readFileSync(join(HERE, '..', '..', file), 'utf8');

/** The experiments of this folder: tests whose titles begin with the ids of rows. */
export function experiments(): Experiment[] {
  const files = readdirSync(HERE).filter((file) => file.endsWith('.test.ts'));
  return files.sort().flatMap((file) =>
    [...readFileSync(join(HERE, file), 'utf8').matchAll(/\btest\(\s*(['"])([A-E]-\d.*?)\1,/g)].map(([, , title]) => ({
      ids: title.slice(0, title.indexOf(': ')).split(', '),
      title,
      file: `test/truth/${basename(file)}`,
    })),
  );
}

/** The table. Throws a `RangeError` for a row whose experiment is not there. */
export function tableOf(rows: readonly Row[], all: readonly Experiment[]): string {
  const places = placesInBook();
  const lines = rows.map((one) => {
    const { id, verdict, claim } = one;
    return `| ${id} | ${verdict} | ${cell(claim)} | ${cell(shownBy(one, all))} | ${places.get(id) ?? ''} |`;
  });
  return [
    '# What people say about consumer groups',
    '',
    'One line for each sentence. What holds instead stands in `rows/`, and for readers in `site/things-people-say.md`. The last column has the chapter to which a row belongs,',
    'written or not, and the cells that show it. This file is written by `npm run truth`, and a test compares it.',
    '',
    summaryOf(rows),
    '',
    '| row | verdict | what is said | shown by | in the book |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

/** The chapter of each row, or the cells that show it: `07#heir`. */
function placesInBook(): Map<string, string> {
  const fences = textOf('site/things-people-say.md').matchAll(/^```things\n(.*?)^```/gms);
  const entries = [...fences].flatMap(([, text]) => entriesOf(text));
  return new Map(entries.flatMap(({ head: [, ids, where] }) => ids.split(' ').map((id) => [id, where])));
}

function summaryOf(rows: readonly Row[]): string {
  const count = (by: Row['shown']['by']) => rows.filter(({ shown }) => shown.by === by).length;
  return (
    `${rows.length} rows: ${count('experiment')} with an experiment of their own, ${count('test')} shown by another test, ` +
    `${count('nobody')} by none, for the reason given.`
  );
}

function shownBy({ id, shown }: Row, all: readonly Experiment[]): string {
  if (shown.by === 'nobody') return `nobody: it ${shown.reason}`;
  if (shown.by === 'test') return `\`${shown.file}\`: ${shown.title}`;
  const own = all.find(({ ids }) => ids.includes(id));
  if (own === undefined)
    throw new RangeError(`${id} has no experiment: write a test in test/truth/ that begins with '${id}: '`);
  return `\`${own.file}\`: ${own.title.slice(own.title.indexOf(': ') + 2)}`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
