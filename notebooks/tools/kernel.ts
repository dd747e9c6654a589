/**
 * A Jupyter client, as small as running notebooks without Jupyter allows: it starts the kernel that the learner's JupyterLab starts,
 * speaks the same protocol to it over ZeroMQ (which comes with tslab), and collects what each cell shows, in the form in which
 * a notebook stores it. So tests and the builder need nothing but Node.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const zmq: typeof import('zeromq') = createRequire(createRequire(import.meta.url).resolve('tslab'))('zeromq');

export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: { [mimeType: string]: string }; metadata: object };

export interface CellResult {
  readonly ok: boolean;
  readonly executionCount: number;
  /** Grows when something the cell has started prints later. */
  readonly outputs: Output[];
}

export interface KernelOptions {
  /** The folder in which the notebook would lie; files that cells save go there. */
  readonly folder: string;
  /** The Node that runs the kernel: by default the one that runs this. */
  readonly node?: string;
  /** What that Node is told before it starts: by default nothing, as in Jupyter. */
  readonly nodeOptions?: readonly string[];
  /** A cell that takes longer is an error: by default 60 s. */
  readonly cellLimitMs?: number;
  /** The Kafka for cells that need Apache Kafka: by default none, whatever this machine has, so that they show what was recorded. */
  readonly kafkaBootstrap?: string;
  /** Finds so many free ports: by default whatever the system has. */
  readonly findPorts?: (count: number) => Promise<number[]>;
}

interface Message {
  header: { msg_id: string; msg_type: string };
  parent: { msg_id?: string };
  content: { [name: string]: unknown };
}

const DELIMITER = '<IDS|MSG>';

/** How often other ports are tried when somebody has taken one between the moment at which it was found free and the start of the kernel. */
const ATTEMPTS = 3;

