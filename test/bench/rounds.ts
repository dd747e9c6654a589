/**
 * Rounds: how two things are measured against each other on a machine that has other things to do.
 *
 * A machine gets slower and faster while one looks: other programs, heat, the garbage collector. So the sides take turns, forwards and then backwards
 * (A B B A), and a steady drift hits all alike. What counts is the ratio within a round, not the figures of one side. The median of nine
 * such ratios is what is reported, and with it the interval that holds the middle 80 % of them: where that is wide, the machine was not quiet.
 */
import { rounds as wantedRounds } from './options.ts';

/** Two samples of each side. */
export interface Round<Sample> {
  readonly samples: readonly (readonly [first: Sample, last: Sample])[];
}

export interface Limits {
  /** Default 9. */
  readonly rounds?: number;
  /** No round is begun after this time. Default 3 minutes. */
  readonly limitMs?: number;
  /** Called before each round, the first being 1. */
  readonly progress?: (round: number, rounds: number) => void;
}

/** Takes the samples of all sides, in turns. At least one round is run, and fewer than asked for when the time is over. */
export async function interleave<Sample>(
  sides: readonly (() => Sample | Promise<Sample>)[],
  { rounds = wantedRounds, limitMs = 180_000, progress = () => {} }: Limits = {},
): Promise<Round<Sample>[]> {
  const deadline = performance.now() + limitMs;
  const done: Round<Sample>[] = [];
  while (done.length < rounds && (done.length === 0 || performance.now() < deadline)) {
    progress(done.length + 1, rounds);
    const first: Sample[] = [];
    for (const side of sides) first.push(await side());
    const last: Sample[] = [];
    for (const side of [...sides].reverse()) last.unshift(await side());
    done.push({ samples: first.map((sample, index) => [sample, last[index]] as const) });
  }
  return done;
}

export interface Ratio {
  readonly median: number;
  /** Between these two lie the middle 80 % of the rounds. */
  readonly low: number;
  readonly high: number;
}

/** By how much side `a` exceeds side `b` in `figure`, round by round. */
export function ratioOf<Sample>(
  rounds: readonly Round<Sample>[],
  a: number,
  b: number,
  figure: (sample: Sample) => number,
): Ratio {
  const sum = ({ samples }: Round<Sample>, side: number) => figure(samples[side][0]) + figure(samples[side][1]);
  const ratios = rounds.map((round) => sum(round, a) / sum(round, b));
  return { median: quantile(ratios, 0.5), low: quantile(ratios, 0.1), high: quantile(ratios, 0.9) };
}

export function medianOf<Sample>(
  rounds: readonly Round<Sample>[],
  side: number,
  figure: (sample: Sample) => number,
): number {
  return quantile(
    rounds.flatMap(({ samples }) => samples[side].map(figure)),
    0.5,
  );
}

/** The value below which the `share` of all values lies, between two of them if need be. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.ceil(at);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}
