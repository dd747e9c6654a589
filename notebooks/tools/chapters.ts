/** Finds the chapters of the course and reads them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chapter } from '../../chapters/tools/cells.ts';
import { parseChapter } from '../../chapters/tools/cells.ts';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

export interface ChapterFile {
  /** `00-a-balance-goes-wrong` */
  readonly name: string;
  /** `chapters/00-a-balance-goes-wrong.md` */
  readonly path: string;
  readonly markdown: string;
  readonly chapter: Chapter;
  /** Where its notebook is stored. */
  readonly notebookPath: string;
}

/**
 * Reads all chapters in order, or those whose names begin with one of the given words.
 * @param folder where the chapters are, from the root of the project
 * @throws ChapterError at the first thing that is wrong in one of them
 */
export function readChapters(wanted: readonly string[] = [], folder = 'chapters'): ChapterFile[] {
  const names = readdirSync(join(root, folder))
    .filter((name) => /^[0-9A-Z][0-9]?-.+\.md$/.test(name))
    .map((name) => basename(name, '.md'))
    .sort();
  const chosen = wanted.length === 0 ? names : names.filter((name) => wanted.some((start) => name.startsWith(start)));
  if (chosen.length === 0)
    throw new Error(`no chapter in ${folder}/ begins with ${wanted.join(' or ')}: there are ${names.join(', ')}`);
  return chosen.map((name) => {
    const path = `${folder}/${name}.md`;
    const markdown = readFileSync(join(root, path), 'utf8');
    return {
      name,
      path,
      markdown,
      chapter: parseChapter(markdown, path, readSource),
      notebookPath: join(root, 'notebooks', `${name}.ipynb`),
    };
  });
}

function readSource(path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
