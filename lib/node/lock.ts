/**
 * One folder, one broker. Two processes that append to the same log would each overwrite what the other has acknowledged.
 *
 * Node has no file locks, so the lock is a file that names its holder: machine, process id, and when that process began. A
 * process that is killed leaves the file behind, and the next one must know that for certain before it takes over: ids of processes are used
 * again, which is why the beginning counts too. Linux tells when another process began; elsewhere a living process with the right id is
 * taken for the holder, and the message says which file to delete if it is not.
 */
import { readFileSync, rmSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskLocked } from '../world/errors.ts';
import type { Cancel } from '../world/world.ts';
import { diskFailure } from './diskFailure.ts';
import { makeFolder } from './makeFolder.ts';

const LOCK = 'kafkaito.lock';
/** Held for the moments in which a stale lock is replaced, so that two processes that find it do not both take it. */
const TAKEOVER = 'kafkaito.lock.takeover';
/** A takeover is a matter of milliseconds; one that is older died half-way. */
const TAKEOVER_TIMEOUT_MS = 5_000;

/** The files of the folder that belong to the lock and not to the disk. */
export const LOCK_NAMES = [LOCK, TAKEOVER];

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process began, in words of the system; equal words mean the same process. */
  readonly began: string;
}

/** Takes `folder`, or rejects with `DiskLocked`. `say` gets a line when the lock of a dead process is taken over. */
export async function lockFolder(folder: string, say: (line: string) => void): Promise<Cancel> {
  const me: Holder = { host: hostname(), pid: process.pid, began: beginOf(process.pid) ?? '' };
  try {
    await makeFolder(folder);
    if (!(await create(join(folder, LOCK), me))) await takeOver(folder, me, say);
  } catch (error) {
    throw error instanceof DiskLocked ? error : diskFailure('use the folder', folder, error);
  }
  return () => {
    if (same(readHolderNow(folder), me)) rmSync(join(folder, LOCK), { force: true });
  };
}

async function takeOver(folder: string, me: Holder, say: (line: string) => void): Promise<void> {
  const lock = join(folder, LOCK);
  refuseIfAlive(folder, await readHolder(lock), me);
  const guard = join(folder, TAKEOVER);
  if (!(await create(guard, me))) {
    if (Date.now() - (await stat(guard)).mtimeMs < TAKEOVER_TIMEOUT_MS) {
      throw new DiskLocked(
        `${folder} is being taken over by another process: try again in ${TAKEOVER_TIMEOUT_MS / 1000} s`,
      );
    }
    await rm(guard, { force: true });
    return takeOver(folder, me, say);
  }
  try {
    // Another process may have come and gone between the first look and the guard.
    const holder = await readHolder(lock);
    refuseIfAlive(folder, holder, me);
    await rm(lock, { force: true });
    if (!(await create(lock, me)))
      throw new DiskLocked(`${folder} has just been locked by another process: use another folder`);
    say(
      `took over ${folder} from ${holder ? `process ${holder.pid}, which ended` : 'a process that ended'} without giving it back`,
    );
  } finally {
    await rm(guard, { force: true });
  }
}

function refuseIfAlive(folder: string, holder: Holder | undefined, me: Holder): void {
  if (!holder) return;
  const lock = join(folder, LOCK);
  if (holder.host !== me.host) {
    throw new DiskLocked(
      `${folder} is locked by process ${holder.pid} on ${holder.host}: stop it, or, if it no longer runs, delete ${lock}`,
    );
  }
  if (holder.pid === me.pid) {
    if (holder.began !== me.began) return;
    throw new DiskLocked(
      `${folder} is in use by this very process: close the other broker first, or use another folder`,
    );
  }
  if (!isRunning(holder.pid)) return;
  const began = beginOf(holder.pid);
  if (began !== undefined && began !== holder.began) return;
  throw new DiskLocked(
    `${folder} is locked by process ${holder.pid}, which is running: stop it, or use another folder${began === undefined ? ` (if process ${holder.pid} is another program, delete ${lock})` : ''}`,
  );
}

/** Whether the file could be made; false when it exists. */
async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(holder)}\n`, { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock; undefined for one that says nothing: its writer died in the act, or the file is gone. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const holder = parse(await readFile(path, 'utf8').catch(() => ''));
    if (holder) return holder;
    // Perhaps its writer is between making the file and filling it.
    await sleep(40);
  }
  return undefined;
}

function readHolderNow(folder: string): Holder | undefined {
  try {
    return parse(readFileSync(join(folder, LOCK), 'utf8'));
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { host, pid, began } = JSON.parse(text);
    return typeof host === 'string' && Number.isInteger(pid) && typeof began === 'string'
      ? { host, pid, began }
      : undefined;
  } catch {
    return undefined;
  }
}

function same(a: Holder | undefined, b: Holder): boolean {
  return a !== undefined && a.host === b.host && a.pid === b.pid && a.began === b.began;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it: it runs, for another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began: on Linux in ticks since a certain boot, for this process elsewhere by its own clock, else unknown. */
function beginOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name of the program, in parentheses, may hold spaces; the fields behind it do not. The first is the state.
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, and only waits for its parent to notice.
    return fields[0] === 'Z' ? 'ended' : `${boot} ${fields[19]}`;
  } catch {
    return pid === process.pid ? `${Math.round(performance.timeOrigin)}` : undefined;
  }
}
