/**
 * The cells of one page as one program, and the kernel that runs it. What a reader sees must be what the program would print when run from the
 * top: so pressing Run on a cell first runs what stands before it and has not run yet, and a change marks everything after it as stale.
 */

import { ref } from 'vue';
import type { Kernel, RunEnd } from '../../kernel/kernel.ts';
import type { CellOutput } from '../../kernel/protocol.ts';
import type { CellState, LiveCell } from './cellState.ts';
import { forgetFile, savedFile, saveFile } from './files.ts';

/** Runs that take longer than this show how long they have taken. */
const PATIENCE_MS = 1000;

const PRINT_EVERY_MS = 50;

/** One for each page that is open; the cells come and go with it. */
export class PageSession {
  /** What a screen reader is to say. */
  readonly announcement = ref('');
  readonly isRunning = ref(false);
  readonly #cells: LiveCell[] = [];
  #kernel: Promise<Kernel> | null = null;
  /** Counts the kernels, so that a run that was stopped knows it. */
  #kernels = 0;
  readonly #onEnd: (cell: CellState) => void;

  /** @param onEnd told of each cell whose run has come to its end */
  constructor(onEnd: (cell: CellState) => void) {
    this.#onEnd = onEnd;
  }

  /** Adds a cell when it appears on the page; returns how to take it out again. */
  add(cell: LiveCell): () => void {
    this.#cells.push(cell);
    this.#cells.sort((a, b) => a.number - b.number);
    return () => this.#cells.splice(this.#cells.indexOf(cell), 1);
  }

  /** Runs a cell, after those before it that it may need. */
  async run(target: LiveCell): Promise<void> {
    target.asked = true;
    target.fromLink = false;
    const before = this.#cells.filter((cell) => cell.number < target.number && needsRun(cell) && !cell.exercise);
    await this.#runInOrder([...before, target]);
  }

  /** Runs every cell of the page from the top, in a new kernel. An exercise that fails stops nothing: its starter is meant to. */
  async runAll(): Promise<void> {
    this.#endKernel();
    await this.#runInOrder(this.#cells.filter((cell) => cell.runnable));
  }

  /** Runs a line or two beside the cells, for a drawing that asks for more; what it prints goes to `onOutput`. Null: nothing has run that it could build upon. */
  async aside(source: string, onOutput: (output: CellOutput) => void): Promise<RunEnd | null> {
    if (this.isRunning.value || this.#kernel === null) return null;
    this.isRunning.value = true;
    try {
      const request = { name: 'aside', source, isModule: false, files: this.#files(), parts: await partsFor(source) };
      const kernel = await this.#kernel;
      return kernel === null ? 'stopped' : await kernel.run(request, onOutput);
    } finally {
      this.isRunning.value = false;
    }
  }

  /** Ends the kernel. Nothing that ran before it can be built upon any more. */
  stop(): void {
    this.#endKernel();
    for (const cell of this.#cells) {
      if (cell.phase !== 'stored') cell.stale = true;
    }
  }

  /** The reader goes to another page. */
  leave(): void {
    this.#endKernel();
  }

  /** The text of a cell has changed: it and everything after it that has run no longer show what the program would print. */
  changed(cell: LiveCell): void {
    for (const other of this.#cells) {
      if (other.number >= cell.number && other.phase !== 'stored') other.stale = true;
    }
  }

  #endKernel(): void {
    const kernel = this.#kernel;
    this.#kernel = null;
    this.#kernels += 1;
    kernel?.then(
      (started) => started.stop(),
      () => undefined,
    );
  }

  async #runInOrder(cells: LiveCell[]): Promise<void> {
    if (this.isRunning.value) return;
    this.isRunning.value = true;
    for (const cell of cells) {
      cell.isWaiting = true;
      cell.refusal = '';
    }
    try {
      for (const cell of cells) {
        const refusal = await this.#runOrRefuse(cell);
        if (refusal === null) continue;
        const target = cells[cells.length - 1];
        if (target !== cell) target.refusal = `Not run: ${refusal}`;
        this.announcement.value += ` ${target.refusal}`;
        return;
      }
    } finally {
      for (const cell of cells) cell.isWaiting = false;
      this.isRunning.value = false;
    }
  }

