/**
 * The worker in which cells run. It is started by a sandboxed frame (frame.ts) from text that the page sends, and speaks with the page
 * through one port, which no cell can reach: everything the kernel needs from the browser is taken before the first cell runs.
 *
 * This file, the library and the course's tools are bundled into one text (bundle.ts) that the page loads at the first Run.
 */

import * as course from 'course';
import * as kafkaito from 'kafkaito';
import { createConsole } from './console.ts';
import { inspect } from './inspect.ts';
import { type Exports, takePart } from './parts.ts';
import type { CellOutput, DisplayBundle, KernelMessage, RunRequest } from './protocol.ts';
import { OUTPUT_LIMIT } from './protocol.ts';
import { CellRuntime } from './runtime.ts';

/** Deep enough that the line of the cell is still in the stack when the library fails far below it. */
const STACK_FRAMES = 50;

type Send = (message: KernelMessage) => void;

/** Counts what a run prints, and stops handing it on at the limit. */
class OutputMeter {
  readonly #send: Send;
  #run = 0;
  #printed = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Later output belongs to this run, also what an earlier run's timers print: there is no telling them apart. */
  startRun(run: number): void {
    this.#run = run;
    this.#printed = 0;
  }

  emit(output: CellOutput, size: number): void {
    if (this.#printed > OUTPUT_LIMIT) return;
    this.#printed += size;
    if (this.#printed <= OUTPUT_LIMIT) {
      this.#send({ type: 'output', run: this.#run, output });
      return;
    }
    const text = `\nThe output is longer than ${OUTPUT_LIMIT / 1000} kB: the rest is not shown.\n`;
    this.#send({ type: 'output', run: this.#run, output: { kind: 'text', stream: 'stderr', text } });
  }
}

function start(port: MessagePort): void {
  const send: Send = port.postMessage.bind(port);
  const meter = new OutputMeter(send);
  const print = (stream: 'stdout' | 'stderr', text: string) => meter.emit({ kind: 'text', stream, text }, text.length);
  const cellConsole = createConsole(print);
  Object.assign(globalThis.console, cellConsole);
  Object.assign(Error, { stackTraceLimit: STACK_FRAMES });
  Object.assign(globalThis, {
    [Symbol.for('kafkaito.stage')]: true,
    [Symbol.for('kafkaito.display')]: (bundle: DisplayBundle) => {
      const copy = JSON.parse(JSON.stringify(bundle)) as DisplayBundle;
      meter.emit({ kind: 'display', bundle: copy }, JSON.stringify(copy).length);
    },
  });
  globalThis.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    print('stderr', `UnhandledPromiseRejection: ${describe(event.reason)}\n`);
  });
  globalThis.addEventListener('error', (event) => {
    event.preventDefault();
    print('stderr', `UncaughtException: ${describe(event.error)}\n`);
  });
  const modules: Record<string, () => Exports> = {
    kafkaito: () => kafkaito,
    course: () => course,
    'kafkaito/node': () => {
      throw new Error("kafkaito/node needs a socket: use simulate, from 'kafkaito'");
    },
  };
  const runtime = new CellRuntime(modules, cellConsole.log);
  port.onmessage = async (event: MessageEvent<RunRequest>) => {
    const { run, name, source, isModule, files, parts } = event.data;
    for (const [part, text] of Object.entries(parts)) {
      const exports = takePart(part, text);
      if (part === 'kafkajs') modules[part] = () => exports.kafkajs as Exports;
      else if (part !== 'codecs') modules[part] = () => exports;
    }
    meter.startRun(run);
    if (isModule) cellConsole.log(`saved ${name}`);
    const result = isModule ? runtime.check(name, source) : await runtime.run(name, source, files);
    send({ type: 'done', run, result });
  };
  send({ type: 'ready' });
}

function describe(reason: unknown): string {
  return typeof reason === 'string' ? reason : inspect(reason);
}

globalThis.addEventListener('message', (event: MessageEvent) => start(event.ports[0]), { once: true });
