/**
 * Finds what is to be graded in a folder: `.ts` files and notebooks, in the folder itself or in one folder for each student; and takes from each the code of
 * its exercise.
 *
 * Of a notebook that is the cell `exercise`, together with those imports and declarations of other cells that it names. The notebook is not run: outputs,
 * and what other cells do, count for nothing.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { codeWithItsNames } from './namesOfCells.ts';

export interface Submission {
  /** The student's folder, or the name of the file where there is none. */
  readonly student: string;
  /** From the folder of submissions, with forward slashes. */
  readonly file: string;
  readonly work: Work;
}

/** What a file has to grade, or why it has nothing. */
export type Work =
  | { readonly chapter: string; readonly code: string; readonly isUntouched: boolean }
  | { readonly chapter: string | undefined; readonly nothing: string };

const LARGEST_BYTES = { '.ts': 200_000, '.ipynb': 20_000_000 } as const;
const MOST_FILES = 5000;

/** The submissions of a folder, in the order of their names. @throws Error when the folder cannot be read or has more than 5000 files */
export function submissionsIn(folder: string, startersOf: (chapter: string) => string | undefined): Submission[] {
  const found = namesIn(folder).flatMap((name) => {
    if (!lstatSync(join(folder, name)).isDirectory()) return submissionOf(folder, '', name, startersOf);
    return namesIn(join(folder, name)).flatMap((inner) => submissionOf(folder, name, inner, startersOf));
  });
  return found;
}

function namesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  if (names.length > MOST_FILES)
    throw new Error(`${folder} has more than ${MOST_FILES} files; is it the right folder?`);
  return names.sort();
}

function submissionOf(
  folder: string,
  student: string,
  name: string,
  startersOf: (chapter: string) => string | undefined,
): Submission[] {
  const extension = extname(name);
  if (extension !== '.ts' && extension !== '.ipynb') return [];
  const path = join(folder, student, name);
  const file = student === '' ? name : `${student}/${name}`;
  const work = workIn(path, extension, startersOf);
  return [{ student: student === '' ? basename(name, extension) : student, file, work }];
}

function workIn(path: string, extension: '.ts' | '.ipynb', startersOf: (chapter: string) => string | undefined): Work {
  const entry = lstatSync(path);
  const chapter = /^(\d\d|W)\b/.exec(basename(path))?.[1];
  if (!entry.isFile()) return { chapter, nothing: 'It is no file but a link or a folder.' };
  if (entry.size > LARGEST_BYTES[extension])
    return { chapter, nothing: `It has more than ${LARGEST_BYTES[extension] / 1000} kB.` };
  const content = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  if (content.trim() === '') return { chapter, nothing: 'It is empty.' };
  const code = extension === '.ts' ? content : exerciseIn(content);
  if (typeof code !== 'string') return { chapter, nothing: code.nothing };
  const named = chapterOf(code);
  if (named === undefined) return { chapter, nothing: "It imports no check:  import { check } from 'course/NN'" };
  return { chapter: named, code, isUntouched: same(code, startersOf(named)) };
}

/** The chapter whose `check` is imported. */
function chapterOf(code: string): string | undefined {
  return /import\s*\{[^}]*\bcheck\b[^}]*\}\s*from\s*['"]course\/(\w+)['"]/.exec(code)?.[1];
}

/** Whether it is the starter as the course has it, apart from space. */
function same(code: string, starter: string | undefined): boolean {
  const bare = (text: string) => text.replace(/\s+/g, '');
  return starter !== undefined && bare(code).endsWith(bare(starter));
}

interface Cell {
  readonly id?: unknown;
  readonly cell_type?: unknown;
  readonly source?: unknown;
}

/** The code of the exercise's cell, with what it needs from others. */
export function exerciseIn(notebook: string): string | { readonly nothing: string } {
  let cells: unknown;
  try {
    ({ cells } = JSON.parse(notebook));
  } catch {
    return { nothing: 'It is no notebook: it cannot be read as JSON.' };
  }
  if (!Array.isArray(cells)) return { nothing: 'It is no notebook: it has no cells.' };
  const code = (cells as (Cell | null)[]).flatMap((cell) =>
    cell?.cell_type === 'code' ? [{ id: cell.id, text: sourceOf(cell) }] : [],
  );
  const exercise =
    code.find(({ id }) => id === 'exercise') ?? code.filter(({ text }) => chapterOf(text) !== undefined).at(-1);
  if (exercise === undefined) return { nothing: 'It has no cell with an exercise.' };
  if (exercise.text.trim() === '') return { nothing: 'The cell of the exercise is empty.' };
  return codeWithItsNames(
    exercise.text,
    code.filter((one) => one !== exercise).map(({ text }) => text),
  );
}

function sourceOf({ source }: Cell): string {
  return Array.isArray(source) ? source.map(String).join('') : String(source ?? '');
}
