/**
 * Compares how the two Markdown parsers read a chapter. Notebooks are made with marked, and the page with VitePress's markdown-it; where
 * they disagree about a fence, a reader would find a cell in one medium that the other does not have.
 */
import { createMarkdownRenderer } from 'vitepress';
import type { Chapter } from '../../chapters/tools/cells.ts';
import { cellsOf } from '../../chapters/tools/cells.ts';

interface SeenCell {
  readonly line: number;
  readonly code: string;
}

/** @returns one sentence for each disagreement */
export async function disagreements(chapter: Chapter, markdown: string): Promise<string[]> {
  const notebook = cellsOf(chapter).map(({ line, code }): SeenCell => ({ line, code: code.trimEnd() }));
  const page = await cellsOnPage(markdown);
  const lines = [...new Set([...notebook, ...page].map(({ line }) => line))].sort((a, b) => a - b);
  return lines.flatMap((line) => {
    const inNotebook = notebook.find((cell) => cell.line === line);
    const onPage = page.find((cell) => cell.line === line);
    const place = `${chapter.file}:${line}`;
    if (!inNotebook) return [`${place}: this is a cell on the page (markdown-it) and none in the notebook (marked)`];
    if (!onPage)
      return [`${place}: this is a cell in the notebook (marked) and none at the margin of the page (markdown-it)`];
    return inNotebook.code === onPage.code
      ? []
      : [`${place}: the cell has other text on the page (markdown-it) than in the notebook (marked)`];
  });
}

async function cellsOnPage(markdown: string): Promise<SeenCell[]> {
  const renderer = await createMarkdownRenderer('.', { highlight: (code) => code });
  // A quote would become a fence of its own; it is a single line, which the page reads in its own way.
  const withoutQuotes = markdown.replaceAll('\r\n', '\n').replace(/^<<<.*$/gm, '');
  return renderer
    .parse(withoutQuotes, {})
    .filter(({ type, level, info }) => type === 'fence' && level === 0 && /^ts(\s|$)/.test(info))
    .map(({ map, content }) => ({ line: (map?.[0] ?? 0) + 1, code: content.trimEnd() }));
}
