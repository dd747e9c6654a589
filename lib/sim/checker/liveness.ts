/**
 * L1 to L13: what has to come about once nothing fails any more. A property of this kind is judged at the end: `calm` tells what there is to
 * expect there. Only L3 is judged throughout, since a rebalance has a time limit of its own.
 */
import type { TraceEvent } from '../../trace/trace.ts';
import { answeredOf, type History, of } from './history.ts';
import { type Holding, runsIn } from './holdings.ts';
import type { Calm, Finding, Property } from './property.ts';

/** On top of the time limits of a group: timers round up, and an append takes a moment. */
const GRACE_MS = 1_000;

type Judge = (history: History, calm: Calm, end: number) => Generator<Finding>;

/** Only with `calm`; `end` is the last event. */
const atTheEnd =
  (judge: Judge): Property['check'] =>
  (history, { calm }) =>
    calm === undefined || history.events.length === 0 ? [] : judge(history, calm, history.events.length - 1);

function partitionsOf({ topics }: Calm): string[] {
  return Object.entries(topics).flatMap(([topic, count]) => Array.from({ length: count }, (_, at) => `${topic}-${at}`));
}

const isOpen = ({ end }: Holding) => end === 'open';

// #region L1
/** One owner for each partition: those of the dead and of the stuck have been given to others, and new ones to somebody. */
function* allOwned(history: History, calm: Calm, end: number): Generator<Finding> {
  for (const partition of partitionsOf(calm)) {
    const owners = history.holdings.filter((holding) => isOpen(holding) && holding.partition === partition);
    if (owners.length === 1) continue;
    const who = owners.length === 0 ? 'nobody has it' : `${owners.map(({ node }) => node).join(' and ')} have it`;
    yield {
      at: end,
      text: `at the end ${partition} should have one owner, and ${who}`,
      because: owners.map(({ from }) => from),
    };
  }
}
// #endregion L1

// #region L3
function* roundsEnd(history: History): Generator<Finding> {
  const limits = new Map<string, number>();
  for (const { request } of of(history, 'JoinGroup')) {
    // When none but static members are left that do not come, it is their sessions that end the round.
    const ownMs = request.rebalanceTimeoutMs + (request.instance === null ? 0 : request.sessionTimeoutMs);
    limits.set(request.group, Math.max(limits.get(request.group) ?? 0, ownMs));
  }
  const last = history.events.length - 1;
  for (const [group, moments] of history.groups) {
    const limitMs = limits.get(group) ?? Infinity;
    const changes = moments.filter(({ from, state }) => from !== undefined || state === 'unknown');
    for (const [number, { state, index }] of changes.entries()) {
      if (state !== 'PreparingRebalance' && state !== 'CompletingRebalance') continue;
      const until = changes[number + 1]?.index ?? last;
      const tookMs = history.events[until].at - history.events[index].at;
      if (tookMs <= limitMs + GRACE_MS || frozenBetween(history.events, index, until)) continue;
      const text = `group ${group} was ${state} for ${tookMs} ms, and its members allow it ${limitMs} ms`;
      yield { at: until, text, because: [index] };
    }
  }
}

/** A broker that is frozen keeps no time, and one that has died none either. */
function frozenBetween(events: readonly TraceEvent[], from: number, to: number): boolean {
  return events.slice(from, to).some(({ what, node }) => what.startsWith('process.') && node.startsWith('broker-'));
}
// #endregion L3

function* stable(history: History, { group }: Calm, end: number): Generator<Finding> {
  const last = history.groups.get(group)?.at(-1);
  const state = last?.state === 'unknown' ? 'Stable' : last?.state;
  if (state === 'Stable') return;
  yield {
    at: end,
    text: `group ${group} is ${state ?? 'unheard of'} at the end, not Stable`,
    because: last && [last.index],
  };
}

/** Each living member has heard of the last generation: a lost answer was asked for again. */
function* allInLastGeneration(history: History, { group }: Calm, end: number): Generator<Finding> {
  const last = history.groups.get(group)?.at(-1);
  const assigned = new Map<string, { readonly generation: number; readonly at: number }>();
  for (const [at, { what, node, detail }] of history.events.entries()) {
    if (what === 'consumer.assigned') assigned.set(node, { generation: Number(detail.generation), at });
    if (what === 'process.crashed' || what === 'process.exited') {
      for (const member of assigned.keys()) if (runsIn(member, node)) assigned.delete(member);
    }
    if (what === 'request.sent' && detail.api === 'LeaveGroup') assigned.delete(node);
  }
  if (last === undefined || last.generation < 0) return;
  for (const [node, { generation, at }] of assigned) {
    if (generation === last.generation) continue;
    yield {
      at: end,
      text: `${node} still is in generation ${generation}, and the group in ${last.generation}`,
      because: [at],
    };
  }
}

