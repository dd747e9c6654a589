/** What the exercise of a chapter starts with, as the course has it now. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cellsOf, parseChapter } from '../cells.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const known = new Map<string, string | undefined>();

/** The code of the cell `exercise`; undefined where there is no such chapter, or it has none. */
export function starterOf(chapter: string): string | undefined {
  if (!known.has(chapter)) known.set(chapter, read(chapter));
  return known.get(chapter);
}

function read(chapter: string): string | undefined {
  const name = readdirSync(join(root, 'chapters')).find((one) => one.startsWith(`${chapter}-`) && one.endsWith('.md'));
  if (name === undefined) return undefined;
  const source = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  const markdown = readFileSync(join(root, 'chapters', name), 'utf8');
  return cellsOf(parseChapter(markdown, name, source)).find(({ id }) => id === 'exercise')?.code;
}
