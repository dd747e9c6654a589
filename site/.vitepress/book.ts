/**
 * Where the book lies, and what is in it. The pages are made from `chapters/*.md` and the outputs stored in `notebooks/`; nothing of
 * either is copied. The tests of the page set KAFKAITO_BOOK to a folder with a book of their own.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chapter } from '../../chapters/tools/cells.ts';
import { parseChapter } from '../../chapters/tools/cells.ts';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The book's folder from the project's, with forward slashes and one at its end; empty for the project itself. */
export function bookFolder(): string {
  const folder = process.env.KAFKAITO_BOOK;
  return folder ? `${folder.replaceAll('\\', '/').replace(/\/$/, '')}/` : '';
}

/** A chapter in the list of contents. */
export interface ContentsEntry {
  number: string;
  title: string;
  link: string;
}

/** Reads a file of the project; undefined when there is none. */
export function readSource(path: string): string | undefined {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The chapters' names, in order: `00-a-balance-goes-wrong`, and so on. */
export function chapterNames(): string[] {
  const files = readdirSync(join(ROOT, bookFolder(), 'chapters'));
  return files
    .filter((file) => /^[0-9A-Z][0-9]?-.+\.md$/.test(file))
    .sort()
    .map((file) => file.slice(0, -'.md'.length));
}

/** Reads a chapter as the notebook builder reads it; throws a ChapterError with the line of the first mistake. */
export function readChapter(name: string): Chapter {
  const path = `${bookFolder()}chapters/${name}.md`;
  return parseChapter(readSource(path) ?? '', path, readSource);
}

/** The chapter that a file is the source of; undefined for the other pages. */
export function chapterOfFile(file: string): string | undefined {
  const path = relative(join(ROOT, bookFolder(), 'chapters'), file).replaceAll('\\', '/');
  return /^([^/]+)\.md$/.exec(path)?.[1];
}

/** Number, title and address of every chapter. */
export function contents(): ContentsEntry[] {
  return chapterNames().map((name) => ({
    number: name.split('-')[0],
    title: readChapter(name).title,
    link: `/${name}`,
  }));
}
