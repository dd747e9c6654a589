/** A grading run over what students hand in, the worst of it included: all is reported, and nothing does harm. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Graded, gradeFolder, seedsIn } from '../../chapters/tools/grading/grading.ts';
import { type Grade, toCsv, toJunit, toPage } from '../../chapters/tools/grading/reports.ts';
import { checker, submissions } from './submissions.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito-graded-'));
const handedIn = join(folder, 'submissions');
const SECRET = 'a seed that nobody knows';
let graded: Graded;
let checkerBefore: string;

beforeAll(async () => {
  for (const [file, text] of Object.entries(submissions(handedIn))) {
    mkdirSync(dirname(join(handedIn, file)), { recursive: true });
    writeFileSync(join(handedIn, file), text);
  }
  writeFileSync(join(folder, 'private.txt'), 'PRIVATE');
  checkerBefore = readFileSync(checker, 'utf8');
  const limits = { totalMs: 60_000, answerMs: 20_000, cpuMs: 1500, memoryMb: 64, outputBytes: 100_000 };
  graded = await gradeFolder({ folder: handedIn, limits, seeds: [SECRET] });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function gradeOf(file: string): Grade {
  const found = graded.grades.find((grade) => grade.file === file);
  if (found === undefined) throw new Error(`${file} is not reported`);
  return found;
}

test('everything is reported, once, by its student', () => {
  const files = Object.keys(submissions(handedIn)).filter((file) => !file.endsWith('.txt'));
  expect(graded.grades.map(({ file }) => file).sort()).toEqual(files.sort());
  expect(gradeOf('ada/09-mine.ts').student).toBe('ada');
});

test('what is right passes, as a file and in a notebook', () => {
  expect(gradeOf('ada/09-mine.ts')).toMatchObject({ status: 'passed', chapter: '09', isUntouched: false });
  expect(gradeOf('ben/09-join-sync-heartbeat.ipynb')).toMatchObject({ status: 'passed', chapter: '09' });
  expect(graded.grades.filter(({ status }) => status === 'passed')).toHaveLength(2);
});

test.each<[file: string, status: Grade['status'], says: RegExp]>([
  ['wrong.ts', 'not yet', /the leader has sent nothing yet/],
  ['syntax.ts', 'does not run', /^line \d+: /],
  ['loop.ts', 'stopped', /more than 1.5 s of processor time|No answer in 20 s/],
  ['waits.ts', 'stopped', /await outside all functions never ends/],
  ['memory.ts', 'stopped', /more than 64 MB of memory|exit code/],
  ['flood.ts', 'stopped', /printed more than 100 kB/],
  ['imports.ts', 'does not run', /cannot be imported/],
  ['exits.ts', 'stopped', /ended before the check was over, with exit code 0/],
  ['answers-early.ts', 'stopped', /broke the rules of the pipe/],
  ['forges.ts', 'stopped', /broke the rules of the pipe/],
  ['deep.ts', 'throws', /contains itself/],
  ['huge.ts', 'stopped', /message that does not end|more to the grader|ended before/],
  ['empty.ts', 'nothing to grade', /It is empty/],
  ['=cmd.ts', 'throws', /HYPERLINK/],
])('%s: %s', (file, status, says) => {
  const grade = gradeOf(file);
  expect(grade.lines.join('\n')).toMatch(says);
  expect(grade.status).toBe(status);
});

describe('none does harm', () => {
  test('no file outside is read, and no seed is seen', () => {
    const { printed, status } = gradeOf('reads.ts');
    expect(printed).toMatch(/file: refused[\s\S]*solution: refused[\s\S]*seeds: refused[\s\S]*import: refused/);
    expect(printed).not.toMatch(/PRIVATE|onAppended|a seed that/);
    expect(printed).toMatch(/\{\}\s*$/);
    expect(status).toBe('not yet');
  });

  test('the checker is as it was', () => {
    expect(gradeOf('edits.ts').printed).toMatch(/edit: refused/);
    expect(readFileSync(checker, 'utf8')).toBe(checkerBefore);
  });

  test('no process is started, and none is signalled', () => {
    expect(gradeOf('starts.ts').printed).toMatch(/^started 0$/m);
    expect(gradeOf('signals.ts').printed).toMatch(/signal: refused/);
  });

  test('who exchanges everything in its own process has changed nothing here', () => {
    expect(gradeOf('patches.ts').status).not.toBe('passed');
    expect(Reflect.get({}, 'passed')).toBeUndefined();
  });

  test('the run says what was tried from inside', () => {
    const held = Object.fromEntries(graded.held.map(({ what, holds }) => [what, holds]));
    expect(held).toMatchObject({ 'reading files outside its folder': true, 'writing files': true });
    expect(held).toMatchObject({ 'starting programs': true, 'starting threads': true });
  });
});

test('a file of seeds that cannot be read is told with what is wanted', () => {
  expect(() => seedsIn(join(folder, 'nowhere'))).toThrow(
    /nowhere cannot be read \(ENOENT\): give a text file with seeds/,
  );
  expect(() => seedsIn(folder)).toThrow(/ cannot be read \(EISDIR\): give/);
});

test('no report obeys a submission', () => {
  const grading = { ...graded, seeds: 'those of the course', limits: 'few', finishedAt: '2026-01-01T00:00:00.000Z' };
  const csv = toCsv(grading);
  expect(csv).toMatch(/^"'=cmd","'=cmd.ts",09,throws,0,0,/m);
  expect(csv.split('\r\n')).toHaveLength(graded.grades.length + 2);
  const junit = toJunit(grading);
  expect(junit).toContain('<testcase classname="=cmd" name="=cmd.ts"');
  const page = toPage(grading);
  for (const text of [junit, page]) {
    expect(text).not.toContain('<b>');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
  }
  expect(page).not.toMatch(/<script/i);
});
