/**
 * Runs one submission in a child and its checker in a thread, carries lines between the two, and stops both when a limit is passed.
 *
 * The supervisor alone says how it ended. It reads nothing of what it carries but the ends of lines, so whatever a submission sends, it is the judge that has to
 * make sense of it; and a submission that ends, floods or says nothing is stopped here, whatever the judge is doing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { commandOf, environment, type Limits, type Walls } from './confinement.ts';
import type { Asked, Question, Report } from './judge.ts';
import { killGroup, usageOf, watch } from './processes.ts';

export type Status =
  | 'passed'
  | 'not yet'
  | 'does not run'
  | 'throws'
  | 'stopped'
  | 'nothing to grade'
  | 'cannot be graded';

export interface Ending {
  readonly status: Status;
  /** What the checker said, or why it ended. */
  readonly lines: readonly string[];
  /** The beginning of what the submission printed. */
  readonly printed: string;
}

/** A judge that can be asked again, until it is ended. */
export class Judge {
  readonly #program: string;
  #thread: Worker | undefined;
  #port: MessagePort | undefined;
  #count = new Int32Array(new SharedArrayBuffer(4));

  /** @param program the bundled `judge.ts` */
  constructor(program: string) {
    this.#program = program;
  }

  ask(question: Question, told: (report: Report) => void): void {
    this.#thread ??= new Worker(this.#program, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    this.#thread.removeAllListeners();
    this.#thread.on('message', told);
    this.#thread.on('error', (error: Error & { code?: string }) => {
      this.#thread = undefined;
      const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const failure = isFull ? 'has handed the checker more than it can hold' : 'cannot be graded';
      told({ failure, lines: [error.message] });
    });
    const { port1, port2 } = new MessageChannel();
    this.#port?.close();
    this.#port = port1;
    this.#count = new Int32Array(new SharedArrayBuffer(4));
    const asked: Asked = { question, port: port2, count: this.#count };
    this.#thread.postMessage(asked, [port2]);
  }

  /** Hands over a line of the child. */
  pass(line: string): void {
    this.#port?.postMessage(line);
    Atomics.add(this.#count, 0, 1);
    Atomics.notify(this.#count, 0);
  }

  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#port?.close();
    this.#port = undefined;
    await thread?.terminate();
  }
}

export interface Run {
  readonly judge: Judge;
  readonly walls: Walls;
  readonly limits: Limits;
  /** Where the bundled child and submission lie; the child may read nothing else. */
  readonly folder: string;
  readonly question: Question;
}

const LOOK_EVERY_MS = 50;
/** The child, and the program that puts it into its namespaces. */
const PROCESSES = 2;
const PRINTED_KEPT = 2000;
/** What Node itself takes, beside the memory that the submission is granted. */
const NODE_MB = 120;
const MEGABYTE = 1024 * 1024;

export function supervise(run: Run): Promise<Ending> {
  return new Promise((resolve) => new Supervision(run, resolve).begin());
}

class Supervision {
  readonly #run: Run;
  readonly #done: (ending: Ending) => void;
  readonly #started = performance.now();
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since when the child has owed a message. */
  #owedSince: number | undefined;
  #rest = '';
  #received = 0;
  #printed = '';
  #printedBytes = 0;
  #isOver = false;
  /** When all that the child has printed is here. */
  #closed: Promise<unknown> = Promise.resolve();

  constructor(run: Run, done: (ending: Ending) => void) {
    this.#run = run;
    this.#done = done;
  }

