/**
 * `npm run test:notebooks`: the tests of the exercises, of the notebook kernel and of the pipeline, then every chapter executed headless, its outputs
 * compared byte for byte with the stored ones. With `-- --all` the chapters are executed twice under each version of Node that is
 * supported, which the registry package `node` brings.
 */
import '../tools/install.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, runNode, runSteps } from '../tools/steps.mjs';

const nodeVersions = ['20.19.6', '22.23.3', '24.21.0'];
const build = join(root, 'notebooks', 'tools', 'build.mjs');

/** @param {string} room a folder of test/ with tests of its own configuration */
const tests = (room) =>
  runNode(packageScript('vitest', 'vitest.mjs'), 'run', '--config', `test/${room}/vitest.config.ts`);

/** @type {import('../tools/steps.mjs').Step[]} */
const steps = [
  { name: 'The exercises', run: () => tests('chapters') },
  { name: 'The kernel and the pipeline', run: () => tests('notebooks') },
  { name: 'All chapters, compared with their stored outputs', run: () => runNode(build, '--check') },
];
for (const version of process.argv.includes('--all') ? nodeVersions : []) {
  for (const time of ['first', 'second']) {
    steps.push({
      name: `All chapters under Node ${version}, ${time} time`,
      run: () => runNode(build, '--check', '--node', programOf(version)),
    });
  }
}
await runSteps(steps);

/** The program of a version of Node, installed below `.cache` when it is not there yet. @param {string} version */
function programOf(version) {
  const folder = join(root, '.cache', `node-${version}`);
  const program = join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) {
    const options = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${version}`];
    const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
      ? [process.execPath, process.env.npm_execpath]
      : ['npm'];
    const { status } = spawnSync(npm[0], [...npm.slice(1), ...options], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`Node ${version} cannot be installed; the reason is above`);
  }
  return program;
}
