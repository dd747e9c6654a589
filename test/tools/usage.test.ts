/**
 * What the commands of this repository answer to a command line that makes no sense: a sentence and how it is meant, exit code 2, and nothing begun. Each is
 * run as npm runs it, and what is wrong with it is found before anything is built or started; of the longer tables of options one row stands here.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kafkaito usage '));
const file = join(folder, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const typescript = ['--import', 'tsx'];
const sim = [...typescript, 'test/sim/run.ts'];
const bench = [...typescript, 'test/bench/run.ts', '--dist'];
const grade = [...typescript, 'chapters/tools/grading/grade.ts', folder];
const verify = ['test/kafka/run.mjs', '--verify'];
const site = ['site/tools/serve.mjs'];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { cwd: root }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

describe.concurrent('refused before anything is begun', () => {
  test.each<[name: string, command: readonly string[], says: RegExp]>([
    ['sim --seeds abc', [...sim, '--seeds', 'abc'], /^--seeds abc is not possible: .*\nUsage: npm run sim .*\n$/],
    [
      'bench nonsense',
      [...bench, 'nonsense'],
      /^no benchmark nonsense: there are broker, .*\nUsage: npm run bench .*\n$/,
    ],
    [
      'verify 77',
      [...verify, '77'],
      /^nothing is tried of chapter 77: there are 00, .*, W\nUsage: npm run verify .*\n$/,
    ],
    ['test:kafka --foo', ['test/kafka/run.mjs', '--foo'], /^Unknown option '--foo'.*\nUsage: npm run test:kafka .*\n$/],
    [
      'site --port 99999999',
      [...site, '--port', '99999999'],
      /^--port 99999999 is not possible: .* to 65535\nUsage: npm run site .*\n$/,
    ],
    [
      'grade FOLDER --out FILE',
      [...grade, '--out', file],
      /^The reports cannot be written to .*file \(EEXIST\): name another folder, .*\n$/,
    ],
  ])('%s', async (_name, command, says) => {
    const { code, stdout, stderr } = await run(command);
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
