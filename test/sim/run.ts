/**
 * `npm run sim`: groups of consumers in trouble, one for each seed, held against what a group may rely on (lib/sim/checker/). Then the same with a
 * library that has something wrong in it, to see that the seeds would notice.
 *
 *     npm run sim                          100 seeds and three mutants
 *     npm run sim -- --all                 500 seeds and all mutants
 *     npm run sim -- --seeds 50 --from 7   these seeds alone
 *     npm run sim -- --mutant NAME         this mutant alone
 *     npm run sim -- --replay FILE         a script, as a failing seed prints it
 */
import { readOptions } from '../tools/usage.mjs';
import { type Mutant, mutants } from './groups/mutants.ts';
import { playWith } from './groups/mutate.ts';
import { isVoid, play, type Report } from './groups/play.ts';
import { type Script, scriptOf } from './groups/script.ts';
import { shrink } from './groups/shrink.ts';
import { replayable, verdict } from './groups/words.ts';
import { readArguments, USAGE } from './options.ts';

/** Within so many seeds a mutant has to be found. */
const MUTANT_SEEDS = 200;

const wanted = readOptions(USAGE, () => readArguments(process.argv.slice(2)));
let passed = 0;
let failed = 0;

if (wanted.replay !== undefined) await replay(wanted.replay);
await trySeeds(wanted.seeds.from, wanted.seeds.count);
for (const mutant of mutants.filter(({ name }) => wanted.mutants.includes(name))) {
  if (await isFound(mutant)) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function trySeeds(from: number, count: number): Promise<void> {
  const sums = { frames: 0, rebalances: 0, acknowledged: 0 };
  const started = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const report = await play(scriptOf(seed));
    if (await judge(report)) passed++;
    else failed++;
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
    if ((seed - from + 1) % 50 === 0 || seed === from + count - 1) {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(
        `seeds ${from} to ${seed}: ${sums.frames} frames, ${sums.rebalances} rebalances, ${sums.acknowledged} records acknowledged, ${seconds} s`,
      );
    }
  }
}

/** Whether all is well with a run; says so if not. */
async function judge(report: Report): Promise<boolean> {
  const { script, frames, rebalances, acknowledged, violations } = report;
  const facts = `seed ${script.seed}: ${frames} frames, ${rebalances} rebalances, ${acknowledged} records acknowledged`;
  if (violations.length > 0) {
    const [{ row }] = violations;
    console.log(`\nFAILED ${facts}\n${verdict(report)}`);
    const breaks = async (shorter: Script) =>
      (await play(shorter)).violations.some((violation) => violation.row === row);
    console.log(`\n${replayable(await shrink(script, breaks))}\n`);
    return false;
  }
  const why = isVoid(report);
  if (why !== undefined) console.log(`VOID ${facts}: it has shown nothing (${why})`);
  return why === undefined;
}

async function isFound(mutant: Mutant): Promise<boolean> {
  const { name, says } = mutant;
  const mutated = await playWith(mutant);
  for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
    const [violation] = (await mutated.play(scriptOf(seed))).violations;
    if (violation === undefined) continue;
    console.log(
      `mutant ${name}: found with seed ${seed} by ${violation.row} (${says})\n  ${firstLine(violation.text)}`,
    );
    return true;
  }
  console.log(`FAILED mutant ${name}: ${MUTANT_SEEDS} seeds have not noticed that ${says}`);
  return false;
}

function firstLine(text: string): string {
  return text.split('\n')[0];
}

async function replay(kept: Script): Promise<void> {
  const report = await play(kept);
  const { script, frames, rebalances, acknowledged, violations } = report;
  console.log(`seed ${script.seed}: ${frames} frames, ${rebalances} rebalances, ${acknowledged} records acknowledged`);
  if (violations.length === 0) passed++;
  else {
    failed++;
    console.log(verdict(report));
  }
}
