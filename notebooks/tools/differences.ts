/** Says in which cells two notebooks differ, and shows the first lines that do. */
import type { Notebook, NotebookCell } from './notebook.ts';

const LINES_SHOWN = 6;

/** @returns one paragraph for each cell that differs */
export function differences(stored: Notebook, now: Notebook): string[] {
  const ids = [...new Set([...stored.cells, ...now.cells].map(({ id }) => id))];
  const found = ids.flatMap((id) => {
    const before = stored.cells.find((cell) => cell.id === id);
    const after = now.cells.find((cell) => cell.id === id);
    if (!before) return [`cell ${id} is new`];
    if (!after) return [`cell ${id} is gone`];
    const source = differing(before.source.join(''), after.source.join(''));
    if (source) return [`cell ${id} has another text:\n${source}`];
    const output = differing(shown(before), shown(after));
    if (output) return [`cell ${id} shows something else:\n${output}`];
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`cell ${id} has other properties`];
  });
  return found.length > 0 ? found : ['the order of the cells, or the notebook around them, differs'];
}

/** The outputs of a cell as one text. */
function shown({ outputs = [] }: NotebookCell): string {
  const parts = outputs.flatMap((output) => {
    const { name, text, data } = output as { name?: string; text?: string[]; data?: { [type: string]: string[] } };
    if (text) return [`(${name})\n${text.join('')}`];
    return Object.entries(data ?? {}).map(([type, lines]) => `(${type})\n${lines.join('')}`);
  });
  return parts.join('\n');
}

function differing(before: string, after: string): string | undefined {
  if (before === after) return undefined;
  const [old, young] = [before.split('\n'), after.split('\n')];
  const first = old.findIndex((line, index) => line !== young[index]);
  const start = first < 0 ? old.length : first;
  const part = (lines: string[], sign: string) =>
    lines.slice(start, start + LINES_SHOWN).map((line) => `    ${sign} ${line}`);
  return [...part(old, '- stored:'), ...part(young, '+ today: ')].join('\n');
}
