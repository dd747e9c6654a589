/**
 * Where the book lies, and what is in it. The pages are made from `chapters/*.md` and the outputs stored in `notebooks/`; nothing of
 * either is copied. The tests of the page set KAFKAITO_BOOK to a folder with a book of their own.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chapter } from '../../chapters/tools/cells.ts';
import { cellsOf, parseChapter } from '../../chapters/tools/cells.ts';
import type { Minutes } from './minutes.ts';
import { minutesOf } from './minutes.ts';

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
  /** From the base of the site on, with a slash before it and no `.html` behind. */
  link: string;
  minutes: Minutes;
  /** How many cells run on the page, and how many of these are exercises. */
  cells: number;
  exercises: number;
}

/** A page beside the chapters. */
export interface PageEntry {
  title: string;
  link: string;
  /** What the front matter says of it in a sentence; empty when it says nothing. */
  description: string;
  /** The heading under which the page is listed, and its id. */
  section: string;
  group: string;
}

/** What every page knows of the book. */
export interface BookTheme {
  contents: ContentsEntry[];
  pages: PageEntry[];
  /** Before the path of a page's file: where it can be edited. */
  editAddress: string | undefined;
  search: object;
}

/** The file of a page, for those who read its text. */
export interface PageFile extends PageEntry {
  /** From the project's folder. */
  path: string;
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

/** Every chapter, in order; side chapters, which have a letter for a number, are the last. */
export function contents(): ContentsEntry[] {
  return chapterNames().map((name) => {
    const chapter = readChapter(name);
    const cells = cellsOf(chapter).filter(({ mark }) => mark === 'everywhere');
    return {
      number: name.split('-')[0],
      title: chapter.title,
      link: `/${name}`,
      minutes: minutesOf(chapter),
      cells: cells.filter(({ exercise }) => !exercise).length,
      exercises: cells.filter(({ exercise }) => exercise).length,
    };
  });
}

/** The headings of the pages beside the chapters, by `section` of their front matter, in the order in which they are listed. */
const SECTIONS: Record<string, string> = {
  beside: 'Beside the chapters',
  appendix: 'Appendices',
  source: 'The source, annotated',
  teaching: 'For instructors',
};

/** Every page beside the chapters, by section, and within it by `order` of the front matter. A page needs only to be there. */
export function pages(): PageFile[] {
  const files = ['site', 'site/source'].flatMap((folder) => {
    if (!existsSync(join(ROOT, folder))) return [];
    const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md') && name !== 'index.md');
    return names.sort().map((name) => `${folder}/${name}`);
  });
  const known = files.map((path) => {
    const text = readSource(path) ?? '';
    const { title, description = '', section = 'beside', order = '99' } = frontMatter(text);
    const heading = /^# (.+)$/m.exec(text)?.[1];
    const group = Object.hasOwn(SECTIONS, section) ? section : 'appendix';
    return {
      path,
      title: title ?? heading ?? path,
      link: path.slice('site'.length, -'.md'.length),
      description,
      section: SECTIONS[group],
      group,
      order: Number(order),
    };
  });
  const places = Object.keys(SECTIONS);
  const sorted = known.sort((a, b) => places.indexOf(a.group) - places.indexOf(b.group) || a.order - b.order);
  return sorted.map(({ order: _, ...page }) => page);
}

/** The lines `name: value` at the head of a page. */
export function frontMatter(text: string): Record<string, string | undefined> {
  const [, head = ''] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text) ?? [];
  const lines = [...head.matchAll(/^(\w+):[ \t]*(.*?)[ \t]*$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, value.replace(/^(['"])(.*)\1$/, '$2')]));
}

/** The text of a page without its front matter. */
export function withoutFrontMatter(text: string): string {
  return text.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '').trimStart();
}
