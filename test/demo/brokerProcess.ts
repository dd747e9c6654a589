/** Our broker as a process of its own, started as a user would start it: `kafkaito serve`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './flights.ts';

export class BrokerProcess {
  readonly #args: readonly string[];
  readonly #say: (line: string) => void;
  #child: ChildProcess | undefined;
  #closed = false;
  /** The port it listens on; kept over a restart, as clients must find it again. */
  port = 0;

  /** `args` are the options of `kafkaito serve` but for the port. `say` gets every line that the broker prints. */
  constructor(args: readonly string[], say: (line: string) => void) {
    this.#args = args;
    this.#say = say;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when the broker says that it is ready. */
  async start(): Promise<void> {
    if (this.#closed) return;
    const program = [
      '--import',
      'tsx',
      join('lib', 'node', 'cli.ts'),
      'serve',
      '--port',
      String(this.port),
      ...this.#args,
    ];
    const child = spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const read = (text: string) => {
        for (const line of text.split('\n').filter((line) => line !== '')) {
          this.#say(line);
          const ready = /127\.0\.0\.1:(\d+)/.exec(line);
          if (ready) this.port = Number(ready[1]);
          if (ready) resolve();
        }
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the broker ended with exit code ${code} before it was ready`)));
    });
  }

  /** As if somebody pulled the plug of the program: it gets no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop, as Ctrl-C does, and answers its exit code. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Leaves nothing behind, not even a start that is still to come. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    return code;
  }
}
