/**
 * `npm run test:package`: packs the package as `npm publish` would, installs it into an empty project outside this one,
 * and does there what its users do: a test in vitest with kafkajs, a script in CommonJS, types under the compilers from
 * 5.0 to 7, a page for a browser. publint and attw look for what this leaves out. Run `npm run build` first.
 *
 * The tools that only this needs have a manifest and a lock of their own (tools/), and are installed below .cache.
 */
import '../tools/install.mjs';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { packageScript, root, runSteps } from '../tools/steps.mjs';
import { filesOfPage } from './page.mjs';

const MOST_BYTES = 200_000;
const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const here = join(root, 'test', 'package');
const tools = join(root, '.cache', 'package-tools');
const folder = mkdtempSync(join(tmpdir(), 'kafkaito-package-'));
const project = join(folder, 'project');
const tarball = join(folder, `kafkaito-${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}.tgz`);
const installed = join(project, 'node_modules', 'kafkaito');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const compilers = {
  'TypeScript 5.0.4': packageScript('typescript5', 'bin', 'tsc'),
  'TypeScript 5.6': join(tools, 'node_modules', 'typescript56', 'bin', 'tsc'),
  'TypeScript 6': packageScript('typescript6', 'bin', 'tsc'),
  'TypeScript 7': packageScript('typescript', 'bin', 'tsc'),
};