// #region L8
function* allReturned(history: History, calm: Calm, end: number): Generator<Finding> {
  const returned = new Map<string, Set<number>>();
  const promised = new Map<string, Map<number, number>>();
  for (const [at, { what, detail }] of history.events.entries()) {
    if (what !== 'consumer.records' && what !== 'producer.acknowledged') continue;
    const partition = `${detail.topic}-${detail.partition}`;
    for (let offset = Number(detail.from); offset <= Number(detail.to); offset++) {
      if (what === 'consumer.records') returned.set(partition, (returned.get(partition) ?? new Set()).add(offset));
      else promised.set(partition, (promised.get(partition) ?? new Map()).set(offset, at));
    }
  }
  for (const partition of partitionsOf(calm)) {
    for (const [offset, at] of promised.get(partition) ?? []) {
      if (returned.get(partition)?.has(offset)) continue;
      yield {
        at: end,
        text: `${partition} ${offset} was acknowledged to its producer, and no member was given it`,
        because: [at],
      };
    }
  }
}
// #endregion L8

/** The owner of each partition has read to its end. */
function* caughtUp(history: History, calm: Calm, end: number): Generator<Finding> {
  const ends = new Map<string, number>();
  const positions = new Map<string, number>();
  for (const { what, node, detail } of history.events) {
    const partition = `${detail.topic}-${detail.partition}`;
    if (what === 'partition.highWatermark') ends.set(partition, Number(detail.offset));
    if (what === 'consumer.position') positions.set(`${node} ${partition}`, Number(detail.offset));
    if (what === 'consumer.records') positions.set(`${node} ${partition}`, Number(detail.to) + 1);
  }
  for (const partition of partitionsOf(calm)) {
    const owner = history.holdings.find((holding) => isOpen(holding) && holding.partition === partition);
    const position = owner && positions.get(`${owner.node} ${partition}`);
    const highWatermark = ends.get(partition) ?? 0;
    if (owner === undefined || position === highWatermark) continue;
    const text = `${owner.node} has read ${partition} up to ${position ?? 'nowhere'}, and it ends at ${highWatermark}`;
    yield { at: end, text, because: [owner.from] };
  }
}

function* noStorm(history: History, { group, quietMs }: Calm, end: number): Generator<Finding> {
  const last = history.groups.get(group)?.at(-1);
  if (last === undefined) return;
  const quiet = history.events[end].at - history.events[last.index].at;
  if (quiet >= quietMs) return;
  yield {
    at: last.index,
    text: `group ${group} had been quiet for only ${quiet} ms at the end: it goes on rebalancing`,
  };
}

/** Ids that were handed out and never came back have been forgotten, so nobody waits for them. */
function* pendingForgotten(history: History, { group }: Calm, end: number): Generator<Finding> {
  const handedOut = new Map<string, number>();
  for (const { request, response, answered } of answeredOf(history, 'JoinGroup')) {
    if (request.group === group && request.member === '' && response.error !== 0)
      handedOut.set(response.member, answered);
  }
  const last = history.groups.get(group)?.at(-1);
  if (last?.state !== 'PreparingRebalance') return;
  const missing = [...handedOut].filter(([member]) => !last.members?.has(member));
  if (missing.length === 0) return;
  const text = `group ${group} still prepares, perhaps for ${missing.map(([member]) => member).join(', ')}`;
  yield { at: end, text, because: missing.map(([, at]) => at) };
}

export const livenessProperties: readonly Property[] = [
  {
    row: 'L1',
    promise: 'In the end each partition has one owner (L2 for the stuck, L10 for new ones).',
    check: atTheEnd(allOwned),
  },
  { row: 'L3', promise: 'A rebalance ends within the rebalance timeout.', check: roundsEnd },
  { row: 'L4', promise: 'In the end the group is Stable, whoever led it.', check: atTheEnd(stable) },
  { row: 'L5', promise: 'In the end every member is in the last generation.', check: atTheEnd(allInLastGeneration) },
  {
    row: 'L7',
    promise: 'Somebody who never came back for a second JoinGroup is not waited for.',
    check: atTheEnd(pendingForgotten),
  },
  {
    row: 'L8',
    promise: 'In the end every acknowledged record was given to a member (L13: also large ones).',
    check: atTheEnd(allReturned),
  },
  { row: 'L9', promise: 'In the end the owner has read to the end.', check: atTheEnd(caughtUp) },
  { row: 'L11', promise: 'In the end the group is left in peace.', check: atTheEnd(noStorm) },
];
