/** What a chapter's stored notebook shows, by the ids of its cells. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const notebooks = fileURLToPath(new URL('../../notebooks', import.meta.url));

interface NotebookCell {
  readonly id: string;
  readonly outputs?: readonly { readonly text?: string[]; readonly data?: { readonly 'text/plain'?: string[] } }[];
}

/** The text of a cell's output, of drawings their words. Throws when there is no such cell. */
export function shown(chapter: string, cellId: string): string {
  const file = readdirSync(notebooks).find((name) => name.startsWith(`${chapter}-`) && name.endsWith('.ipynb'));
  const { cells } = JSON.parse(readFileSync(join(notebooks, String(file)), 'utf8')) as { cells: NotebookCell[] };
  const cell = cells.find(({ id }) => id === cellId);
  if (cell === undefined) throw new Error(`chapter ${chapter} has no cell ${cellId}`);
  return (cell.outputs ?? []).map(({ text, data }) => (text ?? data?.['text/plain'] ?? []).join('')).join('');
}
