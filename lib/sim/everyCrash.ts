/**
 * A program crashed at every step of its own, and what came of each.
 *
 * Whether a program survives a crash depends on where the crash falls, and a test that crashes it once has tried one place. In virtual time every place
 * can be tried: the program runs in a fresh simulated world for each, is killed there, is started again and runs to its end; then `outcome` looks at
 * what it left behind.
 *
 * A step is an instant at which control comes back to the program: from a call on its Kafka (`consumer.poll`, `world.sleep` …), and, as an effect
 * on the outside is not Kafka's to know of, before and after each `world.effect`. Between two such instants the program computes, and no
 * crash can be told from one a little later. The finer grain `doors` takes every return through a door of the process instead, each timer, read and write
 * inside the clients too: it crashes in the middle of a call.
 */
import { type Duration, toMs } from '../world/duration.ts';
import type { Controls, Task } from './controls.ts';
import { type Around, aroundKafka } from './foreground.ts';

/** How often the end of a life is looked for, in milliseconds of the world. */
const LOOK_EVERY_MS = 100;
const PROGRAM = 'program';

/** As much of a Kafka as crashing needs. */
export interface CrashableKafka<Kafka> {
  readonly world: Controls<Kafka>;
  close(): Promise<void>;
}

export interface EveryCrashSettings<Simulated, Stage> {
  /** Makes a fresh world, the same one each time: `() => simulate({ seed: 1, topics: { account: 1 } })`. */
  readonly world: () => Promise<Simulated>;
  /** What happens before the program starts, in each world: its answer is given to the program and to `outcome`. */
  readonly setup?: (kafka: Simulated) => Stage | Promise<Stage>;
  /**
   * How long the program may run, and again after its crash, when it does not return by itself. Default 2 min of world time. A member of a group needs
   * more than twice its session timeout: its group may wait that long for the one that died.
   */
  readonly within?: Duration;
  /** Default `calls`. */
  readonly grain?: 'calls' | 'doors';
  /** More steps than this are refused. Default 1000. */
  readonly maxSteps?: number;
}

/** One crash and what came of it. */
export interface CrashPoint<Outcome> {
  /** The number of the step, from 1. */
  readonly step: number;
  /** When the program was crashed, in milliseconds of the world. */
  readonly atMs: number;
  /** Where: `after consumer.commitSync`, `before apply +150`. */
  readonly where: string;
  readonly outcome: Outcome;
}

interface Step {
  readonly where: string;
  readonly atMs: number;
  /** A poll that brought nothing. */
  readonly idle: boolean;
}

/**
 * ```ts
 * const crashes = await everyCrash(
 *   (kafka, bank) => ledger(kafka, bank.from(kafka)),
 *   (bank) => bank.balance('Ada'),
 *   { world: () => simulate({ topics: { account: 1 } }), setup: async (kafka) => { await deposit(kafka); return new Bank(); } },
 * );
 * ```
 *
 * Crashes `program` once at each of its steps and answers what `outcome` says after each, in the order of the steps. The same in every run and on every machine.
 *
 * Of a series of polls that all bring nothing only the first and the last count as steps. Rejects when the program itself throws, in either of its lives.
 */
export async function everyCrash<
  Kafka extends { world: Controls<Kafka> },
  Simulated extends CrashableKafka<Kafka>,
  Stage,
  Outcome,
