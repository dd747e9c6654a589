/** What the page knows of one cell. */

import type { InjectionKey, Reactive } from 'vue';
import type { CellError, CellOutput } from '../../kernel/protocol.ts';
import type { PageSession } from './session.ts';

/** `stored`: not run here yet, the notebook's outputs are shown. */
export type Phase = 'stored' | 'running' | 'done' | 'failed' | 'stopped';

/** A cell as Cell.vue shows it and session.ts runs it. */
export interface CellState {
  readonly id: string;
  readonly number: number;
  /** The name of the module that the cell holds, such as `ledger.ts`. */
  readonly file: string | undefined;
  readonly exercise: boolean;
  readonly runnable: boolean;
  /** The text as the chapter has it. */
  readonly original: string;
  /** The text as it stands in the editor. */
  source: string;
  phase: Phase;
  /** Its turn has not come yet. */
  isWaiting: boolean;
  /** Something before it, or the cell itself, has changed since it ran. */
  stale: boolean;
  outputs: CellOutput[];
  error: CellError | null;
  /** Why it was not run, when the reader asked for it. */
  refusal: string;
  /** Shown once a run takes longer than a second. */
  seconds: number;
  /** The text came with a link, and nobody has run it yet. */
  fromLink: boolean;
  /** The reader pressed Run on this very cell, so its answer need no longer be hidden. */
  asked: boolean;
}

export type LiveCell = Reactive<CellState>;

/** The names that a cell's place in the page gives it. */
export type CellPlace = Pick<CellState, 'id' | 'number' | 'file' | 'exercise' | 'runnable' | 'original'>;

/** A cell before anything has happened to it. */
export function newCell(place: CellPlace): CellState {
  return {
    ...place,
    source: place.original,
    phase: 'stored',
    isWaiting: false,
    stale: false,
    outputs: [],
    error: null,
    refusal: '',
    seconds: 0,
    fromLink: false,
    asked: false,
  };
}

export const SESSION: InjectionKey<PageSession> = Symbol('page session');
