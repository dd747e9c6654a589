import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from '../../lib/node/lock.ts';
import { DiskLocked } from '../../lib/world/errors.ts';

let folder = '';
let said: string[] = [];
const say = (line: string) => said.push(line);
const lockFile = () => join(folder, 'kafkaito.lock');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito lock '));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that holds the lock of `folder` and has said so. */
async function holder() {
  const script = fileURLToPath(new URL('holdLock.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function refusal(): Promise<Error> {
  const error = await lockFolder(folder, say).catch((error) => error);
  expect(error).toBeInstanceOf(DiskLocked);
  return error;
}

describe('the lock of a data folder', () => {
  test('the second of one process is refused until the first gives it back', async () => {
    const release = await lockFolder(folder, say);
    expect((await refusal()).message).toContain(`${folder} is in use by this very process`);
    release();
    release();
    expect(existsSync(lockFile())).toBe(false);
    (await lockFolder(folder, say))();
    expect(said).toEqual([]);
  });

  test('a living process keeps it, and is named; killed, it is taken over with a line', async () => {
    const child = await holder();
    expect((await refusal()).message).toContain(
      `${folder} is locked by process ${child.pid}, which is running: stop it`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const release = await lockFolder(folder, say);
    expect(said).toEqual([`took over ${folder} from process ${child.pid}, which ended without giving it back`]);
    release();
  });

  test('a process with the same id that began at another time is not the holder', async () => {
    writeFileSync(lockFile(), JSON.stringify({ host: hostname(), pid: process.pid, began: 'long ago' }));
    (await lockFolder(folder, say))();
    expect(said).toHaveLength(1);
  });

  test('a lock of another machine cannot be judged from here, and is refused', async () => {
    writeFileSync(lockFile(), JSON.stringify({ host: 'elsewhere', pid: 1, began: 'x' }));
    expect((await refusal()).message).toContain(
      `process 1 on elsewhere: stop it, or, if it no longer runs, delete ${lockFile()}`,
    );
  });

  test('a lock whose writer died before it could write anything is taken over', async () => {
    writeFileSync(lockFile(), '');
    (await lockFolder(folder, say))();
    expect(said).toEqual([`took over ${folder} from a process that ended without giving it back`]);
  });

  test('of many that find a stale lock at once, one takes it', async () => {
    writeFileSync(lockFile(), JSON.stringify({ host: hostname(), pid: process.pid, began: 'long ago' }));
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, say)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(said).toHaveLength(1);
  });

  test('giving back a lock that somebody else has taken since leaves it to them', async () => {
    const release = await lockFolder(folder, say);
    const theirs = JSON.stringify({ host: 'elsewhere', pid: 1, began: 'x' });
    writeFileSync(lockFile(), theirs);
    release();
    expect(readFileSync(lockFile(), 'utf8')).toBe(theirs);
  });
});
