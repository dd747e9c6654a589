/**
 * `simulate` as the checkers have it while the grader judges: with another seed, so that nothing can be made to fit the one run that everybody has seen.
 * `bundles.ts` puts it in the place of the library's own.
 */
import { type SimulatedKafka, type SimulateSettings, simulate as simulateAsGiven } from '../../../lib/sim/simulate.ts';

export type { Kafka, SimulatedKafka, SimulateSettings } from '../../../lib/sim/simulate.ts';

let hidden: number | undefined;

/** From now on all worlds grow from this seed, each in its own way; undefined: from those that the checkers name. */
export function growFrom(seed: number | undefined): void {
  hidden = seed;
}

export function simulate(settings: SimulateSettings = {}): Promise<SimulatedKafka> {
  if (hidden === undefined) return simulateAsGiven(settings);
  return simulateAsGiven({ ...settings, seed: hidden + (settings.seed ?? 1) });
}