await runSteps([
  { name: 'Tools', essential: true, run: installTools },
  { name: `Packed, in less than ${MOST_BYTES / 1000} kB`, essential: true, run: pack },
  { name: 'Installed into an empty project', essential: true, run: installProject },
  { name: 'Nothing in it is native or runs when installed', run: lookForNativeCode },
  {
    name: 'The page "A cluster in your test": vitest and kafkajs, in ES modules',
    run: () => inProject(join(project, 'node_modules', 'vitest', 'vitest.mjs'), 'run'),
  },
  { name: 'A script in CommonJS, with one copy of each class', run: runScript },
  { name: 'The command', run: runCommand },
  ...Object.entries(compilers).map(([name, tsc]) => ({
    name: `${name} reads the types, found as Node and as bundlers find them`,
    run: () => checkTypes(tsc),
  })),
  { name: 'A page for a browser, run without anything of Node', run: runPage },
  { name: 'A page that wants sockets is told what to do', run: runPageWithSockets },
  {
    name: 'publint',
    run: () => inProject(join(tools, 'node_modules', 'publint', 'src', 'cli.js'), 'run', '--strict', installed),
  },
  {
    name: 'attw (Are the types wrong?)',
    run: () =>
      inProject(
        join(tools, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js'),
        '--format',
        'ascii',
        tarball,
      ),
  },
]);

async function installTools() {
  const lock = readFileSync(join(here, 'tools', 'package-lock.json'), 'utf8');
  const done = join(tools, 'installed');
  if (existsSync(done) && readFileSync(done, 'utf8') === lock) return;
  rmSync(tools, { recursive: true, force: true });
  mkdirSync(tools, { recursive: true });
  cpSync(join(here, 'tools'), tools, { recursive: true });
  await npm(tools, 'ci', ...quiet);
  writeFileSync(done, lock);
}

async function pack() {
  if (!existsSync(join(root, 'dist', 'index.cjs'))) throw new Error('there is no dist/: run  npm run build');
  await npm(root, 'pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder);
  const { size } = statSync(tarball);
  console.log(`   ${size} bytes`);
  if (size >= MOST_BYTES) throw new Error(`${size} bytes: look what has come in with  npm pack --dry-run`);
}

async function installProject() {
  cpSync(join(here, 'project'), project, { recursive: true });
  for (const [name, text] of filesOfPage()) writeFileSync(join(project, name), text);
  await npm(project, 'install', ...quiet, tarball);
}

function lookForNativeCode() {
  const { scripts = {}, dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const names = Object.keys(dependencies);
  if (names.join() !== 'fflate') throw new Error(`it depends on ${names.join(', ')}, and fflate alone was meant`);
  const run = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);
  if (run.length > 0) throw new Error(`it would run ${run.join(', ')} when it is installed`);
  const native = [installed, join(project, 'node_modules', 'fflate')].filter((each) =>
    existsSync(join(each, 'binding.gyp')),
  );
  if (native.length > 0) throw new Error(`${native.join()} would be compiled`);
}

async function runScript() {
  const printed = await read(project, 'script.cjs');
  const expected = { key: 'Ada', value: '+100', offset: 0, sameClasses: true };
  if (printed !== `${JSON.stringify(expected)}\n`) throw new Error(`it printed ${printed}`);
}

async function runCommand() {
  const printed = await read(project, join(installed, 'lib', 'node', 'command.mjs'), '--version');
  if (!/^\d+\.\d+\.\d+\n$/.test(printed)) throw new Error(`it printed ${printed}`);
}

/** @param {string} tsc */
async function checkTypes(tsc) {
  const common = { strict: true, target: 'ES2022', types: [], noEmit: true, skipLibCheck: false };
  const asNode = { ...common, lib: ['ES2022'], module: 'NodeNext', moduleResolution: 'NodeNext' };
  const asBundler = { ...common, lib: ['ESNext'], module: 'ESNext', moduleResolution: 'Bundler' };
  for (const compilerOptions of [asNode, asBundler]) {
    const config = join(project, 'tsconfig.json');
    cpSync(join(project, 'consumer.mts'), join(project, 'consumer.cts'));
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.mts', 'consumer.cts'] }));
    await inProject(tsc, '-p', config);
  }
}

async function runPage() {
  const code = await bundleForBrowser("export { run } from './page.mjs';");
  /** @type {MessageChannel[]} */
  const channels = [];
  class Channel extends MessageChannel {
    constructor() {
      super();
      channels.push(this);
    }
  }
  const given = { console, performance, queueMicrotask, setTimeout, TextDecoder, TextEncoder };
  const printed = await runInContext(`${code}; page.run()`, createContext({ ...given, MessageChannel: Channel }));
  // An open channel would keep this process alive; a page goes away with its tab.
  for (const { port1 } of channels) port1.close();
  if (printed !== 'Ada +100') throw new Error(`it read ${printed}`);
}

async function runPageWithSockets() {
  const code = await bundleForBrowser("export { serve } from 'kafkaito/node';");
  try {
    runInContext(code, createContext({}));
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    if (message.includes('needs a socket') && message.includes('simulate')) return;
    throw error;
  }
  throw new Error('it ran');
}

/** @param {string} contents */
async function bundleForBrowser(contents) {
  const { build } = await import('esbuild');
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: project },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    write: false,
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  return outputFiles[0].text;
}

/** @param {string[]} args */
function inProject(...args) {
  return run(project, process.execPath, args, 'inherit');
}

/**
 * @param {string} cwd
 * @param {string[]} args
 */
function read(cwd, ...args) {
  return run(cwd, process.execPath, args, 'pipe');
}

/**
 * npm in a folder, which `--prefix` names too: run by `npm run`, npm would otherwise mean the project it was started in.
 * @param {string} cwd
 * @param {string[]} args
 */
function npm(cwd, ...args) {
  const script = process.env.npm_execpath;
  const own = [...args, '--prefix', cwd];
  if (script?.endsWith('npm-cli.js')) return run(cwd, process.execPath, [script, ...own], 'pipe');
  return run(cwd, 'npm', own, 'pipe');
}

/**
 * Runs a program to its end and answers what it printed, unless it inherits our output.
 * @param {string} cwd
 * @param {string} command
 * @param {string[]} args
 * @param {'inherit' | 'pipe'} output
 * @returns {Promise<string>} rejects when the exit code is not 0
 */
function run(cwd, command, args, output) {
  const shell = command === 'npm' && process.platform === 'win32';
  const child = spawn(command, args, { cwd, shell, stdio: ['ignore', output, 'inherit'] });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(printed)
        : reject(new Error(`exit code ${code} of ${[command, ...args].join(' ')}\n${printed}`)),
    );
  });
}
