/** The world as one process sees it: the doors to the outside, the name it goes by, and the log in which it says what it does. */
import type { World } from '../world/world.ts';
import type { Trace } from './trace.ts';

export interface Host extends World {
  readonly name: string;
  readonly trace: Trace;
}
