/**
 * Makes a script shorter that breaks a promise: actions are left out, halves first and then single ones, as long as the same promise still
 * breaks. A run is the same each time, so what is left is a script that does it for certain.
 */
import type { Script } from './script.ts';

/** `breaks` says whether a script still does it. */
export async function shrink(script: Script, breaks: (shorter: Script) => Promise<boolean>): Promise<Script> {
  let actions = script.actions;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < actions.length; ) {
      const shorter = [...actions.slice(0, from), ...actions.slice(from + size)];
      if (await breaks({ ...script, actions: shorter })) actions = shorter;
      else from += size;
    }
  }
  return { ...script, actions };
}
