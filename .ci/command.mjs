/**
 * Runs one command of the CI: its output is passed on as it comes, and read for the lines that count. At its time limit
 * the command is stopped with all that it has started (its process group).
 */
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Result
 * @property {number | null} code
 * @property {boolean} timedOut
 * @property {{ passed: number, failed: number } | undefined} counts the last `N passed, N failed`
 * @property {string[]} skips the lines `SKIPPED name: reason`, without the first word
 * @property {string[]} failures the lines `FAILED name: reason`, without the first word
 */

/**
 * @param {string[]} command
 * @param {{ cwd: string, env?: Record<string, string>, limitMs: number }} options
 * @returns {Promise<Result>}
 */
export async function runCommand([program, ...args], { cwd, env, limitMs }) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const [from, to] of /** @type {const} */ ([
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])) {
    from.setEncoding('utf8').on('data', (text) => {
      output += text;
      to.write(text);
    });
  }
  let timedOut = false;
  const limit = setTimeout(
    () => {
      timedOut = true;
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    },
    Math.max(1, limitMs),
  );
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${program} cannot be started: ${error.message}`);
      resolve(127);
    });
    child.once('close', resolve);
  });
  clearTimeout(limit);
  return { code, timedOut, ...readOutput(output) };
}

/**
 * What the output of a script says about its tests.
 * @param {string} output
 */
export function readOutput(output) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are written with the escape character.
  const lines = output.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  const closing = lines
    .map((line) => /^(\d+) passed, (\d+) failed$/.exec(line.trim()))
    .filter((match) => match !== null);
  const last = closing.at(-1);
  const after = (/** @type {string} */ word) =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length).trimEnd());
  return {
    counts: last && { passed: Number(last[1]), failed: Number(last[2]) },
    skips: after('SKIPPED '),
    failures: after('FAILED '),
  };
}
