/**
 * Runs `kafkaito` as a user would, from its sources, and hands out what it prints. The sources are put into one file first: to load two hundred of them takes a
 * second, and the tests start the command some twenty times.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As far from package.json, where it finds its version, as its source is. */
const program = join(root, '.cache', 'command', 'cli.mjs');

buildSync({
  entryPoints: [join(root, 'lib', 'node', 'cli.ts')],
  outfile: program,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #printed: () => void = () => {};

  constructor(...args: readonly string[]) {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#printed();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#printed();
      });
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The address, once the broker says that it is ready. */
  async ready(): Promise<string> {
    for (;;) {
      const address = / is ready on (\S+) /.exec(this.#stdout);
      if (address) return address[1];
      if (this.process.exitCode !== null) throw new Error(`the command ended: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#printed = resolve;
      });
    }
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }
}
