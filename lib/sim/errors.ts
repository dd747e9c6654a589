/** What a simulated world has to say for itself when it cannot go on. Each message says what to do next. */

/** A driven call got nowhere: see drive.ts. */
export class SimulationStalled extends Error {
  override readonly name = 'SimulationStalled';
  /** The call that waits, such as `consumer.poll`. */
  readonly waiting: string;
  /** The next five things that would have happened, such as `+12 ms a timer of broker-0`. */
  readonly next: readonly string[];

  constructor(waiting: string, why: string, next: readonly string[]) {
    const rest = next.length === 0 ? '' : ` Next would come:\n${next.map((line) => `  ${line}`).join('\n')}`;
    super(`${waiting} ${why}.${rest}`);
    this.waiting = waiting;
    this.next = next;
  }
}

/** A spawned task threw, and nobody awaited its `done`. `cause` is what it threw. */
export class TaskFailed extends Error {
  override readonly name = 'TaskFailed';
  readonly task: string;

  constructor(task: string, cause: unknown) {
    super(`the task '${task}' failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.task = task;
  }
}

/** A condition given to `until` did not come true in time. */
export class UntilTimedOut extends Error {
  override readonly name = 'UntilTimedOut';
}