  begin(): void {
    const { walls, folder, judge, question } = this.#run;
    const [program, ...parameters] = commandOf(walls, folder, 'child.mjs');
    const child = spawn(program, parameters, {
      cwd: folder,
      env: environment(),
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#child = child;
    watch(child);
    this.#owedSince = performance.now();
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => this.#print(chunk));
    const pipe = this.#pipe();
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => this.#receive(chunk));
    // What is written to a child that has just ended; its end is reported by itself.
    pipe.on('error', () => {});
    this.#closed = closing(child);
    child.once('error', (error) => this.#end('cannot be graded', [`The child does not start: ${error.message}`]));
    child.once('exit', (code, signal) => setImmediate(() => this.#exited(code, signal)));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    judge.ask(question, (report) => this.#told(report));
  }

  #pipe(): Duplex {
    return this.#child?.stdio[3] as Duplex;
  }

  #told(report: Report): void {
    if (this.#isOver) return;
    if ('line' in report) {
      this.#owedSince = performance.now();
      this.#pipe().write(`${report.line}\n`);
    } else if ('verdict' in report) {
      this.#end(report.verdict.passed ? 'passed' : 'not yet', report.verdict.lines);
    } else {
      const { failure, lines } = report;
      const known: Status[] = ['does not run', 'throws', 'nothing to grade', 'cannot be graded'];
      const status = known.find((one) => one === failure);
      if (status === undefined) this.#stop(`It ${failure}: ${lines.join(' ')}.`);
      else this.#end(status, lines);
    }
  }

  #receive(chunk: string): void {
    if (this.#isOver) return;
    this.#owedSince = undefined;
    this.#received += chunk.length;
    if (this.#received > PIPE_FACTOR * this.#run.limits.outputBytes)
      return this.#stop('It sent more to the grader than any answer needs.');
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > this.#run.limits.outputBytes) return this.#stop('It sent a message that does not end.');
    for (const line of lines) this.#run.judge.pass(line);
  }

  #print(chunk: Buffer): void {
    this.#printedBytes += chunk.length;
    if (this.#printed.length < PRINTED_KEPT) this.#printed += chunk.toString('utf8').slice(0, PRINTED_KEPT);
    const { outputBytes } = this.#run.limits;
    if (this.#printedBytes > outputBytes) this.#stop(`It printed more than ${Math.round(outputBytes / 1000)} kB.`);
  }

  #look(): void {
    const { totalMs, answerMs, cpuMs, memoryMb } = this.#run.limits;
    const now = performance.now();
    const used = this.#child?.pid === undefined ? undefined : usageOf(this.#child.pid);
    if (used !== undefined && used.processes > PROCESSES) return this.#stop('It has started other processes.');
    if (used !== undefined && used.cpuMs > cpuMs) {
      return this.#stop(`It used more than ${seconds(cpuMs)} of processor time: an endless loop, perhaps.`);
    }
    if (this.#owedSince !== undefined && now - this.#owedSince > answerMs) {
      return this.#stop(`No answer in ${seconds(answerMs)}: an endless loop, perhaps.`);
    }
    if (now - this.#started > totalMs) return this.#stop(`It was not over after ${seconds(totalMs)}.`);
    if (used !== undefined && used.memoryBytes > (memoryMb + NODE_MB) * MEGABYTE) {
      this.#stop(`It took more than ${memoryMb} MB of memory.`);
    }
  }

  #exited(code: number | null, signal: string | null): void {
    if (/heap out of memory|Array buffer allocation failed/.test(this.#printed)) {
      return this.#stop(`It took more than ${this.#run.limits.memoryMb} MB of memory.`);
    }
    // The code with which Node ends when an await at the top waits for something that nobody will do.
    if (code === 13) return this.#stop('An await outside all functions never ends.');
    this.#stop(`Its process ended before the check was over, with ${signal ?? `exit code ${code}`}.`);
  }

  #stop(why: string): void {
    if (this.#isOver) return;
    // The judge stands still, waiting for a child that is gone.
    const ended = this.#run.judge.end();
    this.#end('stopped', [why], ended);
  }

  #end(status: Status, lines: readonly string[], after: Promise<void> = Promise.resolve()): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    const child = this.#child;
    if (child !== undefined) killGroup(child);
    Promise.all([after, this.#closed]).then(() => {
      this.#done({ status, lines, printed: this.#printed.slice(0, PRINTED_KEPT) });
    });
  }
}

const CLOSING_MS = 2000;

/** When a child has ended and its output was read to the end; not much later, should somebody else hold that open. */
function closing(child: ChildProcess): Promise<unknown> {
  const closed = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  const late = new Promise((resolve) => child.once('exit', () => setTimeout(resolve, CLOSING_MS).unref()));
  return Promise.race([closed, late]);
}

/** What goes through the pipe in a long judging is many times what a program may print. */
const PIPE_FACTOR = 200;

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
