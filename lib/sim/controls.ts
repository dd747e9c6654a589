/**
 * `kafka.world`: letting time pass, waiting for something to come true, and running programs beside this one.
 *
 * The same object serves every world. In the real one `pass` waits; in a simulated one it drives the clock (drive.ts), as calls on foreground clients
 * do. A spawned task runs in a process of its own and can be crashed and frozen; nothing it does moves a simulated clock.
 */
import type { Trace } from '../trace/trace.ts';
import { type Duration, toMs } from '../world/duration.ts';
import type { Clock, Doors, World } from '../world/world.ts';
import { TaskFailed, UntilTimedOut } from './errors.ts';
import { Process, type ProcessSettings } from './process.ts';

/** How often `until` looks, in milliseconds of the world. */
const LOOK_EVERY_MS = 10;

export interface Controls<Kafka> {
  /** Milliseconds of the world's monotonic clock; a simulated world begins at 0. */
  now(): number;
  /** Lets this much time pass. */
  pass(duration: Duration): Promise<void>;
  /** As `pass`, under the name that reads better inside a program. */
  sleep(duration: Duration): Promise<void>;
  /**
   * Waits until the condition holds. It is looked at now and every 10 ms of the world's time, and may be asynchronous. Rejects with `UntilTimedOut`, which
   * names the condition, after `within` (default 60 s).
   */
  until(condition: () => boolean | Promise<boolean>, settings?: { within?: Duration }): Promise<void>;
  /**
   * Starts a program in a process of its own, with a Kafka of its own. It ends like a process: when the program returns, whatever it left open is dropped. An
   * error that nobody sees through `done` is reported by the next `pass`, `until` or call, and by `close`.
   */
  spawn(name: string, program: (kafka: Kafka) => Promise<unknown>, settings?: ProcessSettings): Task;
  /**
   * Does something to the world outside Kafka, such as a payment, and says so in the trace. `takes` is how long the way there takes, and the way back; it
   * is done in between. Default: no time at all. `everyCrash` crashes a program before and after each of its effects.
   */
  effect<T>(name: string, act: () => T | Promise<T>, settings?: { takes?: Duration }): Promise<T>;
  /** By what this program touches its world: for a client that is not ours, such as one of another library. It dies and freezes with the program. */
  readonly doors: Doors;
}

export type TaskState = 'running' | 'frozen' | 'done' | 'failed' | 'crashed';

export interface Task {
  readonly name: string;
  readonly state: TaskState;
  /** Resolves when the program has returned or has been crashed; rejects with what it threw. In a simulated world awaiting it drives the clock. */
  readonly done: Promise<void>;
  /** No line of the program runs again, and its connections end, as after `kill -9`. */
  crash(): void;
  /** Holds back everything that would run, as `kill -STOP`: connections stay, and time goes on. */
  freeze(): void;
  /** Runs what was held back, in order. */
  thaw(): void;
}

/** What the controls need from the world they control. */
export interface Controlled<Kafka> {
  readonly clock: Clock;
  readonly trace: Trace;
  /** The world for a new process. */
  worldFor(name: string): World;
  /** Opens the Kafka of a spawned process, given the controls that go with it. */
  open(process: Process, controls: Controls<Kafka>): Kafka;
  /** How waiting moves time in a simulated world: for the foreground only. */
  drive?<T>(what: string, promise: Promise<T>, expectedMs?: number): Promise<T>;
  /** The process of a spawned task; the foreground has none. */
  readonly process?: Process;
}

/** What has been spawned, so that names stay apart and failures reach somebody. One for each world. */
export class Tasks {
  readonly #running = new Map<string, { crash(): void }>();
  readonly #failures = new Set<TaskFailed>();

  start(name: string, task: { crash(): void }): void {
    if (this.#running.has(name)) {
      throw new Error(`a task named '${name}' is running: crash it first, or give this one another name`);
    }
    this.#running.set(name, task);
  }

  ended(name: string): void {
    this.#running.delete(name);
  }

  failed(failure: TaskFailed): void {
    this.#failures.add(failure);
  }

  /** Somebody has heard of this one in another way. */
  heard(failure: TaskFailed): void {
    this.#failures.delete(failure);
  }

