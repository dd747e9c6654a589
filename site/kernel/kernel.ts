/**
 * The page's end of the cell kernel: puts the sandboxed frame into the page, hands it the kernel's text, runs one cell at a time, and ends it
 * all by taking the frame away, which is the only way to stop an endless loop.
 */

import type { CellOutput, KernelMessage, RunRequest, RunResult } from './protocol.ts';

/** How a run ended; `stopped` when the kernel was ended meanwhile. */
export type RunEnd = RunResult | 'stopped';

interface Pending {
  run: number;
  onOutput: (output: CellOutput) => void;
  end: (result: RunEnd) => void;
}

/** One worker in one frame. After `stop` it is of no more use. */
export class Kernel {
  readonly #frame: HTMLIFrameElement;
  readonly #port: MessagePort;
  #pending: Pending | null = null;
  #runs = 0;
  #isStopped = false;

  private constructor(frame: HTMLIFrameElement, port: MessagePort) {
    this.#frame = frame;
    this.#port = port;
    port.onmessage = (event: MessageEvent<KernelMessage>) => this.#receive(event.data);
  }

  /** Starts a kernel; resolves when it can run cells. */
  static async start(frameDocument: string, workerText: string): Promise<Kernel> {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.title = 'Where the cells of this page run';
    frame.hidden = true;
    frame.srcdoc = frameDocument;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    document.body.append(frame);
    await loaded;
    const { port1, port2 } = new MessageChannel();
    const ready = new Promise((resolve) => port1.addEventListener('message', resolve, { once: true }));
    port1.start();
    frame.contentWindow?.postMessage(workerText, '*', [port2]);
    await ready;
    return new Kernel(frame, port1);
  }

  /** Runs one cell; the caller waits for its end before it runs the next. */
  run(request: Omit<RunRequest, 'run'>, onOutput: (output: CellOutput) => void): Promise<RunEnd> {
    if (this.#isStopped) return Promise.resolve('stopped');
    this.#runs += 1;
    const run = this.#runs;
    return new Promise((end) => {
      this.#pending = { run, onOutput, end };
      this.#port.postMessage({ ...request, run } satisfies RunRequest);
    });
  }

  /** Ends the worker at once, whatever it is doing. */
  stop(): void {
    this.#isStopped = true;
    this.#frame.remove();
    this.#port.close();
    this.#pending?.end('stopped');
    this.#pending = null;
  }

  /** Output that comes after a cell's end still belongs to it, as long as no other cell has begun. */
  #receive(message: KernelMessage): void {
    const pending = this.#pending;
    if (pending === null || message.type === 'ready' || message.run !== pending.run) return;
    if (message.type === 'output') pending.onOutput(message.output);
    else pending.end(message.result);
  }
}
