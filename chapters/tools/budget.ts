/**
 * What a chapter asks of its reader: a sitting of forty minutes, of which twelve are reading, and at most eight core cells that
 * can each be seen at a glance. The builder prints these figures; they are advice to the author and stop nothing.
 */
import type { Chapter } from './cells.ts';
import { cellsOf } from './cells.ts';

const WORDS_PER_MINUTE = 200;
const BUDGET = { readingMinutes: 12, coreCells: 8, cellLines: 15, quotedLines: 60 };

export interface Budget {
  readonly words: number;
  readonly readingMinutes: number;
  /** Cells that are no exercise, and not recorded: what a recorded one shows is read like a picture. */
  readonly coreCells: number;
  /** One sentence for each limit that is passed. */
  readonly excesses: readonly string[];
}

export function budgetOf(chapter: Chapter): Budget {
  const words = chapter.segments.reduce(
    (sum, segment) => sum + (segment.kind === 'prose' ? countWords(segment.text) : 0),
    0,
  );
  const readingMinutes = Math.ceil(words / WORDS_PER_MINUTE);
  const core = cellsOf(chapter).filter((cell) => !cell.exercise && cell.mark !== 'recorded');
  const excesses: string[] = [];
  if (readingMinutes > BUDGET.readingMinutes) {
    excesses.push(`${readingMinutes} minutes of reading, where ${BUDGET.readingMinutes} is the limit`);
  }
  if (core.length > BUDGET.coreCells)
    excesses.push(`${core.length} core cells, where ${BUDGET.coreCells} is the limit`);
  for (const { id, line, code } of core) {
    const lines = linesOf(code);
    if (lines > BUDGET.cellLines)
      excesses.push(`cell ${id} (line ${line}) has ${lines} lines, where ${BUDGET.cellLines} is the limit`);
  }
  for (const segment of chapter.segments) {
    if (segment.kind !== 'quote') continue;
    const lines = linesOf(segment.code);
    if (lines > BUDGET.quotedLines) {
      excesses.push(
        `the quote of ${segment.path}#${segment.region} has ${lines} lines, where ${BUDGET.quotedLines} is the limit`,
      );
    }
  }
  return { words, readingMinutes, coreCells: core.length, excesses };
}

/** Words as a reader meets them: code fences, HTML tags and the addresses of links do not count. */
function countWords(markdown: string): number {
  const text = markdown
    .replace(/^```[\s\S]*?^```$/gm, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\]\([^)]*\)/g, ']');
  return text.split(/\s+/).filter((word) => /[\p{Letter}\p{Number}]/u.test(word)).length;
}

function linesOf(code: string): number {
  return code.trimEnd().split('\n').length;
}
