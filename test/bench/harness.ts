/**
 * Measures two ways of doing the same thing against each other.
 *
 * A machine gets slower and faster while one looks: other programs, heat, the garbage collector. So the two are run in turns, in the order
 * A B B A, in which a steady drift hits both alike, and what is compared are medians. With `--dist` the library is taken from dist/, because
 * that is what its users run, and otherwise from its sources.
 */

const SAMPLE_MS = 60;
const WARM_UP_MS = 300;
const ROUNDS = 6;

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

/** Where the library is taken from. */
export const from = process.argv.includes('--dist') ? 'dist' : 'lib';

/** A module of the library: `load<typeof import('../../lib/records/batch.ts')>('records/batch')`. */
export function load<Module>(path: string): Promise<Module> {
  const file = from === 'dist' ? `dist/${path}.js` : `lib/${path}.ts`;
  return import(new URL(`../../${file}`, import.meta.url).href);
}

/** Runs the contest, prints one line, and answers whether we were as fast as we must be. */
export async function compete(contest: Contest): Promise<boolean> {
  const { name, rival, atLeast } = contest;
  progress(`${name}: warming up`);
  for (const work of [contest.ours, contest.theirs]) await sample(work, WARM_UP_MS);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${name}: round ${round} of ${ROUNDS}`);
    ours.push(await sample(contest.ours));
    theirs.push(await sample(contest.theirs));
    theirs.push(await sample(contest.theirs));
    ours.push(await sample(contest.ours));
  }
  const ratio = median(theirs) / median(ours);
  const good = atLeast === undefined || ratio >= atLeast;
  const asked = atLeast === undefined ? '' : ` (asked: ${atLeast})${good ? '' : '  TOO SLOW'}`;
  progress('');
  console.log(`${name}`);
  console.log(`    kafkaito  ${figures(median(ours), contest.bytes)}`);
  console.log(`    ${rival.padEnd(9)} ${figures(median(theirs), contest.bytes)}`);
  console.log(`    ratio     ${ratio.toFixed(2)}${asked}, between ${spread(ours, theirs)}`);
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** The ratios of the rounds, each of two samples a side. */
function spread(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = [];
  for (let at = 0; at < ours.length; at += 2) ratios.push((theirs[at] + theirs[at + 1]) / (ours[at] + ours[at + 1]));
  return `${Math.min(...ratios).toFixed(2)} and ${Math.max(...ratios).toFixed(2)} in single rounds`;
}

function figures(ms: number, bytes: number | undefined): string {
  const time = ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(2)} ms`;
  return bytes === undefined ? time : `${time.padEnd(10)} ${(bytes / ms / 1000).toFixed(0)} MB/s`;
}

/** One line that is written over, where there is a terminal to see it. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(78)}${text === '' ? '\r' : ''}`);
}
