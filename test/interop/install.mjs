/**
 * Installs the clients that other projects publish, each with the package manager of its own language, at the versions that
 * the manifests beside this file pin. Everything goes below `.cache/interop/` into folders named by what is installed:
 * a folder that is there is complete, other versions get another one, and package.json of this repository knows nothing of
 * them. kafkajs, the fifth client, is a development dependency. Benchmarks use the same installations.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runShown } from '../../notebooks/tools/progress.mjs';
import { findPythons } from '../../notebooks/tools/python.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/interop/', import.meta.url));
const windows = process.platform === 'win32';
const goVersion = [1, 26];
/** For the lines of the driver; on Windows Java would write another encoding. Which name counts depends on its version. */
const utf8 = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8'];

/** How each client is installed, in the order in which it is best done. */
export const installers = {
  platformatic: installPlatformatic,
  'confluent-kafka': installConfluentKafka,
  java: installJava,
  'franz-go': installFranzGo,
};
/** @typedef {keyof typeof installers} Installable */
export const installable = /** @type {Installable[]} */ (Object.keys(installers));

/**
 * Why a client cannot be installed on this machine, in one sentence; undefined when it can.
 * @param {Installable} client
 * @returns {string | undefined}
 */
export function whyNotHere(client) {
  if (client === 'confluent-kafka' && !python())
    return 'Python 3.10 or later, with venv and ensurepip, is not on the path';
  if (client === 'java') return whyNotJava();
  if (client === 'franz-go' && !hasGo()) return `Go ${goVersion.join('.')} or later is not on the path`;
  return undefined;
}

function python() {
  return findPythons().find(({ isNewEnough, hasEnsurepip }) => isNewEnough && hasEnsurepip);
}

function whyNotJava() {
  const { stdout } = spawnSync('javac', ['-version'], { encoding: 'utf8' });
  if (Number(/javac (\d+)/.exec(stdout ?? '')?.[1] ?? 0) < 17) return 'a JDK, 17 or later, is not on the path';
  const [program, ...args] = script('mvn', '--version');
  if (spawnSync(program, args).status !== 0) return 'Maven (mvn) is not on the path';
  return undefined;
}

function hasGo() {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: goEnvironment() });
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) > goVersion[0] || (Number(major) === goVersion[0] && Number(minor) >= goVersion[1]);
}

/**
 * @platformatic/kafka.
 * @returns {Promise<{ folder: string, entry: string }>} `entry` is the URL to import
 */
export async function installPlatformatic() {
  const manifests = ['package.json', 'package-lock.json'];
  const folder = await installed('platformatic', manifests, (partial) => {
    for (const name of manifests) cpSync(join(here, 'platformatic', name), join(partial, name));
    // Under `npm run` the environment names the folder of this repository; --prefix outweighs it.
    return runShown({
      title: 'Installing @platformatic/kafka with npm',
      command: script(
        'npm',
        'ci',
        '--prefix',
        partial,
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ),
      cwd: partial,
    });
  });
  const packageFolder = join(folder, 'node_modules', '@platformatic', 'kafka');
  const { exports } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const main = exports['.']?.default ?? exports['.'] ?? exports;
  return { folder, entry: pathToFileURL(join(packageFolder, main)).href };
}

/**
 * confluent-kafka, which brings librdkafka, in a virtual environment.
 * @returns {Promise<{ folder: string, python: string }>} `python` is the program that can import it
 */
export async function installConfluentKafka() {
  const folder = await installed('confluent-kafka', ['requirements.txt'], async (partial) => {
    const [program, ...args] = required(python(), 'confluent-kafka').command;
    const title = 'Installing confluent-kafka with pip';
    await runShown({
      title: 'Making its virtual environment',
      command: [program, ...args, '-m', 'venv', partial],
      cwd: cache,
    });
    const options = ['--no-input', '--no-deps', '--no-cache-dir', '--only-binary=:all:', '--no-warn-script-location'];
    const requirements = join(here, 'confluent-kafka', 'requirements.txt');
    const command = [pythonOf(partial), '-m', 'pip', 'install', ...options, '--requirement', requirements];
    await runShown({ title, command, cwd: cache });
  });
  return { folder, python: pythonOf(folder) };
}

/** @param {string} venv */
function pythonOf(venv) {
  return windows ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');
}

