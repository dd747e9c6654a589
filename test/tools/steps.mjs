/**
 * Runs the steps of a script one after the other, with a heading, the seconds and the verdict of each, and closes with
 * `N passed, N failed`, as every script of this repository does. A failed step does not stop the later ones, unless
 * these stand on it.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The script of an installed package, for `runNode`: found by its path, so that no shell is needed. */
export const packageScript = (/** @type {string[]} */ ...path) => join(root, 'node_modules', ...path);

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<unknown> | unknown} run throws, or rejects, when the step fails
 * @property {boolean} [essential] the steps after it make no sense when it fails
 */

/** @param {Step[]} steps */
export async function runSteps(steps) {
  let passed = 0;
  let failed = 0;
  for (const { name, run, essential } of steps) {
    console.log(`── ${name}`);
    const started = performance.now();
    const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
    try {
      await run();
      passed += 1;
      console.log(`   passed in ${seconds()} s`);
    } catch (error) {
      failed += 1;
      console.log(`   FAILED in ${seconds()} s: ${error instanceof Error ? error.message : error}`);
      if (essential) break;
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/**
 * Runs a script with this Node in the project's folder, its output shown.
 * @param {string[]} args
 * @returns {Promise<void>} rejects when the exit code is not 0
 */
export function runNode(...args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}
