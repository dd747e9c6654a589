/**
 * The stages of `.ci/run`. A stage is a group of npm scripts with one ceiling in seconds; a script that package.json does
 * not have yet is left out. Every script ends with a line `N passed, N failed` and gives a line `SKIPPED name: reason`
 * for what it leaves out; the lines are added up here. A script without a closing line counts as one check.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.mjs';
import { missingTools } from './tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const all = process.argv.includes('--all');
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
const allowedSkips = readFileSync(join(root, '.ci', 'allowed-skips'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const nodeVersions = ['20.19.6', '22.23.3', '24.21.0'];
/** In the long form nothing is hurried; a stage that hangs still ends. */
const longCeilingS = 3600;

const total = { passed: 0, failed: 0 };
/** @type {{ name: string, seconds: number, ceilingS: number, verdict: string }[]} */
const summary = [];
/** Told again at the end, where somebody looks first who has thousands of lines. @type {string[]} */
const failures = [];

const cleanBefore = gitStatus();
if (await stage('install', 360, installation())) {
  await stage('check and builds', 120, npmScripts('check', 'build', 'build:site'));
  await stage('package', 90, npmScripts('test:package'));
  // Under two minutes is the promise, and it takes 80 to 100 s; a host that is slow for an hour is no failed test.
  await stage('npm test', 150, npmScripts('test'));
  await stage('notebooks and exercises', 180, npmScripts('test:notebooks', 'exercises'));
  await stage('grading', 90, npmScripts('test:grading'));
  await stage('browser', 240, npmScripts('test:browser'));
  await stage('interop', 240, npmScripts('test:interop'));
  await stage('Apache Kafka', 300, npmScripts('test:kafka'));
  await stage('simulation', 120, npmScripts('sim'));
  if (all) await longForm();
  reportCleanliness();
}
closing();

/**
 * Runs the commands of a stage one after the other, within its ceiling.
 * @typedef {{ name: string, command: string[], env?: Record<string, string>, countsNothing?: boolean }} Task
 * @param {string} name
 * @param {number} shortCeilingS
 * @param {Task[]} tasks
 * @returns {Promise<boolean>} whether nothing failed
 */
async function stage(name, shortCeilingS, tasks) {
  if (tasks.length === 0) return true;
  const ceilingS = all ? longCeilingS : shortCeilingS;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const failedBefore = total.failed;
  for (const task of tasks) {
    console.log(`\n════ ${name}: ${task.name}`);
    const result = await runCommand(task.command, { cwd: root, env: task.env, limitMs: (ceilingS - seconds()) * 1000 });
    count(task, result, ceilingS);
  }
  const verdict = total.failed === failedBefore ? 'passed' : 'FAILED';
  summary.push({ name, seconds: seconds(), ceilingS, verdict });
  return verdict === 'passed';
}

/**
 * @param {Task} task
 * @param {import('./command.mjs').Result} result
 * @param {number} ceilingS
 */
function count(task, { code, counts, skips, failures: told, timedOut }, ceilingS) {
  const fail = (/** @type {string} */ why) => {
    total.failed += 1;
    failures.push(`${task.name}: ${why}`);
    console.log(`FAILED ${task.name}: ${why}`);
  };
  failures.push(...told.map((failure) => `${task.name}: ${failure}`));
  const unexpected = skips.filter((skip) => !allowedSkips.some((reason) => skip.endsWith(`: ${reason}`)));
  for (const skip of unexpected) fail(`${skip} (not a reason of .ci/allowed-skips)`);
  total.passed += counts?.passed ?? 0;
  total.failed += counts?.failed ?? 0;

  if (timedOut) fail(`over its ceiling of ${ceilingS} s, stopped`);
  else if (code !== 0 && !counts?.failed) fail(`exit code ${code}`);
  else if (code === 0 && counts?.failed) console.log(`${task.name} ends with exit code 0 although something failed.`);
  else if (counts && counts.passed + counts.failed + skips.length === 0) fail('it ran nothing');
  else if (!counts && !task.countsNothing) total.passed += 1;
}

/** @returns {Task[]} */
function installation() {
  const packages = { name: 'packages of package-lock.json', command: ['npm', 'run', 'pretest'], countsNothing: true };
  const tools = missingTools(Object.keys(scripts));
  const kafka = { name: 'Apache Kafka', command: ['node', 'test/kafka/run.mjs', '--download'], countsNothing: true };
  const clients = {
    name: 'clients of others',
    command: ['node', 'test/interop/run.mjs', '--download'],
    countsNothing: true,
  };
  return [
    packages,
    ...tools.map((command) => ({ name: command.slice(0, 2).join(' '), command, countsNothing: true })),
    ...(scripts['test:kafka'] ? [kafka] : []),
    ...(scripts['test:interop'] ? [clients] : []),
  ];
}

/**
 * @param {...string} names
 * @returns {Task[]}
 */
function npmScripts(...names) {
  const existing = names.filter((name) => scripts[name]);
  return existing.map((name) => {
    const command = name === 'test' ? ['npm', 'test'] : ['npm', 'run', name];
    return { name: command.join(' '), command: all && name === 'sim' ? [...command, '--', '--all'] : command };
  });
}

/** Under each version of Node, all that depends on it, twice: a second run finds what the first has left behind. */
async function longForm() {
  for (const version of nodeVersions) {
    const folder = join(root, '.cache', `node-${version}`);
    const bin = join(folder, 'node_modules', 'node', 'bin');
    if (!existsSync(bin)) {
      const command = ['npm', 'install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${version}`];
      const fetched = await stage(`Node ${version}`, 0, [{ name: 'fetched', command, countsNothing: true }]);
      if (!fetched) continue;
    }
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const tasks = npmScripts('test', 'test:notebooks', 'test:grading', 'demo').map((task) => ({ ...task, env }));
    const which = { name: 'version', command: ['node', '--version'], env, countsNothing: true };
    await stage(`Node ${version}`, 0, [which, ...tasks]);
    await stage(`Node ${version}, second run`, 0, tasks);
  }
}

function gitStatus() {
  const run = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  return run.status === 0 ? run.stdout : undefined;
}

function reportCleanliness() {
  const after = gitStatus();
  if (after === undefined) return console.log('\nNot a git checkout: whether it stayed clean was not looked at.');
  if (after === cleanBefore) {
    total.passed += 1;
    return;
  }
  total.failed += 1;
  failures.push('the run has changed the checkout');
  console.log(`\nFAILED: the run has changed the checkout. Before:\n${cleanBefore}After:\n${after}`);
}

function closing() {
  console.log('\n════ seconds per stage');
  for (const { name, seconds, ceilingS, verdict } of summary) {
    console.log(`${seconds.toFixed(1).padStart(7)} of ${String(ceilingS).padStart(4)}  ${verdict}  ${name}`);
  }
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