/**
 * kafka-clients for Java, and the driver compiled against it.
 * @returns {Promise<{ folder: string, libraries: string, driver: string[] }>} `libraries` is a class path as Java expands it;
 * `driver` are the arguments of `java` that run our driver
 */
export async function installJava() {
  const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  const folder = await installed('java', ['pom.xml'], (partial) => {
    cpSync(join(here, 'java', 'pom.xml'), join(partial, 'pom.xml'));
    const command = script('mvn', '-q', '-B', copyDependencies, '-DincludeScope=runtime', '-DoutputDirectory=libs');
    return runShown({ title: 'Installing kafka-clients with Maven', command, cwd: partial });
  });
  const libraries = join(folder, 'libs', '*');
  const classes = await installed('java-driver', ['pom.xml', 'Driver.java'], (partial) => {
    const command = ['javac', '-cp', libraries, '-d', partial, join(here, 'java', 'Driver.java')];
    return runShown({ title: 'Compiling the driver for Java', command, cwd: partial });
  });
  const path = [libraries, classes].join(windows ? ';' : ':');
  // Quick to start rather than quick to run: the first compiler only, a small heap.
  const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', ...utf8];
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
  return { folder, libraries, driver: [...options, quiet, '-cp', path, 'Driver'] };
}

/** franz-go: our driver as a program. @returns {Promise<{ driver: string }>} its path */
export async function installFranzGo() {
  return { driver: await goProgram('franz-go-driver', 'driver') };
}

/** franz-go's own broker as a program; `kfake/main.go` says how to call it. @returns {Promise<{ kfake: string }>} its path */
export async function installKfake() {
  return { kfake: await goProgram('franz-go', 'kfake') };
}

/**
 * @param {string} name
 * @param {string} program
 */
async function goProgram(name, program) {
  const cwd = join(here, 'franz-go');
  const sources = readdirSync(join(cwd, program)).filter((file) => file.endsWith('.go'));
  const manifests = ['go.mod', 'go.sum', ...sources.sort().map((file) => `${program}/${file}`)];
  const folder = await installed(name, manifests, (partial) => {
    const title = `Building ${program} with Go and franz-go`;
    return runShown({ title, command: ['go', 'build', '-o', partial, `./${program}`], cwd, env: goEnvironment() });
  });
  return join(folder, windows ? `${program}.exe` : program);
}

/** Modules and objects of Go stay below `.cache/`, can be deleted, and no other version of Go is fetched. */
function goEnvironment() {
  return {
    ...process.env,
    GOMODCACHE: join(cache, 'go', 'modules'),
    GOCACHE: join(cache, 'go', 'objects'),
    GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
    GOTOOLCHAIN: 'local',
  };
}

/**
 * Makes a folder once. It gets its name when it is complete, so that an interrupted installation is not taken for a whole one.
 * @param {string} name of the folder with the manifests, or that with `-driver`
 * @param {string[]} manifests the files from which everything follows
 * @param {(partial: string) => Promise<void>} make
 */
async function installed(name, manifests, make) {
  const sources = join(here, name.replace(/-driver$/, ''));
  const hash = createHash('sha256');
  for (const file of manifests) hash.update(readFileSync(join(sources, file), 'utf8').replaceAll('\r\n', '\n'));
  const folder = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await make(partial);
    try {
      renameSync(partial, folder);
    } catch (error) {
      // Another script may have been quicker with the same.
      if (!existsSync(folder)) throw error;
    }
    forgetOthers(name, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true, maxRetries: 3 });
  }
  return folder;
}

/**
 * Other versions of the same are of no more use.
 * @param {string} name
 * @param {string} kept
 */
function forgetOthers(name, kept) {
  for (const entry of readdirSync(cache)) {
    const folder = join(cache, entry);
    const isVersion = entry.startsWith(`${name}-`) && /^[0-9a-f]{12}$/.test(entry.slice(name.length + 1));
    if (isVersion && folder !== kept) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * A program that is a script on Windows, where only the command interpreter can start it.
 * @param {string} program
 * @param {...string} args
 */
function script(program, ...args) {
  return windows ? ['cmd', '/c', program, ...args] : [program, ...args];
}

/**
 * @template T
 * @param {T | undefined} found
 * @param {Installable} client
 * @returns {T}
 */
function required(found, client) {
  if (found === undefined) throw new Error(`${client} cannot be installed: ${whyNotHere(client)}`);
  return found;
}
