/**
 * Installs the packages of package-lock.json when they are missing or are other ones, and does nothing otherwise; so a
 * fresh clone needs no command before `npm test`. Plain JavaScript without dependencies, since it runs before there are
 * any. What is installed is compared by content (npm keeps a copy of the lock in node_modules), not by date: a clone,
 * a checkout or a restored backup changes dates.
 *
 * Node looks for everything that is imported statically before it runs anything, and so before this: a script that imports this file takes packages with
 * `await import`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

requireNode(20, 19);
const reason = whyInstall();
if (reason) await install(reason);

/**
 * @param {number} major
 * @param {number} minor
 */
function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`This project needs Node ${major}.${minor} or later; this is ${process.versions.node} (nodejs.org).`);
  process.exit(1);
}

/** Says why an install is needed, or nothing. */
function whyInstall() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted) throw new Error('package-lock.json is missing: restore it with  git checkout package-lock.json');
  if (!installed) return 'node_modules is missing or unfinished';
  for (const [path, { version, optional, peer }] of Object.entries(wanted)) {
    if (path === '') continue;
    // Optional packages are those of other systems; npm leaves them out.
    if (!installed[path] && !optional && !peer) return `${path} is missing`;
    if (installed[path] && installed[path].version !== version) return `${path} has another version than the lock file`;
  }
  return undefined;
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version: string, optional?: boolean, peer?: boolean }> | undefined}
 */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** @param {string} why */
async function install(why) {
  if (!hasNpm()) {
    console.error(
      `npm is not found, and is needed, because ${why}. It comes with Node: install Node again from nodejs.org.`,
    );
    process.exit(1);
  }
  const packages = Object.entries(packagesOf(join(root, 'package-lock.json')) ?? {}).filter(([path]) => path !== '');
  const paths = packages.filter(([, { optional }]) => !optional).map(([path]) => join(root, path, 'package.json'));
  console.log(`Installing ${paths.length} packages with npm ci, because ${why}.`);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const progress = setInterval(() => {
    console.log(`  ${seconds()} s, ${paths.filter((path) => existsSync(path)).length} of ${paths.length} unpacked`);
  }, 3000);
  const code = await npmCi();
  clearInterval(progress);
  if (code === 0) return console.log(`Installed in ${seconds()} s.`);
  console.error(`npm ci failed (exit code ${code}). Is the package registry reachable? Try again with:  npm ci`);
  process.exit(1);
}

/** npm names its own script in the environment of the scripts it runs; run by hand, npm is found on the path. */
function npmItself() {
  return process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
}

function hasNpm() {
  return npmItself() !== undefined || spawnSync('npm --version', { shell: true }).status === 0;
}

/** @returns {Promise<number | null>} the exit code */
function npmCi() {
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npmScript = npmItself();
  const child = npmScript
    ? spawn(process.execPath, [npmScript, ...options], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    : spawn(`npm ${options.join(' ')}`, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: true });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
}
