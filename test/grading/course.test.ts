/** The solution of every chapter passes through the grader, so that no exercise changes without its cut. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { gradeFolder } from '../../chapters/tools/grading/grading.ts';
import { fresh } from '../tools/fresh.ts';

const chapters = fileURLToPath(new URL('../../chapters', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kafkaito-course-'));

/** What the cell of the exercise gives to its check. */
const answers: { readonly [chapter: string]: string } = {
  '00': '280, twoHundredAndEighty',
  '02': 'partitionFor',
  '05': 'careful',
  '06': 'eachByItself',
  '07': 'twoPrograms',
  '08': 'replay',
  '09': 'decider',
  '10': 'keeping',
  '11': 'patient',
  '12': 'careful',
  '14': 'fourLanes',
  W: 'connection',
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every solution passes, and every exercise has a row here', async () => {
  const solutions = readdirSync(join(chapters, 'solutions'));
  expect(solutions.map((name) => name.split('-')[0]).sort()).toEqual(Object.keys(answers).sort());
  const submissions = join(folder, fresh('class'));
  mkdirSync(join(submissions, 'course'), { recursive: true });
  for (const name of solutions) {
    const [chapter] = name.split('-');
    const code = readFileSync(join(chapters, 'solutions', name), 'utf8');
    const check = `import { check } from 'course/${chapter}';\nawait check(${answers[chapter]});\n`;
    writeFileSync(join(submissions, 'course', name), `${code}\n${check}`);
  }
  const limits = { totalMs: 120_000, answerMs: 60_000, cpuMs: 30_000, memoryMb: 256, outputBytes: 1_000_000 };
  const { grades } = await gradeFolder({ folder: submissions, limits, seeds: [] });
  expect(grades.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(grades).toHaveLength(solutions.length);
}, 300_000);