  /** Why nothing after this cell can run; null when it can. */
  async #runOrRefuse(cell: LiveCell): Promise<string | null> {
    if (cell.fromLink) {
      cell.refusal = 'Read it before you run it: this code came with a link.';
      return `cell ${cell.number} holds code from a link. Read it, then run it.`;
    }
    await this.#runOne(cell);
    if (cell.phase === 'stopped') return `cell ${cell.number} was stopped.`;
    return cell.phase === 'failed' && !cell.exercise ? `cell ${cell.number} failed.` : null;
  }

  async #runOne(cell: LiveCell): Promise<void> {
    cell.isWaiting = false;
    cell.phase = 'running';
    cell.stale = false;
    cell.outputs = [];
    cell.error = null;
    keep(cell);
    for (const later of this.#cells) {
      if (later.number > cell.number && later.phase !== 'stored') later.stale = true;
    }
    const stopClock = startClock(cell);
    const end = await this.#inKernel(cell).finally(stopClock);
    cell.phase = end === 'stopped' ? 'stopped' : end.ok ? 'done' : 'failed';
    if (end === 'stopped') cell.stale = true;
    else if (!end.ok) cell.error = end.error;
    this.announcement.value = describeEnd(cell);
    this.#onEnd(cell);
  }

  async #inKernel(cell: LiveCell) {
    const kernels = this.#kernels;
    this.#kernel ??= startKernel();
    try {
      const kernel = await this.#kernel;
      if (kernels !== this.#kernels) return 'stopped' as const;
      const files = this.#files();
      const request = {
        name: cell.file ?? cell.id,
        source: cell.source,
        isModule: cell.file !== undefined,
        files,
        parts: await partsFor([cell.source, ...Object.values(files)].join('\n')),
      };
      const printer = new Printer(cell);
      return await kernel.run(request, (output) => printer.add(output)).finally(() => printer.show());
    } catch (error) {
      this.#endKernel();
      const reason = error instanceof Error ? error.message : String(error);
      const title = `The page could not load what runs its cells (${reason}). Reload the page, and try again.`;
      return { ok: false as const, error: { title, where: null, line: null } };
    }
  }

  /** The learner's modules: what was saved last, or what the page holds. */
  #files(): Record<string, string> {
    const files: Record<string, string> = {};
    for (const { file, original } of this.#cells) {
      if (file !== undefined) files[file] = savedFile(file) ?? original;
    }
    return files;
  }
}

/** A text is the learner's when it is not the chapter's; a module is kept either way, since other cells import it. */
function keep(cell: CellState): void {
  if (cell.file !== undefined || cell.source !== cell.original) saveFile(cell.file ?? cell.id, cell.source);
  else forgetFile(cell.id);
}

function needsRun(cell: CellState): boolean {
  return cell.runnable && (cell.stale || cell.phase !== 'done' || cell.fromLink);
}

/** The parts that go by more than their own name in quotes: the codecs by that of any of them, kafkajs also as a program of a world. */
const SPECIAL: Record<string, RegExp> = { codecs: /\b(gzip|snappy|lz4|zstd)\b/, kafkajs: /['"](course\/)?kafkajs['"]/ };

/** The texts of the parts that the code names. */
async function partsFor(code: string): Promise<Record<string, string>> {
  const { parts } = await import('virtual:kafkaito-parts');
  const isNamed = (name: string) => (SPECIAL[name] ?? new RegExp(`['"]${name}['"]`)).test(code);
  const names = Object.keys(parts).filter(isNamed);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await parts[name]()).text])));
}

async function startKernel(): Promise<Kernel> {
  const [{ frame, workerText }, { Kernel }] = await Promise.all([
    import('virtual:kafkaito-kernel'),
    import('../../kernel/kernel.ts'),
  ]);
  return Kernel.start(frame, workerText);
}

function startClock(cell: CellState): () => void {
  cell.seconds = 0;
  const timer = setInterval(() => {
    cell.seconds += 1;
  }, PATIENCE_MS);
  return () => clearInterval(timer);
}

/** Collects what a cell prints, and shows it a few times a second: a cell may print thousands of lines. */
class Printer {
  readonly #cell: CellState;
  #collected: CellOutput[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cell: CellState) {
    this.#cell = cell;
  }

  /** Lines printed one after the other become one block, as in the notebook. */
  add(output: CellOutput): void {
    const last = this.#collected.at(-1);
    if (output.kind === 'text' && last?.kind === 'text' && last.stream === output.stream) last.text += output.text;
    else this.#collected.push(output);
    this.#timer ??= setTimeout(() => this.show(), PRINT_EVERY_MS);
  }

  show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [first, ...rest] = this.#collected;
    this.#collected = [];
    if (first === undefined) return;
    const { outputs } = this.#cell;
    const last = outputs.at(-1);
    if (first.kind === 'text' && last?.kind === 'text' && last.stream === first.stream) last.text += first.text;
    else outputs.push(first);
    outputs.push(...rest);
  }
}

function describeEnd(cell: CellState): string {
  const name = `Cell ${cell.number}`;
  if (cell.phase === 'stopped') return `${name} was stopped.`;
  if (cell.error !== null)
    return `${name} failed${cell.error.line === null ? '' : ` in line ${cell.error.line}`}: ${cell.error.title}`;
  const text = cell.outputs
    .map((output) => (output.kind === 'text' ? output.text : output.bundle['text/plain']))
    .join('\n');
  const lines = text.trim().split('\n');
  return lines.length <= 5
    ? `${name}: ${text.trim() || 'no output'}`
    : `${name} is done, ${lines.length} lines of output.`;
}
