/**
 * What the page and the cell kernel say to each other. The two share no memory and no origin: everything that crosses is one of
 * these plain objects, sent through a MessagePort that no cell can reach.
 */

/** One cell to run. */
export interface RunRequest {
  run: number;
  /** The cell's name in error messages, such as `cell-3`; for a module its file name. */
  name: string;
  source: string;
  /** A module is only read, to find its mistakes: it runs when a cell imports it. */
  isModule: boolean;
  /** The texts of the learner's modules, such as `ledger.ts`, as the page keeps them. */
  files: Record<string, string>;
  /** The texts of the parts that the cell names, by their names (parts.ts). */
  parts: Record<string, string>;
}

/** A rich output: always a text twin, and perhaps a drawing. */
export interface DisplayBundle {
  'text/plain': string;
  'image/svg+xml'?: string;
  'text/html'?: string;
  /** A run to be looked at moment by moment (lib/draw/theatre), as JSON. */
  'application/vnd.kafkaito.play+json'?: string;
}

/** Something a cell printed, in the order in which it was printed. */
export type CellOutput =
  | { kind: 'text'; stream: 'stdout' | 'stderr'; text: string }
  | { kind: 'display'; bundle: DisplayBundle };

/** Where and why a cell stopped. `line` counts from 1 in `where`: the cell itself, or a file it imports. */
export interface CellError {
  title: string;
  where: string | null;
  line: number | null;
}

/** The end of a run. */
export type RunResult = { ok: true } | { ok: false; error: CellError };

/** From the kernel to the page. */
export type KernelMessage =
  | { type: 'ready' }
  | { type: 'output'; run: number; output: CellOutput }
  | { type: 'done'; run: number; result: RunResult };

/** Output beyond this many characters in one run is dropped, so that an endless loop cannot fill the page's memory. */
export const OUTPUT_LIMIT = 200_000;
