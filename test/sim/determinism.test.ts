import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { storm } from './storm.ts';

const program = fileURLToPath(new URL('storm.ts', import.meta.url));

async function hashInAnotherProcess(seed: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, String(seed)]);
  return stdout.trim();
}

test('the same seed leaves the same trace in three processes, and another seed another trace', async () => {
  const { hash, events } = await storm(7);
  expect(events).toBeGreaterThan(1000);
  expect(await Promise.all([hashInAnotherProcess(7), hashInAnotherProcess(7)])).toEqual([hash, hash]);
  expect((await storm(8)).hash).not.toBe(hash);
});

test('two worlds that take turns in one program leave the traces that they leave alone', async () => {
  const alone = [await storm(1), await storm(2)];
  expect(await Promise.all([storm(1), storm(2)])).toEqual(alone);
});
