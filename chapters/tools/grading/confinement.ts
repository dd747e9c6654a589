/**
 * What keeps a submission from doing harm, as far as this machine gives it; and a trial that shows what really held, since the report must say so.
 *
 * Node's own permissions are there everywhere: no files outside the submission's folder, no other programs, no threads, no native code. Node calls them a seat
 * belt, no wall against an attacker. On Linux come namespaces (no network, no other process to be seen) where the system lets a user make them, and limits on
 * processor time and file size. Nothing of it is needed for a fair verdict, which the pipe sees to.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, sep } from 'node:path';
import { killGroup } from './processes.ts';

export interface Limits {
  /** For all that one judging takes, in ms of a clock on the wall. */
  readonly totalMs: number;
  /** For one answer of the learner's code. */
  readonly answerMs: number;
  /** Of a processor, where the system tells. */
  readonly cpuMs: number;
  readonly memoryMb: number;
  /** What it prints and sends, in bytes. */
  readonly outputBytes: number;
}

/** How a child is started: the programs that are put before Node, and Node's own options. */
export interface Walls {
  readonly before: readonly string[];
  readonly options: readonly string[];
}

/** One thing that was tried from inside. */
export interface Held {
  readonly what: string;
  readonly holds: boolean;
}

export interface Confinement {
  readonly walls: Walls;
  readonly held: readonly Held[];
}

const MEGABYTE = 1024 * 1024;

/**
 * Tries what this machine gives, the strongest first.
 * @param folder the grader's own, for files that come and go
 * @param trial the bundled `trial.ts`
 */
export async function confine(folder: string, trial: string, limits: Limits): Promise<Confinement> {
  const ways = [...new Set([[...resourceLimits(limits), ...namespaces()], resourceLimits(limits), []])];
  for (const before of ways) {
    const walls = { before, options: nodeOptions(limits) };
    const held = await tried(folder, trial, walls);
    if (held !== undefined) return { walls, held };
  }
  throw new Error('No child process can be started here, so nothing can be graded. Does  node --version  work?');
}

/** The command that runs a file in `folder` behind the walls. */
export function commandOf({ before, options }: Walls, folder: string, file: string, ...parameters: string[]): string[] {
  return [
    ...before,
    process.execPath,
    ...options,
    `--allow-fs-read=${join(folder, sep)}`,
    join(folder, file),
    ...parameters,
  ];
}

function nodeOptions({ memoryMb }: Limits): string[] {
  const isOld = !process.allowedNodeEnvironmentFlags.has('--permission');
  const permission = isOld ? '--experimental-permission' : '--permission';
  // It reads and writes files past the permissions.
  const hasSqlite = process.allowedNodeEnvironmentFlags.has('--experimental-sqlite');
  const noSqlite = hasSqlite ? ['--no-experimental-sqlite'] : [];
  return [permission, ...noSqlite, '--no-warnings', '--unhandled-rejections=warn', `--max-old-space-size=${memoryMb}`];
}

function resourceLimits({ cpuMs, outputBytes }: Limits): string[] {
  const program = programOf('prlimit');
  if (program === undefined) return [];
  return [program, `--cpu=${Math.ceil(cpuMs / 1000) + 2}`, `--fsize=${outputBytes}`, '--core=0', '--nofile=256', '--'];
}

function namespaces(): string[] {
  const program = programOf('unshare');
  if (program === undefined) return [];
  const apart = ['--user', '--map-root-user', '--net', '--pid', '--ipc', '--uts', '--mount-proc'];
  return [program, ...apart, '--fork', '--kill-child', '--'];
}

function programOf(name: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** What a child may see of the environment: nothing, but for what Windows needs to start a program. */
export function environment(): NodeJS.ProcessEnv {
  return process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {};
}

/** What `trial.ts` found out. Undefined: a child does not even start that way. */
async function tried(folder: string, trial: string, walls: Walls): Promise<Held[] | undefined> {
  const inside = join(folder, 'trial');
  mkdirSync(inside, { recursive: true });
  copyFileSync(trial, join(inside, 'trial.mjs'));
  const outside = join(folder, 'outside.txt');
  writeFileSync(outside, 'not for submissions');
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const parameters = [outside, String(port), String(process.pid)];
  const printed = await outputOf(commandOf(walls, inside, 'trial.mjs', ...parameters), inside);
  server.close();
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}

const TRIAL_MS = 10_000;

function outputOf([program, ...parameters]: string[], cwd: string): Promise<string> {
  const child = spawn(program, parameters, {
    cwd,
    env: environment(),
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    if (printed.length < MEGABYTE) printed += chunk;
  });
  const late = setTimeout(() => killGroup(child), TRIAL_MS);
  return new Promise((resolve) => {
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(printed));
  }).finally(() => clearTimeout(late)) as Promise<string>;
}
