/**
 * One call of `send` with all of its records, many or one. They settle one by one and in any order, and the call answers when the last is
 * acknowledged. Nothing but a count is kept for each: a promise for every record would cost more than all that is done with it.
 */
import type { RecordMetadata } from './record.ts';

export class Sending {
  /** Where the records have come to lie, in their order. Rejects with the first failure; the others are sent all the same. */
  readonly answer: Promise<readonly RecordMetadata[]>;
  /** Resolves when nothing is open any more, whatever has become of it. */
  readonly settled: Promise<void>;
  readonly #results: RecordMetadata[];
  #open: number;
  #succeed: (results: readonly RecordMetadata[]) => void = () => {};
  #fail: (error: Error) => void = () => {};
  #settle: () => void = () => {};

  constructor(records: number) {
    this.#results = new Array<RecordMetadata>(records);
    this.#open = records;
    this.answer = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (records === 0) this.#end();
  }

  /** The record at `index` is acknowledged. */
  acknowledged(index: number, metadata: RecordMetadata): void {
    this.#results[index] = metadata;
    this.#open--;
    if (this.#open === 0) this.#end();
  }

  /** One of the records will not be sent, or nobody knows whether it was. Whoever does not look at the answer does not want to know. */
  failed(error: Error): void {
    this.answer.catch(() => {});
    this.#fail(error);
    this.#open--;
    if (this.#open === 0) this.#end();
  }

  #end(): void {
    // After a failure this comes too late to change the answer.
    this.#succeed(this.#results);
    this.#settle();
  }
}
