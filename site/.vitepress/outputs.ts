/**
 * The outputs that a notebook stores, as the HTML in which the page shows them until a cell is run, and for ever where there is no
 * JavaScript. What a running cell prints is shown by CellOutputs.vue in the same form.
 */

import type { CellOutput, DisplayBundle } from '../kernel/protocol.ts';
import { bookFolder, readSource } from './book.ts';

/** The parts of the notebook format (nbformat 4.5) that are read here. */
interface Notebook {
  cells: { id: string; cell_type: string; source: string | string[]; outputs?: NotebookOutput[] }[];
}

type NotebookOutput =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string | string[] }
  | { output_type: 'display_data' | 'execute_result'; data: Record<string, string | string[]> }
  | { output_type: 'error' };

/** The stored outputs of a chapter's cells, by the cells' ids. */
export class StoredOutputs {
  readonly #path: string;
  readonly #cells = new Map<string, { source: string; outputs: CellOutput[] }>();

  constructor(chapter: string) {
    this.#path = `${bookFolder()}notebooks/${chapter}.ipynb`;
    const text = readSource(this.#path);
    if (text === undefined) throw new Error(`There is no ${this.#path}: build the notebooks, then the site`);
    for (const cell of (JSON.parse(text) as Notebook).cells) {
      if (cell.cell_type !== 'code') continue;
      this.#cells.set(cell.id, { source: joined(cell.source), outputs: (cell.outputs ?? []).map(readOutput) });
    }
  }

  /** Fails when the notebook was made from another text of the cell: its outputs would be those of other code. */
  of(id: string, code: string): CellOutput[] {
    const cell = this.#cells.get(id);
    if (cell === undefined) throw new Error(`${this.#path} has no cell ${id}: build the notebooks, then the site`);
    if (cell.source.trimEnd() !== code.trimEnd()) {
      throw new Error(`The cell ${id} in ${this.#path} is not that of the chapter: build the notebooks, then the site`);
    }
    return cell.outputs;
  }
}

function readOutput(output: NotebookOutput): CellOutput {
  if (output.output_type === 'stream') return { kind: 'text', stream: output.name, text: joined(output.text) };
  if (output.output_type === 'error') throw new Error('A notebook stores an error where the page has none to show');
  const bundle = Object.fromEntries(Object.entries(output.data).map(([type, data]) => [type, joined(data)]));
  return { kind: 'display', bundle: { 'text/plain': '', ...bundle } satisfies DisplayBundle };
}

function joined(text: string | string[]): string {
  return typeof text === 'string' ? text : text.join('');
}

/** Outputs as HTML. The drawings come from our own notebooks, so they stand in the page as they are. */
export function outputsHtml(outputs: CellOutput[]): string {
  return outputs.map(outputHtml).join('');
}

function outputHtml(output: CellOutput): string {
  if (output.kind === 'text') return `<pre class="printed ${output.stream}">${escapeHtml(output.text)}</pre>`;
  const svg = output.bundle['image/svg+xml'];
  const text = output.bundle['text/plain'];
  if (svg === undefined) return `<pre class="printed stdout">${escapeHtml(text)}</pre>`;
  const twin = `<details class="twin"><summary>In words</summary><pre tabindex="0">${escapeHtml(text)}</pre></details>`;
  return `<figure class="drawing"><div class="picture" tabindex="0">${svg}</div>${twin}</figure>`;
}

/** Text between tags. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
