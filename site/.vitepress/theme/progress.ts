/**
 * How far a reader has come: which cells of which chapters have run, and which exercises have passed. This browser keeps it, nobody else learns of it, and
 * it can be forgotten. What the reader has written is kept apart (files.ts).
 */

import { reactive } from 'vue';
import type { CellState } from './cellState.ts';

/** The ids of cells. */
export interface ChapterProgress {
  ran: string[];
  passed: string[];
}

const KEY = 'kafkaito:progress';

/** By the chapters' links, without what the site's base adds. Empty until it is read. */
export const progress = reactive<Record<string, ChapterProgress>>({});

/** Reads what the browser has kept. */
export function readProgress(): void {
  try {
    Object.assign(progress, JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    // A private window may refuse storage; then there is no progress beyond this visit.
  }
}

/** Notes that a cell has run to its end. An exercise that does not throw has passed. */
export function noteRun(link: string, { id, exercise, phase }: Pick<CellState, 'id' | 'exercise' | 'phase'>): void {
  if (phase !== 'done') return;
  progress[link] ??= { ran: [], passed: [] };
  const ids = exercise ? progress[link].passed : progress[link].ran;
  if (ids.includes(id)) return;
  ids.push(id);
  write();
}

export function forgetProgress(): void {
  for (const link of Object.keys(progress)) delete progress[link];
  write();
}

function write(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(progress));
  } catch {
    // As in readProgress.
  }
}
