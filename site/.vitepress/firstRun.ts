/**
 * What the front page runs when somebody arrives: cells of a chapter, as they stand there. Their stored outputs are shown until the run is over, and where
 * nothing can run.
 */

import type { CellOutput } from '../kernel/protocol.ts';

/** A cell that is run, in this order; a module is kept under its file's name. */
export interface FirstRunCell {
  id: string;
  file: string | undefined;
  source: string;
}

/** What the run has to show: two balances, and the story of the second as a drawing and in words. */
export interface FirstRunResult {
  calm: string;
  killed: string;
  svg: string;
  steps: FirstRunStep[];
}

export interface FirstRunStep {
  /** Such as `3.092 s`; empty where time passes. */
  when: string;
  what: string;
  decisive: boolean;
}

/** The cells by their part in it. The cells between them that prepare something are not needed. */
const PARTS = { program: 'ledger', calm: 'run', killed: 'kill', story: 'story' };

export const FIRST_RUN_IDS = Object.values(PARTS);

/**
 * Reads the result out of what the cells gave, by their ids.
 * @throws Error when it is not there, because the chapter has changed
 */
export function firstRunResult(outputs: ReadonlyMap<string, CellOutput[]>): FirstRunResult {
  const { svg, text } = drawingIn(outputs.get(PARTS.story) ?? []);
  return {
    calm: balanceIn(outputs.get(PARTS.calm) ?? []),
    killed: balanceIn(outputs.get(PARTS.killed) ?? []),
    svg,
    steps: text
      .split('\n')
      .slice(1)
      .filter((line) => line.trim() !== '')
      .map(stepIn),
  };
}

/** The lines of the program that everything turns on: its loop, without the comments. */
export function loopOf(program: string): string {
  const loop = /^( *)for await [\s\S]*?\n\1\}$/m.exec(program);
  if (loop === null) throw new Error('The program of the front page has no loop any more');
  const [text, indent] = loop;
  const lines = text.split('\n').map((line) => line.slice(indent.length).replace(/\s*\/\/.*$/, ''));
  return lines.join('\n');
}

function balanceIn(outputs: CellOutput[]): string {
  const text = outputs.map((output) => (output.kind === 'text' ? output.text : '')).join('');
  const balance = /^Ada has (-?\d+)$/m.exec(text);
  if (balance === null) throw new Error(`The front page expects a balance, and finds '${text}'`);
  return balance[1];
}

function drawingIn(outputs: CellOutput[]): { svg: string; text: string } {
  for (const output of outputs) {
    const svg = output.kind === 'display' ? output.bundle['image/svg+xml'] : undefined;
    if (output.kind === 'display' && svg !== undefined) return { svg, text: output.bundle['text/plain'] };
  }
  throw new Error('The front page expects a drawing, and finds none');
}

function stepIn(line: string): FirstRunStep {
  const [, mark, when = '', what] = /^(▶)?\s*([\d.]+ s)?\s*(?:⋮\s*)?(.*)$/.exec(line) ?? ['', undefined, '', line];
  return { when, what, decisive: mark !== undefined };
}
