/**
 * The pieces of annotated source pages (`site/source/`). Such a page shows whole files, piece by piece, with prose between, and its Markdown has none of their
 * code: a line names a file, and where in it a piece begins.
 *
 * ```
 * <<< lib/log/segment.ts
 * <<< lib/log/segment.ts: export class Segment
 * ```
 *
 * The first piece of a file begins at its top; another with the one line that begins with these words, indentation aside, and with the comment right
 * above that line. Each goes up to the next piece of the same file, and the last to the end. So a page cannot leave anything out, nor show
 * it twice, and whoever changes a file finds the new lines on its page.
 */
import { isRegionMark } from '../../chapters/tools/regions.ts';

/** A stretch of a file, between two places of a page. */
export interface Piece {
  readonly path: string;
  /** Its first line in the file, counted from 1. */
  readonly firstLine: number;
  /** All its lines, blank ones and marks of regions too. */
  readonly lines: readonly string[];
  /** The line of the page that asks for it, counted from 1. */
  readonly line: number;
}

interface Asked {
  readonly path: string;
  readonly words: string | undefined;
  readonly line: number;
}

const ASKED = /^<<< ([^\s:]+)(?:: (.+))?$/;

/**
 * The pieces that a page asks for, in its order. Throws when the pieces of a file are not the whole of it, once and in order; the message begins with the
 * line of the page.
 */
export function piecesOf(markdown: string, readSource: (path: string) => string | undefined): Piece[] {
  const asked = markdown.split(/\r?\n/).flatMap((text, index) => askedBy(text, index + 1));
  for (const [index, one] of asked.entries()) mustGoOn(one, asked.slice(0, index));
  return asked.map((one, index) => {
    const next = asked[index + 1];
    const lines = linesOf(one, readSource);
    const start = startOf(one, lines);
    const end = next?.path === one.path ? startOf(next, lines) : lines.length;
    if (end <= start) {
      throw new Error(`${next.line}: "${next.words}" comes before "${one.words ?? 'the top'}" in the file`);
    }
    return { path: one.path, firstLine: start + 1, lines: lines.slice(start, end), line: one.line };
  });
}

function mustGoOn({ path, words, line }: Asked, before: readonly Asked[]): void {
  const last = before.at(-1);
  const isFirst = last?.path !== path;
  if (isFirst && before.some((other) => other.path === path)) {
    throw new Error(`${line}: ${path} was interrupted by ${last?.path}; show one file after the other`);
  }
  if (isFirst !== (words === undefined)) {
    throw new Error(`${line}: the first piece of a file begins at its top, and each other one with words of its own`);
  }
}

/** The lines of a piece that are shown: without marks of regions, and without blank lines around. */
export function shownLines({ firstLine, lines }: Piece): { readonly number: number; readonly text: string }[] {
  const shown = lines
    .map((text, index) => ({ number: firstLine + index, text }))
    .filter(({ text }) => !isRegionMark(text));
  while (shown.length > 0 && shown[0].text === '') shown.shift();
  while (shown.length > 0 && shown[shown.length - 1].text === '') shown.pop();
  return shown;
}

function askedBy(text: string, line: number): Asked[] {
  if (!text.startsWith('<<<')) return [];
  const match = ASKED.exec(text);
  if (match === null) throw new Error(`${line}: a piece is asked for by  <<< path  or  <<< path: words`);
  return [{ path: match[1], words: match[2], line }];
}

function linesOf({ path, line }: Asked, readSource: (path: string) => string | undefined): string[] {
  const source = readSource(path);
  if (source === undefined) throw new Error(`${line}: there is no file ${path}`);
  return source.replace(/\n$/, '').split('\n');
}

function startOf({ path, words, line }: Asked, lines: readonly string[]): number {
  if (words === undefined) return 0;
  const found = lines.flatMap((text, index) => (text.trimStart().startsWith(words) ? [index] : []));
  if (found.length !== 1) {
    throw new Error(`${line}: of the lines of ${path}, ${found.length} begin with "${words}", and it must be one`);
  }
  let start = found[0];
  while (start > 0 && belongsToNext(lines[start - 1])) start--;
  return start;
}

function belongsToNext(text: string): boolean {
  return /^\s*(\/\/|\/\*|\*)/.test(text) && !text.includes('// #endregion');
}
