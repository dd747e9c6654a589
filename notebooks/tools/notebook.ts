/**
 * Makes a notebook of a chapter. Nothing in it depends on the day or the machine: cells have the ids of the chapter, and keys are
 * sorted as Jupyter sorts them, so a difference in a commit is a difference in what a reader sees.
 */
import type { Cell, Chapter, Quote } from '../../chapters/tools/cells.ts';
import type { Output } from './kernel.ts';

export interface NotebookCell {
  readonly cell_type: 'code' | 'markdown';
  readonly id: string;
  readonly metadata: { readonly [name: string]: unknown };
  readonly source: string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly object[];
}

export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: object;
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
}

/** What a cell of the chapter has shown when it ran. */
export interface Run {
  readonly executionCount: number;
  readonly outputs: readonly Output[];
}

const metadata = {
  kernelspec: { display_name: 'TypeScript (tslab)', language: 'typescript', name: 'tslab' },
  language_info: { file_extension: '.ts', mimetype: 'text/typescript', name: 'typescript', version: '' },
};

/**
 * @param runs what each cell has shown, by its id
 * @param footer stands at the end, as Markdown
 */
export function buildNotebook(chapter: Chapter, runs: ReadonlyMap<string, Run>, footer?: string): Notebook {
  const counts = { prose: 0, quote: 0 };
  const cells = chapter.segments.map((segment): NotebookCell => {
    if (segment.kind === 'cell') return codeCell(segment, runs.get(segment.id));
    counts[segment.kind] += 1;
    const text = segment.kind === 'prose' ? forJupyter(segment.text).trim() : quotation(segment);
    return {
      cell_type: 'markdown',
      id: `${segment.kind}-${counts[segment.kind]}`,
      metadata: {},
      source: linesOf(text),
    };
  });
  if (footer !== undefined)
    cells.push({ cell_type: 'markdown', id: 'footer', metadata: {}, source: linesOf(`---\n\n${footer}`) });
  return { cells, metadata, nbformat: 4, nbformat_minor: 5 };
}

/** The text of an .ipynb file. */
export function printNotebook(notebook: Notebook): string {
  return `${JSON.stringify(sorted(notebook), null, 1)}\n`;
}

function codeCell({ id, mark, predict, exercise, file, code }: Cell, run: Run | undefined): NotebookCell {
  const options = { mark, ...(predict && { predict }), ...(exercise && { exercise }), ...(file && { file }) };
  return {
    cell_type: 'code',
    id,
    metadata: { kafkaito: options },
    source: linesOf(code),
    execution_count: run?.executionCount ?? null,
    outputs: (run?.outputs ?? []).map(storedOutput),
  };
}

function storedOutput(output: Output): object {
  if (output.output_type === 'stream') return { ...output, text: linesOf(output.text) };
  const data = Object.entries(output.data).map(([type, text]) => [type, linesOf(text)]);
  return { ...output, data: Object.fromEntries(data) };
}

function quotation({ path, firstLine, lastLine, code }: Quote): string {
  return `From \`${path}\`, lines ${firstLine} to ${lastLine}:\n\n\`\`\`typescript\n${code}\n\`\`\``;
}

const CONTAINER_TITLES: { readonly [type: string]: string } = {
  tip: 'Tip',
  info: 'Note',
  warning: 'Warning',
  danger: 'Danger',
};

/** What the page understands and Jupyter does not: `:::` containers, and links to other chapters. */
export function forJupyter(markdown: string): string {
  const result: string[] = [];
  /** The closing lines of the containers that are open. */
  const open: string[] = [];
  for (const line of markdown.split('\n')) {
    const opening = /^:::+\s*(\w+)\s*(.*)$/.exec(line);
    if (opening?.[1] === 'details') {
      result.push('<details>', `<summary>${opening[2] || 'Details'}</summary>`, '');
      open.push('</details>');
    } else if (opening) {
      result.push(`> **${opening[2] || (CONTAINER_TITLES[opening[1]] ?? opening[1])}**`, '>');
      open.push('');
    } else if (/^:::+\s*$/.test(line) && open.length > 0) {
      result.push(open.pop() ?? '');
    } else {
      result.push(open.at(-1) === '' ? `> ${line}`.trimEnd() : line);
    }
  }
  return result.join('\n').replace(/\]\((?:\.\/)?(\d\d-[\w-]+)\.md(#[\w-]+)?\)/g, ']($1.ipynb$2)');
}

/** Notebook files keep text as lines, each with its line break. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, sorted(item)]));
}
