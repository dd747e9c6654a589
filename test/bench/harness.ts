/**
 * What the benchmarks share: where the library comes from, contests between two functions of this process, and the lines that are printed.
 *
 * With `--dist` the library is taken from dist/, because that is what its users run, and otherwise from its sources.
 */
import { from } from './options.ts';
import { interleave, medianOf, type Ratio, ratioOf } from './rounds.ts';

const SAMPLE_MS = 60;
const WARM_UP_MS = 300;

export interface Contest {
  /** What is done, and how much of it at a time. */
  readonly name: string;
  readonly ours: () => unknown;
  /** What it is compared with, and its name. */
  readonly theirs: () => unknown;
  readonly rival: string;
  /** How many times as fast as the rival we must be. Without it the ratio is only printed. */
  readonly atLeast?: number;
  /** Bytes handled in one go, for a figure in MB/s. */
  readonly bytes?: number;
}

/** A module of the library: `load<typeof import('../../lib/records/batch.ts')>('records/batch')`. */
export function load<Module>(path: string): Promise<Module> {
  const file = from === 'dist' ? `dist/modules/${path}.js` : `lib/${path}.ts`;
  return import(new URL(`../../${file}`, import.meta.url).href);
}

/** Runs the contest, prints its lines, and answers whether we were as fast as we must be. */
export async function compete({ name, ours, theirs, rival, atLeast, bytes }: Contest): Promise<boolean> {
  progress(`${name}: warming up`);
  for (const work of [ours, theirs]) await sample(work, WARM_UP_MS);
  const rounds = await interleave([() => sample(ours), () => sample(theirs)], { progress: roundsOf(name) });
  const ms = (value: number) => value;
  const ratio = ratioOf(rounds, 1, 0, ms);
  const good = atLeast === undefined || ratio.median >= atLeast;
  progress('');
  console.log(name);
  console.log(`    kafkaito  ${figures(medianOf(rounds, 0, ms), bytes)}`);
  console.log(`    ${rival.padEnd(9)} ${figures(medianOf(rounds, 1, ms), bytes)}`);
  console.log(`    ${timesAsFast(ratio)}${atLeast === undefined ? '' : verdict(good, `at least ${atLeast}`)}`);
  return good;
}

/** Milliseconds that one go takes, over as many as fit. */
async function sample(work: () => unknown, atLeastMs = SAMPLE_MS): Promise<number> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    const result = work();
    if (result instanceof Promise) await result;
    count += 1;
    elapsed = performance.now() - start;
  } while (elapsed < atLeastMs);
  return elapsed / count;
}

function figures(ms: number, bytes: number | undefined): string {
  const time = ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(2)} ms`;
  return bytes === undefined ? time : `${time.padEnd(10)} ${(bytes / ms / 1000).toFixed(0)} MB/s`;
}

function timesAsFast(ratio: Ratio): string {
  return `ratio     ${ratioText(ratio)} times as fast`;
}

/** `0.43 (0.41 to 0.47)`: the median, and the interval of the middle 80 %. */
export function ratioText({ median, low, high }: Ratio): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** What was asked, and whether it was met. */
export function verdict(good: boolean, asked: string): string {
  return `, asked: ${asked}${good ? '' : '  MISSED'}`;
}

/** For `interleave`: tells of each round as it begins. */
export function roundsOf(name: string): (round: number, rounds: number) => void {
  return (round, rounds) => progress(`${name}: round ${round} of ${rounds}`);
}

/** One line that is written over, where there is a terminal to see it. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(100)}${text === '' ? '\r' : ''}`);
}

/** What was not measured, and why. */
export function skipped(name: string, reason: string): void {
  progress('');
  console.log(`skipped: ${name}: ${reason}`);
}
