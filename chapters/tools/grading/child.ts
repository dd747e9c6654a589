/**
 * The submission's end of the pipe: all that is in the child process beside the learner's code and what that imports.
 *
 * It has no checker and knows no right answer. Whatever the learner's code does to it, to `JSON`, to promises or to the pipe itself, it can say nothing
 * but "my function answers this" and "call that method for me", which it may say anyway. The verdict is found on the other side.
 */
import { readSync, writeSync } from 'node:fs';
import { errors, shared } from './common.ts';
import { closeDoors } from './doors.ts';
import { Peer } from './peer.ts';

const PIPE = 3;
/** The exit code of Node itself for an `await` at the top that waits for something that nobody will do. */
const NEVER_ENDS = 13;

closeDoors();

/** What is sent goes out in one piece when this side has nothing more to say, which is when it waits for the other. */
class Pipe {
  readonly #chunk = new Uint8Array(65_536);
  readonly #decoder = new TextDecoder();
  #rest = '';
  #unsent = '';

  send(message: string): void {
    this.#unsent += `${message}\n`;
    if (this.#unsent.length > this.#chunk.length) this.#flush();
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#unsent);
    this.#unsent = '';
    for (let at = 0; at < bytes.length; at += writeSync(PIPE, bytes, at));
  }

  receive(): string {
    this.#flush();
    for (let end = this.#rest.indexOf('\n'); ; end = this.#rest.indexOf('\n')) {
      if (end >= 0) {
        const message = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return message;
      }
      const count = readSync(PIPE, this.#chunk);
      if (count === 0) process.exit(0);
      this.#rest += this.#decoder.decode(this.#chunk.subarray(0, count), { stream: true });
    }
  }
}

const peer = new Peer(new Pipe(), { lendsFunctions: true, waitsForQuiet: false, shared, errors });

/** What a cell calls as `check`: the answer goes to the grader, and the cell goes on. */
export function hand(check: string, answer: readonly unknown[]): void {
  peer.call(0, 'hand', [check, answer]);
}

/** Lets all that has become possible happen: promises first, then what was put off. */
function settle(): Promise<void> {
  return new Promise((done) => setImmediate(() => setImmediate(done)));
}

/** Node has nothing left to do, though the submission has not come to its end. */
const endless = () => process.exit(NEVER_ENDS);

async function live(): Promise<void> {
  process.once('beforeExit', endless);
  try {
    const submission = './submission.mjs';
    await import(submission);
    peer.call(0, 'loaded', []);
  } catch (error) {
    peer.call(0, 'failed', [error instanceof Error ? error : new Error(String(error))]);
  }
  for (;;) {
    await settle();
    peer.quiet();
    peer.next();
  }
}

void live();
