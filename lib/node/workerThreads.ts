/**
 * Workers in threads of their own, for work that keeps a processor busy: behind one consumer, with `KeyedWorkers`.
 *
 * The consumer stays in the main thread, where its heartbeats go on whatever the workers do. A record goes to the thread of its key as a message,
 * and comes back as another when it is done; so a key's records stay in order, and what a thread has not finished is not committed.
 */
import { parentPort, Worker } from 'node:worker_threads';
import type { ConsumerRecord } from '../client/index.ts';

interface Task {
  readonly id: number;
  readonly record: ConsumerRecord<unknown, unknown>;
}

interface Answer {
  readonly id: number;
  /** What the work has thrown. */
  readonly failure?: { readonly error: unknown };
}

export interface WorkerThreadsSettings {
  /** How many threads, as many as `KeyedWorkers` has workers. Default 4. */
  readonly workers?: number;
}

/** Starts the threads. Keys and values must be such as can be sent to another thread: text, numbers, bytes, plain objects. */
export class WorkerThreads {
  readonly #threads: Thread[];

  /** `module` is the URL of the file that the threads run: it calls `workInThread`. */
  constructor(module: { readonly href: string }, { workers = 4 }: WorkerThreadsSettings = {}) {
    this.#threads = Array.from({ length: workers }, () => new Thread(module));
  }

  /** The `work` of `KeyedWorkers`: resolves when the thread of that number has done the record, rejects with what it has thrown. */
  work(record: ConsumerRecord<unknown, unknown>, worker: number): Promise<void> {
    return this.#threads[worker % this.#threads.length].work(record);
  }

  /** Ends the threads, in the middle of their work if need be: close the `KeyedWorkers` first. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  #sent = 0;
  #end: Error | undefined;

  constructor(module: { readonly href: string }) {
    this.#worker = new Worker(new URL(module.href));
    this.#worker.on('message', ({ id, failure }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve();
      else waiting?.reject(failure.error);
    });
    this.#worker.on('error', (error) => this.#ended(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#ended(new Error(`a worker thread has ended with exit code ${code}`)));
  }

  work(record: ConsumerRecord<unknown, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      const task: Task = { id: ++this.#sent, record };
      this.#waiting.set(task.id, { resolve, reject });
      this.#worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** A thread that is gone answers nothing any more. The first reason is the one that counts. */
  #ended(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

/** In the module of a thread: does the work of each record that comes. Throws when it is not called in a worker thread. */
export function workInThread(work: (record: ConsumerRecord<unknown, unknown>) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('workInThread() belongs into the module that WorkerThreads is given');
  port.on('message', async ({ id, record }: Task) => {
    try {
      await work(record);
      port.postMessage({ id } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, failure: { error } } satisfies Answer);
    }
  });
}