  /** Throws the first failure that nobody has heard of. */
  report(): void {
    for (const failure of this.#failures) {
      this.#failures.delete(failure);
      throw failure;
    }
  }

  crashAll(): void {
    for (const task of [...this.#running.values()]) task.crash();
  }
}

/** Controls for the program named `node`: the foreground, or a spawned task, whose controls have no `drive`. */
export function makeControls<Kafka>(world: Controlled<Kafka>, tasks: Tasks, node: string): Controls<Kafka> {
  const { clock, trace } = world;
  const drive = world.drive ?? (<T>(_: string, promise: Promise<T>) => promise);
  // One task is not the one to be told that another has failed.
  const report = world.process ? () => {} : () => tasks.report();

  async function pass(duration: Duration): Promise<void> {
    const ms = toMs(duration);
    await drive(`pass(${JSON.stringify(duration)})`, clock.sleep(ms), ms);
    report();
  }

  async function look(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = clock.monotonicMs() + withinMs;
    while (!(await condition())) {
      report();
      if (clock.monotonicMs() >= deadline) {
        throw new UntilTimedOut(`${textOf(condition)} did not come true within ${withinMs} ms of the world's time`);
      }
      await clock.sleep(LOOK_EVERY_MS);
    }
  }

  async function effect<T>(name: string, act: () => T | Promise<T>, eachWayMs: number): Promise<T> {
    if (eachWayMs > 0) await clock.sleep(eachWayMs);
    // Nothing is done by the dead, not even what needs no door.
    if (world.process?.gone) return new Promise(() => {});
    const result = await act();
    trace.record(node, 'effect.done', { name });
    if (eachWayMs > 0) await clock.sleep(eachWayMs);
    return result;
  }

  return {
    now: () => clock.monotonicMs(),
    pass,
    sleep: pass,
    until: (condition, { within = '60 s' } = {}) =>
      drive(`until(${textOf(condition)})`, look(condition, toMs(within)), toMs(within)),
    spawn: (name, program, settings) => spawn(world, tasks, name, program, settings),
    effect: (name, act, { takes = 0 } = {}) => drive(`effect(${name})`, effect(name, act, toMs(takes))),
    get doors() {
      return world.process?.host() ?? world.worldFor(node);
    },
  };
}

function spawn<Kafka>(
  world: Controlled<Kafka>,
  tasks: Tasks,
  name: string,
  program: (kafka: Kafka) => Promise<unknown>,
  settings?: ProcessSettings,
): Task {
  let state: Exclude<TaskState, 'frozen'> = 'running';
  let awaited = false;
  let failure: TaskFailed | undefined;
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  done.catch(() => {});
  const crash = () => {
    if (state !== 'running') return;
    state = 'crashed';
    tasks.ended(name);
    process.crash();
    settle.resolve();
  };
  tasks.start(name, { crash });
  const process = new Process(world.worldFor(name), name, world.trace, settings);
  const { clock } = process.host();
  // Nobody drives for a task: its controls wait on the clock of its process, and stop when that stops.
  const controlled: Controlled<Kafka> = { ...world, clock, drive: undefined, process };
  const kafka = world.open(process, makeControls(controlled, tasks, name));

  const ended = (now: 'done' | 'failed', tell: () => void) => {
    // What a crashed program still does, it does to nobody.
    if (state !== 'running') return;
    state = now;
    tasks.ended(name);
    process.exit();
    tell();
  };
  const run = async () => {
    try {
      await program(kafka);
    } catch (error) {
      ended('failed', () => {
        world.trace.record(name, 'task.failed', { message: error instanceof Error ? error.message : String(error) });
        settle.reject(error);
        failure = new TaskFailed(name, error);
        if (!awaited) tasks.failed(failure);
      });
      return;
    }
    ended('done', () => settle.resolve());
  };
  clock.after(0, () => void run());

  return {
    name,
    get state() {
      return state === 'running' && process.frozen ? 'frozen' : state;
    },
    get done() {
      awaited = true;
      if (failure) tasks.heard(failure);
      return world.drive === undefined ? done : world.drive(`the task '${name}'`, done);
    },
    crash,
    freeze: () => process.freeze(),
    thaw: () => process.thaw(),
  };
}

/** The condition as it was written, on one line. */
function textOf(condition: () => unknown): string {
  const text = condition.toString().replace(/\s+/g, ' ');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