>(
  program: (kafka: Kafka, stage: Stage) => Promise<unknown>,
  outcome: (stage: Stage, kafka: Simulated) => Outcome | Promise<Outcome>,
  settings: EveryCrashSettings<Simulated, Stage>,
): Promise<CrashPoint<Outcome>[]> {
  const { steps } = await live(program, outcome, settings, undefined);
  const points: CrashPoint<Outcome>[] = [];
  for (const [index, { where, atMs }] of steps.entries()) {
    if (isWithinIdleSeries(steps, index)) continue;
    const crashed = await live(program, outcome, settings, index + 1).catch((error: unknown) => {
      throw new Error(`a crash ${where} (step ${index + 1}): ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    });
    points.push({ step: points.length + 1, atMs, where, outcome: crashed.outcome });
  }
  return points;
}

// #region live
/** One world from beginning to end: the program is crashed at step `target` and started again, or never crashed. */
async function live<Kafka extends { world: Controls<Kafka> }, Simulated extends CrashableKafka<Kafka>, Stage, Outcome>(
  program: (kafka: Kafka, stage: Stage) => Promise<unknown>,
  outcome: (stage: Stage, kafka: Simulated) => Outcome | Promise<Outcome>,
  settings: EveryCrashSettings<Simulated, Stage>,
  target: number | undefined,
): Promise<{ steps: readonly Step[]; outcome: Outcome }> {
  const { world, setup, within = '2 min', grain = 'calls', maxSteps = 1000 } = settings;
  const kafka = await world();
  const stage = (await setup?.(kafka)) as Stage;
  const footsteps = new Footsteps(kafka.world, target, maxSteps, () => first.crash());
  const first = kafka.world.spawn(
    PROGRAM,
    (own) => program(grain === 'doors' ? withSteppedEffects(own, footsteps) : withSteps(own, footsteps), stage),
    grain === 'doors' ? { onReturn: (door) => void footsteps.take(`after ${door}`) } : {},
  );
  await endOf(first, kafka.world, within);
  footsteps.stop();
  if (footsteps.steps.length > maxSteps) {
    throw new Error(
      `the program has more than ${maxSteps} steps: let it end earlier, set 'within', or raise 'maxSteps'`,
    );
  }
  if (target !== undefined) {
    if (first.state !== 'crashed') throw new Error('the step did not come again: the world is not the same each time');
    await endOf(
      kafka.world.spawn(PROGRAM, (own) => program(own, stage)),
      kafka.world,
      within,
    );
  }
  const result = await outcome(stage, kafka);
  await kafka.close();
  return { steps: footsteps.steps, outcome: result };
}
// #endregion live

async function endOf(task: Task, world: Pick<Controls<unknown>, 'now' | 'pass'>, within: Duration): Promise<void> {
  const deadline = world.now() + toMs(within);
  while (task.state === 'running' && world.now() < deadline) await world.pass(LOOK_EVERY_MS);
}

/** Counts the steps of a program's first life, and ends it at one of them. */
class Footsteps {
  readonly steps: Step[] = [];
  readonly #world: { now(): number };
  readonly #target: number | undefined;
  readonly #maxSteps: number;
  readonly #crash: () => void;
  #stopped = false;

  constructor(world: { now(): number }, target: number | undefined, maxSteps: number, crash: () => void) {
    this.#world = world;
    this.#target = target;
    this.#maxSteps = maxSteps;
    this.#crash = crash;
  }

  /** True: the program goes on. False: it is dead, and must not. */
  take(where: string, idle = false): boolean {
    if (this.#stopped) return false;
    this.steps.push({ where, atMs: this.#world.now(), idle });
    if (this.steps.length !== this.#target && this.steps.length <= this.#maxSteps) return true;
    this.#stopped = true;
    this.#crash();
    return false;
  }

  stop(): void {
    this.#stopped = true;
  }
}

function withSteps<Kafka extends { world: Controls<Kafka> }>(kafka: Kafka, footsteps: Footsteps): Kafka {
  const around: Around = (what, promise) =>
    new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          const idle = Array.isArray(value) && value.length === 0;
          if (footsteps.take(`after ${what}${idle ? ', which brought nothing' : ''}`, idle)) resolve(value);
        },
        (error) => {
          if (footsteps.take(`after ${what}, which failed`)) reject(error);
        },
      );
    });
  const { world } = withSteppedEffects(kafka, footsteps);
  const steppedWorld: Controls<Kafka> = {
    ...world,
    pass: (duration) => around('world.pass', world.pass(duration)),
    sleep: (duration) => around('world.sleep', world.sleep(duration)),
    until: (condition, limits) => around('world.until', world.until(condition, limits)),
  };
  return aroundKafka(kafka, { world: steppedWorld }, around);
}

function withSteppedEffects<Kafka extends { world: Controls<Kafka> }>(kafka: Kafka, footsteps: Footsteps): Kafka {
  const { world } = kafka;
  const effect: Controls<Kafka>['effect'] = async (name, act, limits) => {
    if (!footsteps.take(`before ${name}`)) return new Promise(() => {});
    const result = await world.effect(name, act, limits);
    return footsteps.take(`after ${name}`) ? result : new Promise(() => {});
  };
  return aroundKafka(kafka, { world: { ...world, effect } }, (_, promise) => promise);
}

/** Polls that bring nothing, one after the other, are one long wait: its beginning and its end say all. */
function isWithinIdleSeries(steps: readonly Step[], index: number): boolean {
  const isIdle = (at: number) => steps[at]?.idle === true && steps[at].where === steps[index].where;
  return isIdle(index - 1) && isIdle(index) && isIdle(index + 1);
}
