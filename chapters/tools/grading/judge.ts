/**
 * The judge: a thread of the grader that holds the checkers and the simulated Kafka. It runs no line of a submission; the supervisor (`supervise.ts`) carries its
 * messages to the child and back, and ends it together with the child when a limit is passed.
 *
 * It stands still while the child thinks: `Atomics.wait` until the supervisor has put a line into the port.
 */
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { Verdict } from '../index.ts';
import { errors, shared } from './common.ts';
import { type Answer, type Cut, cuts } from './cuts.ts';
import { Dice } from './hidden.ts';
import { Peer } from './peer.ts';
import { growFrom } from './seeded.ts';

/** What the supervisor asks for. */
export interface Question {
  readonly chapter: string;
  /** Undefined: the seeds of the chapter. */
  readonly seed: number | undefined;
}

/** What the judge tells the supervisor, beside lines for the child. */
export type Report =
  | { readonly line: string }
  | { readonly verdict: { readonly passed: boolean; readonly lines: readonly string[] } }
  | { readonly failure: string; readonly lines: readonly string[] };

const tell = (report: Report) => parentPort?.postMessage(report);

/** What the supervisor asks, and through which the child's lines come: a channel of its own for each question, so that nothing is left over from another. */
export interface Asked {
  readonly question: Question;
  readonly port: MessagePort;
  /** How many lines have been put into the port. */
  readonly count: Int32Array;
}

/** The lines of the child, for which this thread stands still. */
class ChildLines {
  readonly #asked: Asked;
  #taken = 0;
  #isClosed = false;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Nothing of this judging reaches the child of the next one, whatever promise is kept too late. */
  close(): void {
    this.#isClosed = true;
  }

  send(line: string): void {
    if (this.#isClosed) throw new Error('this judging is over');
    tell({ line });
  }

  receive(): string {
    const { port, count } = this.#asked;
    for (;;) {
      Atomics.wait(count, 0, this.#taken);
      const came: { message: string } | undefined = receiveMessageOnPort(port);
      if (came === undefined) continue;
      this.#taken += 1;
      return came.message;
    }
  }
}

/** Ends this judging: says why, and does nothing more, since the supervisor is about to end this thread. */
function refuse(reason: string): never {
  tell({ failure: 'broke the rules of the pipe', lines: [reason] });
  for (const nothing = new Int32Array(new SharedArrayBuffer(4)); ; ) Atomics.wait(nothing, 0, 0);
}

async function judge({ chapter, seed }: Question, lines: ChildLines): Promise<void> {
  const peer = new Peer(lines, { lendsFunctions: false, waitsForQuiet: true, shared, errors, refuse });
  const handed = await handedIn(peer);
  if ('failure' in handed) return tell(handed);
  if (!Object.hasOwn(cuts, chapter)) {
    return tell({ failure: 'nothing to grade', lines: [`Chapter ${chapter} has no exercise that can be graded.`] });
  }
  growFrom(seed);
  tell(await verdictOn(await cuts[chapter](), handed.answer, seed, peer));
}

type Handed = { readonly answer: Answer } | { readonly failure: string; readonly lines: readonly string[] };

/** Lets the submission run to its end, and keeps what it has given to `check` last. */
async function handedIn(peer: Peer): Promise<Handed> {
  let answer: Answer | undefined;
  let failure: Error | undefined;
  let isOver = false;
  const desk = {
    hand(check: string, given: Answer) {
      if (check === 'check') answer = given;
    },
    loaded() {
      isOver = true;
    },
    failed(error: Error) {
      failure = error;
      isOver = true;
    },
  };
  const number = peer.introduce(desk, { methods: { hand: 'data', loaded: 'data', failed: 'data' } });
  if (number !== 0) throw new Error('the desk is the first thing that is lent');
  peer.listen(() => isOver);
  if (answer !== undefined) return { answer };
  if (failure !== undefined) return { failure: 'does not run', lines: [`${failure.name}: ${failure.message}`] };
  return { failure: 'nothing to grade', lines: ['It never calls check.'] };
}

async function verdictOn(cut: Cut, answer: Answer, seed: number | undefined, peer: Peer): Promise<Report> {
  try {
    const verdict: Verdict = await cut.judge(answer, (value, surface) => peer.expose(value, surface));
    const { passed, lines } = verdict;
    const fault = passed && seed !== undefined ? cut.hidden?.(answer, new Dice(seed)) : undefined;
    return { verdict: { passed: passed && fault === undefined, lines: fault === undefined ? lines : [fault] } };
  } catch (error) {
    // The checker has called the learner's function, and that threw; or the answer is of a form that the checker cannot use.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { failure: 'throws', lines: [`${name}: ${message}`] };
  }
}

// A promise of the learner's program that nobody waits for any more, such as that of a process which has been killed.
process.on('unhandledRejection', () => {});

parentPort?.on('message', (asked: Asked) => {
  const lines = new ChildLines(asked);
  judge(asked.question, lines)
    .catch((error: Error) => tell({ failure: 'cannot be graded', lines: [String(error.stack)] }))
    .finally(() => lines.close());
});
