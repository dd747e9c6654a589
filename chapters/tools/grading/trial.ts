/**
 * Started as a submission is, before the first of them: tries what a submission should not be able to do, and prints the names of what it could.
 * Each attempt is harmless where it succeeds.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { closeDoors } from './doors.ts';

const [file, port, pid] = process.argv.slice(2);
const PATIENCE_MS = 1000;

/** What is tried, by the words of the report. */
const attempts: { readonly [what: string]: () => unknown } = {
  'reading files outside its folder': () => readFileSync(file),
  'writing files': () => writeFileSync(file, 'written by a trial'),
  'starting programs'() {
    if (spawnSync(process.execPath, ['--version']).status !== 0) throw new Error('it did not start');
  },
  'starting threads': () => new Worker('', { eval: true }),
  'connecting to the network': () => answered((done) => connect(Number(port), '127.0.0.1', done)),
  'listening on the network': () => answered((done) => createServer().listen(0, '127.0.0.1', done)),
  'making sockets in the file system': () => answered((done) => createServer().listen(`${file}.socket`, done)),
  'signalling other processes': () => process.kill(Number(pid), 0),
};

function answered(open: (done: () => void) => NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    open(resolve).on('error', reject);
    setTimeout(reject, PATIENCE_MS);
  });
}

/** Nothing that is tried was refused, or it was. */
async function isPossible(attempt: () => unknown): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch {
    return false;
  }
}

async function tryAll(): Promise<void> {
  closeDoors();
  const held: { what: string; holds: boolean }[] = [];
  for (const [what, attempt] of Object.entries(attempts)) held.push({ what, holds: !(await isPossible(attempt)) });
  console.log(JSON.stringify(held));
  process.exit(0);
}

void tryAll();
