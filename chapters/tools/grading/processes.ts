/** The processes of a submission: what they use, and their end, all together and without a shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const running = new Set<ChildProcess>();

/** Sees to it that a child does not outlive this process. */
export function watch(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', endAll);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.removeListener('exit', endAll);
  });
}

function endAll(): void {
  for (const child of running) killGroup(child);
}

/** Ends a child and everything that it has started. It must have been started as the head of a group (`detached`) where there are groups. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).once(
      'error',
      () => child.kill('SIGKILL'),
    );
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

export interface Usage {
  /** Of a processor, since each process began. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

/** What a process and its descendants use, where the system tells (Linux); otherwise undefined. */
export function usageOf(pid: number): Usage | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = familyOf(pid);
  const sum = (of: (one: number) => number) => all.reduce((total, one) => total + of(one), 0);
  return { cpuMs: sum(cpuMsOf), memoryBytes: sum(residentBytes), processes: all.length };
}

/** A process and all that it has started, and that has started since. */
export function familyOf(pid: number): number[] {
  const children = contentOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

const PAGE_BYTES = 4096;
/** Linux counts processor time in hundredths of a second wherever it tells programs about it. */
const TICK_MS = 10;

function cpuMsOf(pid: number): number {
  // The second field is the name of the program, in brackets, and may contain anything.
  const fields = contentOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

function residentBytes(pid: number): number {
  return Number(contentOf(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
