/** Says in which cells two notebooks differ, and shows the first lines that do. */
import type { Notebook, NotebookCell } from './notebook.ts';

const LINES_SHOWN = 6;
const COLUMNS_SHOWN = 160;

/** @returns one paragraph for each cell that differs */
export function differences(stored: Notebook, now: Notebook): string[] {
  const ids = [...new Set([...stored.cells, ...now.cells].map(({ id }) => id))];
  const found = ids.flatMap((id) => {
    const before = stored.cells.find((cell) => cell.id === id);
    const after = now.cells.find((cell) => cell.id === id);
    if (!before) return [`cell ${id} is new`];
    if (!after) return [`cell ${id} is gone`];
    const source = differing(before.source.join(''), after.source.join(''));
    // Of prose it is enough to know that it was rewritten.
    if (source) return [`cell ${id} has another text${after.cell_type === 'code' ? `:\n${source}` : ''}`];
    const output = [false, true]
      .map((drawings) => differing(shown(before, drawings), shown(after, drawings)))
      .find(Boolean);
    if (output) return [`cell ${id} shows something else:\n${output}`];
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`cell ${id} has other properties`];
  });
  return found.length > 0 ? found : ['the order of the cells, or the notebook around them, differs'];
}

/** The outputs of a cell as one text; of a drawing its words, and the drawing itself only as long as these say the same. */
function shown({ outputs = [] }: NotebookCell, withDrawings: boolean): string {
  const parts = outputs.flatMap((output) => {
    const { name, text, data = {} } = output as { name?: string; text?: string[]; data?: { [type: string]: string[] } };
    if (text) return [`(${name})\n${text.join('')}`];
    const forms = Object.entries(data).filter(([type]) => withDrawings || type === 'text/plain');
    return forms.map(([type, lines]) => `(${type})\n${lines.join('')}`);
  });
  return parts.join('\n');
}

function differing(before: string, after: string): string | undefined {
  if (before === after) return undefined;
  const [old, young] = [before.split('\n'), after.split('\n')];
  const first = old.findIndex((line, index) => line !== young[index]);
  const start = first < 0 ? old.length : first;
  const column = Math.max(0, firstDifference(old[start] ?? '', young[start] ?? '') - COLUMNS_SHOWN / 2);
  const part = (lines: string[], sign: string) =>
    lines.slice(start, start + LINES_SHOWN).map((line) => `    ${sign} ${cut(line, column)}`);
  return [...part(old, '- stored:'), ...part(young, '+ today: ')].join('\n');
}

function firstDifference(before: string, after: string): number {
  const index = [...before].findIndex((character, at) => character !== after[at]);
  return index < 0 ? before.length : index;
}

/** Of a long line, such as that of a drawing, a part. */
function cut(line: string, from: number): string {
  return line.length <= COLUMNS_SHOWN ? line : `… ${line.slice(from, from + COLUMNS_SHOWN)} …`;
}
