/**
 * `npm run grade -- FOLDER`: grades a folder of submissions. How it is used, and what is judged where, is told in `site/teaching.md`.
 *
 * The exit code is 0 when everything was graded, whatever came out; with `--strict` only when everything passed; 1 otherwise, and 2 when it could not begin.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freshSeed, gradeFolder, seedsIn } from './grading.ts';
import { type Grade, plain, toCsv, toJunit, toPage } from './reports.ts';

const USAGE = `Usage: npm run grade -- FOLDER [options]

FOLDER has .ts files and notebooks, or a folder of them for each student.

  --out FOLDER      where the reports go; by default beside FOLDER, with -grades at the end of its name
  --seeds FILE      hidden seeds, one a line; by default one is drawn, and told in the report
  --no-hidden       only the seeds that the course has
  --seconds N       for one judging, 60 by default; a third of it for one answer, and a sixth of processor time
  --memory N        megabytes for a submission, 256 by default
  --strict          exit with 1 unless everything passed`;

const OUTPUT_BYTES = 1_000_000;

// A child is the head of a group of its own, which no Ctrl+C reaches; it ends with this process when that ends in order.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { folder, out, seeds, seconds, memoryMb, strict } = settings();
  const totalMs = seconds * 1000;
  const limits = { totalMs, answerMs: totalMs / 3, cpuMs: totalMs / 6, memoryMb, outputBytes: OUTPUT_BYTES };
  makeFolder(out);
  const { grades, held } = await gradeFolder({
    ...{ folder, limits, seeds: seeds.list },
    confined: (walls) => {
      for (const { what, holds } of walls) console.log(`${holds ? 'kept from    ' : 'NOT kept from'} ${what}`);
    },
    graded: (grade, index, count) => console.log(progressLine(grade, index, count)),
  });
  if (grades.length === 0) throw new Error(`${folder} has no .ts file and no notebook, and no folder that has one.`);
  const grading = {
    ...{ grades, held, seeds: seeds.told, finishedAt: new Date().toISOString() },
    limits: `${seconds} s, ${memoryMb} MB, ${OUTPUT_BYTES / 1000} kB of output`,
  };
  for (const [name, text] of [
    ['grades.csv', toCsv(grading)],
    ['grades.xml', toJunit(grading)],
    ['grades.html', toPage(grading)],
  ]) {
    writeFileSync(join(out, name), text);
  }
  const passed = grades.filter(({ status }) => status === 'passed').length;
  const ungraded = grades.filter(({ status }) => status === 'cannot be graded').length;
  console.log(
    `\n${passed} of ${grades.length} passed. Seeds: ${seeds.told}. Reports: ${join(out, 'grades.html')}, .csv and .xml`,
  );
  process.exitCode = ungraded > 0 || (strict && passed < grades.length) ? 1 : 0;
}

/** Made before anything is graded: whoever has waited for the grades of a class also gets them. */
function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true });
    accessSync(out, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The reports cannot be written to ${out} (${code}): name another folder, as  --out FOLDER`);
  }
}

function progressLine({ file, chapter, status, seconds, lines }: Grade, index: number, count: number): string {
  const number = `${String(index).padStart(String(count).length)}/${count}`;
  const remark = status === 'passed' ? '' : ` ${plain(lines.at(-1) ?? '').slice(0, 100)}`;
  return `${number}  ${plain(file)}  ${chapter ?? '--'}  ${status}, ${seconds.toFixed(1)} s${remark}`;
}

function settings() {
  const { values, positionals } = parsed();
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new Error(USAGE);
  const folder = resolve(given);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new Error(`${given} is no folder.\n\n${USAGE}`);
  return {
    folder,
    out: resolve(values.out ?? `${folder}-grades`),
    seeds: seedsFrom(values),
    seconds: wholeNumber('--seconds', values.seconds, 60, [1, 3600]),
    memoryMb: wholeNumber('--memory', values.memory, 256, [32, 8192]),
    strict: values.strict === true,
  };
}

function parsed() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { out: text, seeds: text, seconds: text, memory: text, strict: flag, 'no-hidden': flag };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

/** The hidden seeds of a file stay hidden; one that was drawn is told, or the run could not be had again. */
function seedsFrom(values: { seeds?: string; 'no-hidden'?: boolean }): { list: string[]; told: string } {
  if (values['no-hidden']) return { list: [], told: 'those of the course' };
  if (values.seeds !== undefined) {
    const list = seedsIn(values.seeds);
    return { list, told: `those of the course, and ${list.length} of a file` };
  }
  const fresh = freshSeed();
  return { list: [fresh], told: `those of the course, and ${fresh}` };
}

function wholeNumber(
  option: string,
  given: string | undefined,
  usual: number,
  [least, most]: [number, number],
): number {
  const number = Number(given ?? usual);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${option} ${given} is no whole number from ${least} to ${most}.\n\n${USAGE}`);
}
