/**
 * A grading run: everything in a folder of submissions, one after the other, each under the chapter's own seed and then under the hidden ones.
 *
 * An answer passes when it passes under every seed. The first verdict that is no pass is the one that is told.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms, bundleSubmission, NoProgram } from './bundles.ts';
import { confine, type Held, type Limits, type Walls } from './confinement.ts';
import type { Grade } from './reports.ts';
import { starterOf } from './starters.ts';
import { type Submission, submissionsIn, type Work } from './submissions.ts';
import { type Ending, Judge, supervise } from './supervise.ts';

export interface GradingSettings {
  readonly folder: string;
  readonly limits: Limits;
  /** Words from which the hidden seeds are made. Without any the course's own seeds are all. */
  readonly seeds: readonly string[];
  /** Called when a submission is graded. */
  readonly graded?: (grade: Grade, index: number, count: number) => void;
  /** Called when it is known what confines the submissions, before the first. */
  readonly confined?: (held: readonly Held[]) => void;
}

export interface Graded {
  readonly grades: readonly Grade[];
  readonly held: readonly Held[];
}

/** A hidden seed that is drawn for one run and can be told, so that the run can be had again. */
export function freshSeed(): string {
  return randomBytes(6).toString('hex');
}

export async function gradeFolder({ folder, limits, seeds, graded, confined }: GradingSettings): Promise<Graded> {
  const submissions = submissionsIn(folder, starterOf);
  // The real path: permissions are compared with it, and on macOS the temporary folder is behind a link.
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'kafkaito-grade-'));
  const remove = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  try {
    const programs = await bundlePrograms(scratch);
    const { walls, held } = await confine(scratch, programs.trial, limits);
    confined?.(held);
    const judge = new Judge(programs.judge);
    const grades: Grade[] = [];
    for (const submission of submissions) {
      const place = { scratch: join(scratch, String(grades.length)), child: programs.child };
      const grade = await gradeOne(submission, seeds.map(numberOf), { judge, walls, limits }, place);
      grades.push(grade);
      graded?.(grade, grades.length, submissions.length);
    }
    await judge.end();
    return { grades, held };
  } finally {
    process.removeListener('exit', remove);
    remove();
  }
}

/** A whole number that says nothing about the word it comes from. */
function numberOf(seed: string): number {
  return createHash('sha256').update(seed).digest().readUInt32BE();
}

interface Means {
  readonly judge: Judge;
  readonly walls: Walls;
  readonly limits: Limits;
}

async function gradeOne(
  { student, file, work }: Submission,
  seeds: readonly number[],
  means: Means,
  place: { readonly scratch: string; readonly child: string },
): Promise<Grade> {
  const started = performance.now();
  const { status, lines, printed } = await endingOf(work, seeds, means, place);
  const seconds = (performance.now() - started) / 1000;
  const isUntouched = 'code' in work && work.isUntouched;
  return { student, file, chapter: work.chapter, status, isUntouched, lines, printed, seconds };
}

async function endingOf(
  work: Work,
  seeds: readonly number[],
  means: Means,
  { scratch, child }: { readonly scratch: string; readonly child: string },
): Promise<Ending> {
  if ('nothing' in work) return { status: 'nothing to grade', lines: [work.nothing], printed: '' };
  const { chapter, code } = work;
  mkdirSync(scratch);
  copyFileSync(child, join(scratch, 'child.mjs'));
  try {
    await bundleSubmission(code, scratch);
    return await underEverySeed(seeds, (seed) => supervise({ ...means, folder: scratch, question: { chapter, seed } }));
  } catch (error) {
    if (error instanceof NoProgram) return { status: 'does not run', lines: [error.message], printed: '' };
    return { status: 'cannot be graded', lines: [error instanceof Error ? error.message : String(error)], printed: '' };
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The course's own seed first, since what is said about it can be seen again in the notebook. */
async function underEverySeed(
  seeds: readonly number[],
  run: (seed: number | undefined) => Promise<Ending>,
): Promise<Ending> {
  const first = await run(undefined);
  if (first.status !== 'passed') return first;
  for (const seed of seeds) {
    const ending = await run(seed);
    if (ending.status !== 'passed') {
      return { ...ending, lines: ['It passes in the notebook, and does not under a hidden seed:', ...ending.lines] };
    }
  }
  return first;
}

/** The seeds of a file, one a line. @throws Error when it has none, or cannot be read */
export function seedsIn(file: string): string[] {
  const seeds = textOf(file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (seeds.length === 0) throw new Error(`${file} has no seed: write one a line, any words will do`);
  if (seeds.length > 20) throw new Error(`${file} has ${seeds.length} seeds; 20 is the limit`);
  return seeds;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read (${code}): give a text file with seeds, one a line`);
  }
}
