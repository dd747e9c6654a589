/** Numbers nobody can foretell: ids of members and producers must differ between processes that know nothing of each other. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../world/world.ts';

/** Numbers are drawn in handfuls, since a call into the system costs more than the number. */
const HANDFUL = 256;

export function realRandom(): Random {
  const drawn = new Uint32Array(HANDFUL);
  let next = HANDFUL;
  const random: Random = {
    nextU32() {
      if (next === HANDFUL) {
        randomFillSync(drawn);
        next = 0;
      }
      return drawn[next++];
    },
    // What the system draws for one says nothing about what it draws for another: one source serves all.
    fork: () => random,
  };
  return random;
}
