/**
 * Runs the cells of a chapter in a fresh kernel, in order, as "Run all" does for a reader who has opened nothing else. Whatever a
 * reader should never meet is an error: a cell that fails, a promise that nobody caught, output that names this machine.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from '../../chapters/tools/cells.ts';
import { cellsOf } from '../../chapters/tools/cells.ts';
import type { ChapterFile } from './chapters.ts';
import { root } from './chapters.ts';
import type { CellResult } from './kernel.ts';
import { startKernel } from './kernel.ts';
import type { Run } from './notebook.ts';

/**
 * A kernel lives for some seconds here, and others work beside it on the same cores. Code that is made fast early, as Node 20 does for a program with
 * cores to spare, does not earn back what it costs: waiting six times as long for it takes a quarter off the whole. Later versions make
 * code fast in smaller steps, and have no such option.
 */
const NODE_OPTIONS = Number.parseInt(process.versions.node, 10) < 22 ? ['--interrupt-budget=400000'] : [];

/** How long output may come after the cell that caused it has ended. */
const STRAGGLERS_MS = 300;

/** What is printed for an error that nobody waits for; the kernel goes on, and so would a careless test. */
const UNCAUGHT = /^(UnhandledPromiseRejection|UncaughtException):/m;

/** How the kernel begins when it does not compile a cell: the place in it. */
const DIAGNOSTIC = /^(\S+ )?\d+:\d+ - /m;

/** How a check begins when an answer is not right yet. */
const REFUSAL = /^✘/m;

export interface Execution {
  readonly runs: ReadonlyMap<string, Run>;
  /** One for each thing that a reader should not meet, with the place in the chapter. */
  readonly problems: readonly string[];
}

/** @param node the Node that runs the kernel: by default this one */
export async function executeChapter({ name, path, chapter }: ChapterFile, node?: string): Promise<Execution> {
  const scratch = join(root, '.cache', 'notebooks');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `${name}-`));
  const kernel = await startKernel({ folder, node, nodeOptions: node === undefined ? NODE_OPTIONS : [] });
  const results = new Map<Cell, CellResult>();
  try {
    for (const cell of cellsOf(chapter)) {
      const result = await kernel.execute(cell.code);
      results.set(cell, result);
      // As "Run all" does: later cells would fail only because this one has not declared its names.
      if (!result.ok && !cell.exercise) break;
    }
    await sleep(STRAGGLERS_MS);
  } catch (error) {
    const cell = cellsOf(chapter)[results.size];
    throw new Error(`${path}:${cell?.line}: cell ${cell?.id}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await kernel.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  const problems = [...results].flatMap(([cell, result]) =>
    problemsOf(cell, result).map((problem) => `${path}:${cell.line}: cell ${cell.id} ${problem}`),
  );
  return { runs: new Map([...results].map(([cell, result]) => [cell.id, result])), problems };
}

function problemsOf(cell: Cell, { ok, outputs }: CellResult): string[] {
  const texts = outputs.flatMap((output) =>
    output.output_type === 'stream' ? [output.text] : Object.values(output.data),
  );
  const errors = outputs
    .map((output) => (output.output_type === 'stream' && output.name === 'stderr' ? output.text : ''))
    .join('');
  const problems: string[] = [];
  // The starter of an exercise is a wrong answer: its check may say so with an error, but it has to compile.
  if (!ok && (!cell.exercise || DIAGNOSTIC.test(errors))) problems.push(`fails:\n${indented(errors)}`);
  if (ok && cell.exercise && !texts.some((text) => REFUSAL.test(text))) {
    problems.push('is the starter of an exercise, and its check does not refuse it: no line begins with ✘');
  }
  if (UNCAUGHT.test(errors)) problems.push(`leaves an error that nobody catches:\n${indented(errors)}`);
  const place = [root, homedir()].find((folder) => folder.length > 1 && texts.some((text) => text.includes(folder)));
  if (place) problems.push(`shows a folder of this machine, ${place}: its output would differ elsewhere`);
  return problems;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ');
}
