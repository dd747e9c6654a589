/**
 * A trace, read once and put in order for the checks: who asked what and was answered what, what state each group was in at each moment, and
 * who held which partition from when to when.
 */
import type { TraceEvent } from '../../trace/trace.ts';
import { type GroupMoment, groupMoments } from './groups.ts';
import { type Holding, holdings } from './holdings.ts';

/** What the wire tap tells of one request; each API fills in its own fields. */
export interface Asked {
  readonly connection: string;
  readonly id: number;
  readonly client: string;
  readonly api: string;
  readonly group: string;
  readonly generation: number;
  readonly member: string;
  readonly instance: string | null;
  readonly offsets: readonly { readonly partition: string; readonly offset: number; readonly metadataLength: number }[];
  readonly protocols: readonly string[];
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignments: { readonly [member: string]: readonly string[] };
  readonly members: readonly string[];
}

/** And of its answer. */
export interface Answered {
  readonly error: number;
  readonly errors: { readonly [partition: string]: number };
  readonly offsets: { readonly [partition: string]: number };
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string;
  readonly member: string;
  readonly members: readonly string[];
  /** The static members among them, with their `group.instance.id`. */
  readonly instances: { readonly [member: string]: string };
  readonly assignment: readonly string[];
}

export interface Exchange {
  readonly request: Asked;
  /** Undefined: no answer has left the broker. */
  readonly response: Answered | undefined;
  /** When the request came to the broker. */
  readonly asked: number;
  /** When the answer left it; Infinity: never. */
  readonly answered: number;
  /** The broker's life in which it was asked, counted from 0. */
  readonly life: number;
}

/** A record of which the work was done: `world.effect('work ledger-0 17')`. */
export interface Work {
  readonly at: number;
  readonly process: string;
  readonly partition: string;
  readonly offset: number;
}

export interface History {
  readonly events: readonly TraceEvent[];
  /** In the order in which they were asked. */
  readonly exchanges: readonly Exchange[];
  /** Answers to questions that nobody had asked, or that had been answered. */
  readonly answersTooMany: readonly number[];
  readonly groups: ReadonlyMap<string, readonly GroupMoment[]>;
  readonly holdings: readonly Holding[];
  readonly works: readonly Work[];
  /** When the high watermark of a partition of `__consumer_offsets` rose. */
  readonly offsetsSafe: readonly number[];
  /** Where each life of the broker begins. */
  readonly lives: readonly number[];
}

export function historyOf(events: readonly TraceEvent[]): History {
  const lives = indicesOf(events, ({ what }) => what === 'broker.started');
  return {
    events,
    ...exchangesIn(events, lives),
    groups: groupMoments(events),
    holdings: holdings(events),
    works: events.flatMap((event, at) => workOf(event, at)),
    offsetsSafe: indicesOf(
      events,
      ({ what, detail }) => what === 'partition.highWatermark' && detail.topic === '__consumer_offsets',
    ),
    lives,
  };
}

/** Whether one of the ascending `places` lies between two others, both excluded. */
export function hasBetween(places: readonly number[], from: number, to: number): boolean {
  const next = places[countUpTo(places, from)];
  return next !== undefined && next < to;
}

/** How many of the ascending `places` are at most `limit`. */
export function countUpTo(places: readonly number[], limit: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The exchanges of one API, of all groups. */
export function* of(history: History, ...apis: string[]): Generator<Exchange> {
  for (const exchange of history.exchanges) if (apis.includes(exchange.request.api)) yield exchange;
}

/** The answered exchanges of one API with their answers. */
export function* answeredOf(
  history: History,
  ...apis: string[]
): Generator<Exchange & { readonly response: Answered }> {
  for (const exchange of of(history, ...apis)) {
    if (exchange.response !== undefined) yield exchange as Exchange & { readonly response: Answered };
  }
}

function exchangesIn(events: readonly TraceEvent[], lives: readonly number[]) {
  const open = new Map<string, { -readonly [name in keyof Exchange]: Exchange[name] }>();
  const exchanges: Exchange[] = [];
  const answersTooMany: number[] = [];
  for (const [index, { what, detail }] of events.entries()) {
    if (what !== 'wire.request' && what !== 'wire.response') continue;
    const key = `${detail.connection} ${detail.id}`;
    if (what === 'wire.request') {
      const request = detail as unknown as Asked;
      const life = countUpTo(lives, index);
      const exchange = { request, response: undefined, asked: index, answered: Infinity, life };
      open.set(key, exchange);
      exchanges.push(exchange);
      continue;
    }
    const exchange = open.get(key);
    open.delete(key);
    if (exchange === undefined) answersTooMany.push(index);
    else Object.assign(exchange, { response: detail as unknown as Answered, answered: index });
  }
  return { exchanges, answersTooMany };
}

function workOf({ what, node, detail }: TraceEvent, at: number): Work[] {
  const parts = what === 'effect.done' ? /^work (\S+) (\d+)$/.exec(String(detail.name)) : null;
  return parts === null ? [] : [{ at, process: node, partition: parts[1], offset: Number(parts[2]) }];
}

function indicesOf(events: readonly TraceEvent[], fits: (event: TraceEvent) => boolean): number[] {
  return events.flatMap((event, index) => (fits(event) ? [index] : []));
}
