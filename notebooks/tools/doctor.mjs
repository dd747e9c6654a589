/**
 * `npm run doctor`: looks at everything that `npm start` needs, before it is needed in a room full of people, and says for each thing
 * that is missing what to do. It changes nothing but a file that it writes and removes again.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isFree } from './jupyter.mjs';
import { learnersCopies } from './mine.mjs';
import { adviceOnPython, findPythons, hasUv, root, whyInstallJupyter } from './python.mjs';

const GIGABYTE = 1024 ** 3;
const ROOM_TO_INSTALL = 1.5 * GIGABYTE;
const ROOM_TO_WORK = 0.2 * GIGABYTE;
/** Windows programs that do not ask for long paths end at 260 characters; the longest path below the project has about 150. */
const LONGEST_WINDOWS_ROOT = 100;

/**
 * @typedef {{ verdict: 'ok' | 'later' | 'wrong', found: string, advice?: string }} Finding
 * `later` is what the first `npm start` will do by itself.
 */
/** @type {[name: string, look: () => Finding | Promise<Finding>][]} */
const examinations = [
  ['Node', node],
  ['npm', npm],
  ['packages', packages],
  ['Python', python],
  ['JupyterLab', jupyter],
  ['folder', folder],
  ['disk', disk],
  ['port', port],
  ['chapters', chapters],
  ['kernel', kernel],
];

let wrong = 0;
for (const [name, look] of examinations) {
  const { verdict, found, advice } = await look();
  if (verdict === 'wrong') wrong += 1;
  console.log(`${verdict.padEnd(6)} ${name.padEnd(11)} ${found}`);
  if (advice) console.log(advice.replace(/^/gm, ' '.repeat(19)));
}
console.log(
  wrong === 0
    ? '\nThis machine is ready:  npm start'
    : `\n${wrong === 1 ? 'One thing is' : `${wrong} things are`} wrong; see above.`,
);
process.exitCode = wrong === 0 ? 0 : 1;

/** @returns {Finding} */
function node() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  if (isNewEnough) return { verdict: 'ok', found: process.versions.node };
  return {
    verdict: 'wrong',
    found: `${process.versions.node} is too old`,
    advice: 'Install Node 22 or later from nodejs.org; 20.19 is the oldest that works.',
  };
}

/** @returns {Finding} */
function npm() {
  const script = process.env.npm_execpath;
  const run = script
    ? spawnSync(process.execPath, [script, '--version'], { encoding: 'utf8' })
    : spawnSync('npm --version', { encoding: 'utf8', shell: true });
  if (run.status === 0) return { verdict: 'ok', found: run.stdout.trim() };
  return {
    verdict: 'wrong',
    found: 'does not run',
    advice: 'npm comes with Node: install Node again from nodejs.org.',
  };
}

/** @returns {Finding} */
function packages() {
  if (existsSync(join(root, 'node_modules', '.package-lock.json'))) return { verdict: 'ok', found: 'installed' };
  return { verdict: 'later', found: 'not installed; the first npm start does it, and needs the network' };
}

/** @returns {Finding} */
function python() {
  const uv = hasUv();
  const fit = findPythons().find(({ isNewEnough, hasEnsurepip }) => isNewEnough && (uv || hasEnsurepip));
  if (fit) return { verdict: 'ok', found: `${fit.version} (${fit.command.join(' ')}${uv ? ', with uv' : ''})` };
  return { verdict: 'wrong', found: 'not fit for JupyterLab', advice: adviceOnPython() };
}

/** @returns {Finding} */
function jupyter() {
  const reason = whyInstallJupyter();
  if (!reason) return { verdict: 'ok', found: 'installed in .venv' };
  return { verdict: 'later', found: `not ready, since ${reason}; the first npm start does it, and needs the network` };
}

/** @returns {Finding} */
function folder() {
  if (process.platform === 'win32' && root.length > LONGEST_WINDOWS_ROOT) {
    return {
      verdict: 'wrong',
      found: `${root} is a long way down`,
      advice: 'Move the project to a shorter path, such as C:\\kafkaito: many Windows programs stop at 260 characters.',
    };
  }
  const test = join(root, 'notebooks', `doctor-${process.pid}.txt`);
  try {
    accessSync(root, constants.W_OK);
    writeFileSync(test, 'written by npm run doctor\n');
    rmSync(test);
    return { verdict: 'ok', found: 'can be written' };
  } catch (error) {
    return {
      verdict: 'wrong',
      found: `cannot be written (${/** @type {Error} */ (error).message})`,
      advice: 'Move the project to a folder of your own.',
    };
  }
}

/** @returns {Finding} */
function disk() {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const isInstalled = existsSync(join(root, 'node_modules')) && existsSync(join(root, '.venv'));
  const needed = isInstalled ? ROOM_TO_WORK : ROOM_TO_INSTALL;
  const found = `${(free / GIGABYTE).toFixed(1)} GB free`;
  if (free >= needed) return { verdict: 'ok', found };
  return { verdict: 'wrong', found, advice: `Make room: ${(needed / GIGABYTE).toFixed(1)} GB are needed.` };
}

/** @returns {Promise<Finding>} */
async function port() {
  if (await isFree(8888)) return { verdict: 'ok', found: '8888 is free' };
  if (await isFree(0))
    return { verdict: 'ok', found: '8888 is taken (by a JupyterLab, perhaps); the next free one will be used' };
  return {
    verdict: 'wrong',
    found: 'no port of 127.0.0.1 can be opened',
    advice: 'A firewall or another protection forbids programs to listen on this machine.',
  };
}

/** @returns {Finding} */
function chapters() {
  const names = learnersCopies().names();
  if (names.length > 0) return { verdict: 'ok', found: names.length === 1 ? names[0] : `${names.length} of them` };
  return {
    verdict: 'wrong',
    found: 'there is no notebook',
    advice: 'They come with the project:  git checkout notebooks',
  };
}

/** Runs a cell in the kernel that JupyterLab will use. @returns {Promise<Finding>} */
async function kernel() {
  if (!existsSync(join(root, 'node_modules', 'tslab'))) return { verdict: 'later', found: 'comes with the packages' };
  try {
    createRequire(createRequire(import.meta.url).resolve('tslab'))('zeromq');
  } catch (error) {
    const advice =
      'The package zeromq brings a program for each system; try  npm ci  again, with the Node of your system.';
    return {
      verdict: 'wrong',
      found: `zeromq cannot be loaded: ${String(/** @type {Error} */ (error).message).split('\n')[0]}`,
      advice,
    };
  }
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'notebooks', 'tools', 'tryKernel.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === 0)
    return {
      verdict: 'ok',
      found: `a cell has run, ${((performance.now() - started) / 1000).toFixed(1)} s with the start`,
    };
  return { verdict: 'wrong', found: 'a cell cannot be run', advice: printed.trimEnd() };
}
