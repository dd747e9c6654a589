/**
 * Finds Python and makes the folder `.venv` with JupyterLab in it, pinned by requirements.txt. Nothing goes anywhere else: the caches
 * of pip and uv lie under the project as well, and Python packages of the user are not looked at.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runShown } from './progress.mjs';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
/** Everything that JupyterLab, pip and uv keep: one folder, ignored by git, which may be deleted at any time. */
export const stateFolder = join(root, '.jupyter');

const venv = join(root, '.venv');
const requirements = join(root, 'notebooks', 'tools', 'requirements.txt');
const stamp = join(venv, 'kafkaito.txt');
export const OLDEST_PYTHON = [3, 10];

/** The Python of the project. */
export const venvPython =
  process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');

/** The environment for pip, uv and Jupyter. @returns {NodeJS.ProcessEnv} */
export function pythonEnvironment() {
  const env = { ...process.env };
  // Settings for another Python would lead this one to the wrong packages.
  for (const name of ['PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV']) delete env[name];
  // pip asks rustc for its version, and rustup, where that is rustc, would begin a folder in an empty home.
  if (!existsSync(join(homedir(), '.rustup'))) env.RUSTUP_HOME ??= join(stateFolder, 'cache', 'rustup');
  return {
    ...env,
    PIP_CACHE_DIR: join(stateFolder, 'cache', 'pip'),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    UV_CACHE_DIR: join(stateFolder, 'cache', 'uv'),
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
  };
}

/** @typedef {{ command: string[], version: string, hasEnsurepip: boolean, isNewEnough: boolean }} Python */

/** The Pythons of this machine, in the order in which they are tried. @returns {Python[]} */
export function findPythons() {
  const versions = ['3.14', '3.13', '3.12', '3.11', '3.10'];
  const unix = [['python3'], ...versions.map((version) => [`python${version}`]), ['python']];
  const windows = [...versions.map((version) => ['py', `-${version}`]), ['python'], ['python3']];
  return (process.platform === 'win32' ? windows : unix).flatMap(examine);
}

/** @param {string[]} command @returns {Python[]} */
function examine(command) {
  const question = `import sys
try:
    import ensurepip, venv
    complete = True
except ImportError:
    complete = False
print(sys.version_info[0], sys.version_info[1], sys.version_info[2], complete)`;
  const [program, ...args] = command;
  const run = spawnSync(program, [...args, '-c', question], { encoding: 'utf8', timeout: 20_000, windowsHide: true });
  const match = /^(\d+) (\d+) (\d+) (True|False)/.exec(run.status === 0 ? run.stdout : '');
  if (!match) return [];
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isNewEnough = major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
  return [{ command, version: `${major}.${minor}.${match[3]}`, hasEnsurepip: match[4] === 'True', isNewEnough }];
}

/** Whether uv is there, which makes the environment in a third of the time and needs no ensurepip. */
export function hasUv() {
  return spawnSync('uv', ['--version'], { windowsHide: true }).status === 0;
}

/** Why JupyterLab has to be installed; undefined when it is there as requirements.txt has it. */
export function whyInstallJupyter() {
  if (!existsSync(stamp)) return 'it is not there yet';
  if (readFileSync(stamp, 'utf8') !== wantedStamp()) return 'other versions are wanted now, or the folder has moved';
  if (spawnSync(venvPython, ['--version'], { windowsHide: true }).status !== 0) return 'its Python is gone';
  return undefined;
}

/** What is installed, and where: a virtual environment does not survive a move. */
function wantedStamp() {
  const text = readFileSync(requirements, 'utf8').replaceAll('\r\n', '\n');
  return `${createHash('sha256').update(text).digest('hex')}\n${venv}\n`;
}

/**
 * Makes `.venv` anew when needed.
 * @throws Error with what to do, when there is no Python that can do it
 */
export async function installJupyter() {
  const reason = whyInstallJupyter();
  if (!reason) return;
  const uv = hasUv();
  const python = findPythons().find(({ isNewEnough, hasEnsurepip }) => isNewEnough && (uv || hasEnsurepip));
  if (!python) throw new Error(adviceOnPython());
  console.log(
    `JupyterLab will be installed into .venv, since ${reason} (Python ${python.version}, ${uv ? 'uv' : 'pip'}).`,
  );
  rmSync(venv, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(stateFolder, { recursive: true });
  const env = pythonEnvironment();
  const install = '--requirement';
  if (uv) {
    const executable = spawnSync(
      python.command[0],
      [...python.command.slice(1), '-c', 'import sys; print(sys.executable)'],
      { encoding: 'utf8' },
    );
    const interpreter = executable.stdout.trim();
    await runShown({ title: 'Making .venv', command: ['uv', 'venv', '--python', interpreter, venv], env, cwd: root });
    const command = ['uv', 'pip', 'install', '--python', venvPython, '--no-deps', install, requirements];
    await runShown({ title: 'Installing JupyterLab', command, env, cwd: root });
  } else {
    await runShown({ title: 'Making .venv', command: [...python.command, '-m', 'venv', venv], env, cwd: root });
    const options = ['--no-input', '--no-compile', '--prefer-binary', '--no-deps', '--no-warn-script-location'];
    const command = [venvPython, '-m', 'pip', 'install', ...options, install, requirements];
    await runShown({ title: 'Installing JupyterLab', command, env, cwd: root });
  }
  writeFileSync(stamp, wantedStamp());
}

/** What to do on this system when there is no Python that can make an environment. */
export function adviceOnPython() {
  const pythons = findPythons();
  const best = pythons.find(({ isNewEnough }) => isNewEnough) ?? pythons[0];
  const wanted = OLDEST_PYTHON.join('.');
  const why = !best
    ? `JupyterLab needs Python ${wanted} or later, and there is none on this machine.`
    : best.isNewEnough
      ? `Python ${best.version} is there, but not its parts "venv" and "ensurepip", with which it makes an environment.`
      : `JupyterLab needs Python ${wanted} or later; here is only ${best.version}.`;
  return `${why}\n\nTo install it:\n  ${howToInstall().join('\n  ')}\nThen run  npm start  again.\n\nThe same chapters are pages too, and need no Python:\n  npm run site`;
}

/** @returns {string[]} */
function howToInstall() {
  if (process.platform === 'win32') return ['winget install Python.Python.3.13', '(or the installer from python.org)'];
  if (process.platform === 'darwin') return ['brew install python', '(or the installer from python.org)'];
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const family = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(([, names]) => names).join(' ');
  if (/\b(debian|ubuntu)\b/.test(family)) return ['sudo apt install python3 python3-venv'];
  if (/\b(fedora|rhel|centos)\b/.test(family)) return ['sudo dnf install python3'];
  if (/\barch\b/.test(family)) return ['sudo pacman -S python'];
  if (/\bsuse\b/.test(family)) return ['sudo zypper install python3'];
  if (/\balpine\b/.test(family)) return ['sudo apk add python3'];
  return ['Python 3, with its parts venv and ensurepip, from the packages of your system'];
}
