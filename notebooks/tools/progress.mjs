/**
 * Runs a command and says how long it has been running: whatever takes more than two seconds shows that it is alive. What the command
 * prints is kept, and shown only when it fails.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const LINES_SHOWN = 25;

/**
 * @typedef {object} Task
 * @property {string} title what the user reads, such as `Installing JupyterLab`
 * @property {string[]} command the program and its arguments; no shell reads them
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} cwd
 */

/**
 * @param {Task} task
 * @returns {Promise<void>} rejects with the end of what the command printed
 */
export async function runShown({ title, command: [program, ...args], env, cwd }) {
  const done = startProgress(title);
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  let printed = '';
  const note = (/** @type {Buffer} */ chunk) => {
    printed = (printed + chunk).slice(-20_000);
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  done();
  if (code === 0) return;
  const end = printed.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
  throw new Error(`${title} has failed (${code}). The end of what ${program} said:\n\n${end}`);
}

/**
 * Prints the title now and the seconds from time to time, until the returned function is called.
 * @param {string} title
 */
export function startProgress(title) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  console.log(`${title} …`);
  const timer = setInterval(() => console.log(`  ${seconds()} s`), 4000);
  return () => {
    clearInterval(timer);
    if (seconds() >= 2) console.log(`  done in ${seconds()} s`);
  };
}

/**
 * Asks until something is there.
 * @template T
 * @param {() => T | undefined | Promise<T | undefined>} look
 * @param {number} limitMs
 * @returns {Promise<T | undefined>}
 */
export async function waitFor(look, limitMs) {
  const started = performance.now();
  while (performance.now() - started < limitMs) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  return undefined;
}
