/**
 * One run of a cast in a fresh world, with or without a fault, and everything that was seen of it.
 *
 * A fault falls at a place in the list of events, not at a time: as the world is the same each time up to there, that place is exact, and nothing had to be prepared
 * in the world that would have changed what came before.
 */

import type { Kafka, SimulatedKafka, Task, TraceEvent } from '../../../lib/index.ts';
import { wiretap } from '../../../lib/sim/checker/wiretap.ts';

/** What a program does as a process of its own, as `everyCrash` takes it. */
export type Program<Stage> = (kafka: Kafka, stage: Stage) => Promise<unknown>;

/** What is run: everything but the fault. */
export interface Cast<Stage> {
  readonly programs: { readonly [name: string]: Program<Stage> };
  /** When each enters, in ms after the first; by default at once. */
  readonly entrances: { readonly [name: string]: number };
  readonly world: (seed: number) => Promise<SimulatedKafka>;
  readonly setup?: (kafka: SimulatedKafka) => Stage | Promise<Stage>;
  readonly outcome?: (stage: Stage) => string | number;
  /** How long after its crash a program is started again; undefined: never. */
  readonly restartMs?: number;
}

/** `after`: the place of the last event before it. */
export type Fault =
  | { readonly what: 'crash' | 'freeze'; readonly who: string; readonly after: number }
  /** The answer to the request of this API and client that is the `nth` of its kind, from 1. */
  | {
      readonly what: 'drop';
      readonly who: string;
      readonly api: string;
      readonly clientId: string;
      readonly nth: number;
    };

export interface Run {
  readonly events: readonly TraceEvent[];
  readonly fromMs: number;
  readonly records: { readonly [partition: string]: readonly string[] };
  readonly outcome: string | undefined;
}

/** How long a frozen program stands still: longer than a session, so that the group has gone on. */
export const FROZEN_MS = 60_000;

export async function perform<Stage>(
  { programs, entrances, world, setup, outcome, restartMs }: Cast<Stage>,
  { seed, forMs, fault }: { readonly seed: number; readonly forMs: number; readonly fault?: Fault },
): Promise<Run> {
  const kafka = await world(seed);
  const stage = (await setup?.(kafka)) as Stage;
  const tasks = new Map<string, Task>();
  const { trace } = kafka.cluster;
  const events: TraceEvent[] = [...trace.events];
  const note = (event: TraceEvent) => {
    events.push(event);
    if (fault !== undefined && fault.what !== 'drop' && events.length - 1 === fault.after) strike(fault);
  };
  const tell = (node: string, what: string, detail: TraceEvent['detail'] = {}) =>
    note({ at: kafka.world.now(), node, what, detail });
  const enter = (name: string) => {
    const program = async (own: Kafka) => {
      try {
        await programs[name](
          withPollsTold(own, (begins) => tell(name, 'theatre.poll', { begins })),
          stage,
        );
      } catch (error) {
        tell(name, 'task.failed', { message: error instanceof Error ? error.message : String(error) });
      }
    };
    tasks.set(name, kafka.world.spawn(name, program));
  };
  const later = (ms: number, act: () => void) => kafka.world.doors.clock.after(ms, act);
  const strike = ({ what, who }: Fault) => {
    const task = tasks.get(who);
    if (what === 'freeze') {
      task?.freeze();
      later(FROZEN_MS, () => task?.thaw());
      return;
    }
    task?.crash();
    if (restartMs !== undefined) later(restartMs, () => enter(who));
  };
  trace.watch(note);
  const tap = wiretap(kafka.cluster);
  if (fault?.what === 'drop') dropAnswer(kafka, fault, tell);
  const fromMs = kafka.world.now();
  const order = Object.keys(programs).sort((one, other) => (entrances[one] ?? 0) - (entrances[other] ?? 0));
  for (const name of order) {
    const waitMs = fromMs + (entrances[name] ?? 0) - kafka.world.now();
    if (waitMs > 0) await kafka.world.pass(waitMs);
    enter(name);
  }
  await kafka.world.pass(Math.max(0, fromMs + forMs - kafka.world.now()));
  tap.stop();
  const run = { events: [...events], fromMs, records: await recordsOf(kafka, events) };
  const came = outcome?.(stage);
  await kafka.close();
  return { ...run, outcome: came === undefined ? undefined : String(came) };
}

/** The one control drops the answer, and the other, behind it, tells of the moment at which it would have left. */
function dropAnswer(
  { cluster }: SimulatedKafka,
  { api, clientId, who, nth }: Extract<Fault, { what: 'drop' }>,
  tell: (node: string, what: string, detail: TraceEvent['detail']) => void,
): void {
  const name = api as 'JoinGroup';
  const chosen = () => {
    let count = 0;
    return { clientId, times: 1, where: () => ++count === nth };
  };
  cluster.on(name, chosen()).dropAnswer();
  cluster.on(name, chosen()).answer(async (_, handle) => {
    const response = await handle();
    tell(who, 'theatre.dropped', { api });
    return response;
  });
}

async function recordsOf(kafka: SimulatedKafka, events: readonly TraceEvent[]): Promise<Run['records']> {
  const appends = events.filter(
    ({ what, detail }) => what === 'partition.append' && detail.topic !== '__consumer_offsets',
  );
  const records: { [partition: string]: string[] } = {};
  for (const topic of new Set(appends.map(({ detail }) => String(detail.topic)))) {
    for (const { partition, offset, value } of await kafka.cluster.records(topic)) {
      const texts = records[`${topic}-${partition}`] ?? [];
      records[`${topic}-${partition}`] = texts;
      while (texts.length < offset) texts.push('');
      texts[offset] = value ?? '';
    }
  }
  return records;
}

/** A Kafka whose consumers say when a poll begins and ends: no trace tells of polls that bring nothing. */
function withPollsTold(own: Kafka, told: (begins: boolean) => void): Kafka {
  const around =
    (call: (...parameters: unknown[]) => Promise<unknown>) =>
    (...parameters: unknown[]) => {
      told(true);
      return call(...parameters).finally(() => told(false));
    };
  const watched = <T extends object>(target: T, name: PropertyKey): T =>
    new Proxy(target, {
      get(_, property) {
        const value: unknown = Reflect.get(target, property);
        if (property === name) return around(value as never);
        if (property !== Symbol.asyncIterator) return value;
        return () => watched((value as () => object)(), 'next');
      },
    });
  return new Proxy(own, {
    get(_, property) {
      const value: unknown = Reflect.get(own, property);
      if (property !== 'consumer') return value;
      return (...parameters: unknown[]) => watched((value as (...all: unknown[]) => object)(...parameters), 'poll');
    },
  });
}