/** Starts a kernel and waits until it listens. */
export async function startKernel(options: KernelOptions): Promise<Kernel> {
  mkdirSync(options.folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(options);
    } catch (error) {
      const isTaken = error instanceof Error && /address (already )?in use/i.test(error.message);
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOn(options: KernelOptions): Promise<Kernel> {
  const ports = await (options.findPorts ?? freePorts)(5);
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
  const connection = { transport: 'tcp', ip: '127.0.0.1', key: randomUUID(), signature_scheme: 'hmac-sha256' };
  const connectionFile = join(options.folder, `.connection-${randomUUID()}.json`);
  writeFileSync(
    connectionFile,
    JSON.stringify({ ...connection, shell_port, iopub_port, stdin_port, control_port, hb_port }),
  );
  const launcher = join(root, 'notebooks', 'tools', 'kernel', 'launcher.cjs');
  const told = [...(options.nodeOptions ?? []), launcher, 'kernel', '--config-path', connectionFile];
  const child = spawn(options.node ?? process.execPath, told, {
    cwd: options.folder,
    env: { ...process.env, KAFKA_BOOTSTRAP: options.kafkaBootstrap ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kernel = new Kernel(child, connection.key, options.cellLimitMs ?? 60_000);
  try {
    await kernel.connect(shell_port, iopub_port);
  } catch (error) {
    await kernel.close();
    throw error;
  } finally {
    rmSync(connectionFile, { force: true });
  }
  return kernel;
}

export class Kernel {
  readonly #child: ChildProcess;
  readonly #key: string;
  readonly #cellLimitMs: number;
  readonly #shell = new zmq.Dealer({ linger: 0 });
  readonly #iopub = new zmq.Subscriber({ linger: 0 });
  readonly #session = randomUUID();
  readonly #outputs = new Map<string, Output[]>();
  readonly #waiting = new Map<string, (message: Message) => void>();
  /** What the process wrote before it had a cell to write to: the reason when it does not start. */
  #log = '';

  constructor(child: ChildProcess, key: string, cellLimitMs: number) {
    this.#child = child;
    this.#key = key;
    this.#cellLimitMs = cellLimitMs;
    const note = (text: Buffer | string) => {
      this.#log = (this.#log + text).slice(-4000);
    };
    child.on('error', (error) => note(error.message));
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  /** @internal */
  async connect(shellPort: number, iopubPort: number): Promise<void> {
    this.#shell.connect(`tcp://127.0.0.1:${shellPort}`);
    this.#iopub.connect(`tcp://127.0.0.1:${iopubPort}`);
    this.#iopub.subscribe();
    void this.#listen(this.#shell, (message) => this.#settle(`reply ${message.parent.msg_id}`, message));
    void this.#listen(this.#iopub, (message) => this.#hear(message));
    // What is published before the subscription has arrived is lost: ask until an answer comes on both ways.
    for (let attempt = 0; attempt < 240; attempt += 1) {
      if (this.#child.exitCode !== null) throw new Error(`the kernel has ended before it was ready:\n${this.#log}`);
      if (await this.#ask('kernel_info_request', {}, 500)) return;
    }
    throw new Error(`the kernel did not answer within two minutes:\n${this.#log}`);
  }

  /** Runs a cell to its end. A cell that fails is a result, not an exception. */
  async execute(code: string): Promise<CellResult> {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    const answer = await this.#ask('execute_request', content, this.#cellLimitMs);
    if (!answer) throw new Error(`the cell has not ended within ${this.#cellLimitMs / 1000} s`);
    const ok = answer.reply.content.status === 'ok';
    // For 200 ms after an error tslab drops what it is asked, so that "Run all" stops there.
    if (!ok) await sleep(300);
    return {
      ok,
      executionCount: Number(answer.reply.content.execution_count),
      outputs: this.#outputs.get(answer.id) ?? [],
    };
  }

  async close(): Promise<void> {
    this.#shell.close();
    this.#iopub.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** Sends a request; resolves when it is answered and the kernel is idle again, with nothing when that takes too long. */
  async #ask(type: string, content: object, limitMs: number): Promise<{ id: string; reply: Message } | undefined> {
    const id = randomUUID();
    this.#outputs.set(id, []);
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: '',
      version: '5.3',
      date: new Date().toISOString(),
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const both = Promise.all([this.#next(`reply ${id}`), this.#next(`idle ${id}`)]);
    await this.#shell.send([DELIMITER, this.#sign(parts), ...parts]);
    const giveUp = new AbortController();
    const late = sleep(limitMs, undefined, { signal: giveUp.signal, ref: true }).catch(() => undefined);
    const ended = once(this.#child, 'exit', { signal: giveUp.signal }).then(
      () => Promise.reject(new Error(`the kernel has ended:\n${this.#log}`)),
      () => undefined,
    );
    try {
      const answered = await Promise.race([both, late, ended]);
      return answered ? { id, reply: answered[0] } : undefined;
    } finally {
      giveUp.abort();
      this.#waiting.delete(`reply ${id}`);
      this.#waiting.delete(`idle ${id}`);
    }
  }

  #next(what: string): Promise<Message> {
    return new Promise((resolve) => this.#waiting.set(what, resolve));
  }

  #settle(what: string, message: Message): void {
    this.#waiting.get(what)?.(message);
  }

  #hear(message: Message): void {
    const { header, parent, content } = message;
    if (header.msg_type === 'status' && content.execution_state === 'idle')
      this.#settle(`idle ${parent.msg_id}`, message);
    const outputs = this.#outputs.get(parent.msg_id ?? '');
    if (!outputs) return;
    if (header.msg_type === 'stream') addText(outputs, content.name as 'stdout' | 'stderr', String(content.text));
    if (header.msg_type === 'display_data') {
      outputs.push({ output_type: 'display_data', data: content.data as { [mimeType: string]: string }, metadata: {} });
    }
  }

  async #listen(socket: AsyncIterable<Buffer[]>, take: (message: Message) => void): Promise<void> {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.equals(Buffer.from(DELIMITER)));
      const [header, parent, , content] = frames.slice(start + 2).map((frame) => JSON.parse(frame.toString('utf8')));
      take({ header, parent, content });
    }
  }

  #sign(parts: readonly string[]): string {
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
}

/** Text that follows text on the same stream continues it, whatever pieces it was sent in. */
function addText(outputs: Output[], name: 'stdout' | 'stderr', text: string): void {
  const last = outputs.at(-1);
  if (last?.output_type === 'stream' && last.name === name) last.text += text;
  else outputs.push({ output_type: 'stream', name, text });
}

/** Ports that are free now. All are held until the last is found, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
