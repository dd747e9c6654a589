/**
 * A client in a process of its own, so that what it uses can be told from what others use; clients/contestant.mjs is the other side.
 *
 * Processes live as long as the contest does: a client is measured warm, after its compiler has seen everything once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job } from './clients/contestant.mjs';

/** What a job has cost. */
export interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

/** A job that takes longer is given up. */
const LIMIT_MS = 60_000;

/** The path of a file beside the benchmarks. */
export function fileHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  /** Whoever waits for the next line of the client; undefined stands for its end. */
  #waiting: (line: string | undefined) => void = () => {};

  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', () => this.#waiting(undefined));
    this.#child.stdin!.on('error', () => {});
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on('line', (line) => this.#waiting(line));
    lines.on('close', () => this.#waiting(undefined));
  }

  /** Throws when the client cannot do the job, or takes too long. */
  async run(job: Job): Promise<Cost> {
    const answer = this.#nextLine();
    this.#child.stdin!.write(`${JSON.stringify(job)}\n`);
    const cost: Cost | { readonly error: string } = JSON.parse(await answer);
    if ('error' in cost) throw new Error(`${this.name}: ${cost.error}`);
    return cost;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const exit = once(this.#child, 'exit');
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await exit;
    clearTimeout(timer);
  }

  #nextLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${this.name} has not done its job within ${LIMIT_MS / 1000} s`));
      const timer = setTimeout(late, LIMIT_MS);
      this.#waiting = (line) => {
        clearTimeout(timer);
        if (line === undefined) reject(new Error(`the process of ${this.name} has ended`));
        else resolve(line);
      };
    });
  }
}
