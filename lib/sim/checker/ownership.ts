/**
 * S22 to S26: who may read a partition, seen from the consumers and their callbacks.
 *
 * A program that wants its callbacks checked tells of them in the trace, in the name of its consumer: `listener.assigned`, `listener.revoked` and
 * `listener.lost`, with the partitions that it was given.
 */
import { momentsDuring } from './groups.ts';
import { answeredOf, type History } from './history.ts';
import { type Holding, nodeIn, partitionsIn, runsIn } from './holdings.ts';
import type { Finding, Property } from './property.ts';

// #region S22
/**
 * Two hold one partition, and the group counts both as members: the one before has not been asked to let go. A member that was given up is no member; a
 * static one keeps its place without coming, and learns from its next request that the others have gone on.
 */
function* handedOver(history: History, isCooperative: boolean): Generator<Finding> {
  const groupOf = groupsOf(history);
  const byPartition = new Map<string, Holding[]>();
  for (const holding of history.holdings) {
    const before = byPartition.get(holding.partition) ?? [];
    byPartition.set(holding.partition, [...before.filter(({ until }) => until > holding.from), holding]);
    const mine = groupOf.get(holding.member);
    if (mine === undefined || mine.strategy.includes('cooperative') !== isCooperative) continue;
    const now = momentsDuring(history.groups.get(mine.group) ?? [], holding.from, holding.from)[0];
    if (now?.generation !== holding.generation) continue;
    for (const other of before) {
      const isOpen = other.until > holding.from && other.node !== holding.node;
      const theirs = groupOf.get(other.member);
      if (!isOpen || theirs?.group !== mine.group || !now.members?.has(other.member)) continue;
      const came = theirs.generations.get(holding.generation) ?? Infinity;
      if (theirs.isStatic && came > holding.from) continue;
      const text = `${holding.node} got ${holding.partition} in generation ${holding.generation}, and ${other.node}, a member too, has not let go of it`;
      yield { at: holding.from, text, because: [other.from] };
    }
  }
}
// #endregion S22

/** A member's group, and when it was let into which generation. */
interface Membership {
  readonly group: string;
  readonly strategy: string;
  readonly isStatic: boolean;
  readonly generations: Map<number, number>;
}

function groupsOf(history: History): Map<string, Membership> {
  const groups = new Map<string, Membership>();
  for (const { request, response, answered } of answeredOf(history, 'JoinGroup')) {
    if (response.error !== 0) continue;
    const generations = groups.get(response.member)?.generations ?? new Map<number, number>();
    const isStatic = request.instance !== null;
    const strategy = response.protocol ?? '';
    groups.set(response.member, { group: request.group, strategy, isStatic, generations });
    if (!generations.has(response.generation)) generations.set(response.generation, answered);
  }
  return groups;
}

// #region S24
function* revokedOrLost(history: History): Generator<Finding> {
  const listeners = new Set(history.events.filter(({ what }) => what.startsWith('listener.')).map(({ node }) => node));
  const calls = callsOf(history, ['listener.revoked', 'listener.lost']);
  for (const { node, partition, from, until, end } of history.holdings) {
    if (!listeners.has(node)) continue;
    const heard = (calls.get(`${node} ${partition}`) ?? []).filter((at) => at > from && at <= until);
    const wanted = end === 'revoked' || end === 'lost' ? 1 : 0;
    // A process may die, or the world end, between a callback and what follows from it.
    if (heard.length === wanted || (wanted === 0 && heard.length === 1)) continue;
    const text = `${node} gave up ${partition} (${end}), and its listener was told of that ${heard.length} times`;
    yield { at: until === Infinity ? heard[heard.length - 1] : until, text, because: [from, ...heard] };
  }
}

function callsOf(history: History, whats: readonly string[]): Map<string, number[]> {
  const calls = new Map<string, number[]>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (!whats.includes(what)) continue;
    for (const partition of partitionsIn(detail)) {
      const key = `${node} ${partition}`;
      calls.set(key, [...(calls.get(key) ?? []), index]);
    }
  }
  return calls;
}
// #endregion S24

function* onlyNew(history: History): Generator<Finding> {
  const held = new Map<string, number>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (what === 'process.started') for (const key of held.keys()) if (runsIn(nodeIn(key), node)) held.delete(key);
    if (!what.startsWith('listener.')) continue;
    for (const partition of partitionsIn(detail)) {
      const key = `${node} ${partition}`;
      const before = held.get(key);
      held.delete(key);
      if (what !== 'listener.assigned') continue;
      held.set(key, index);
      if (before === undefined) continue;
      const text = `onPartitionsAssigned of ${node} names ${partition}, which it had already`;
      yield { at: index, text, because: [before] };
    }
  }
}

// #region S26
function* onlyOwn(history: History): Generator<Finding> {
  const members = new Set<string>();
  const held = new Set<string>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (what === 'consumer.assigned') {
      members.add(node);
      for (const partition of partitionsIn(detail)) held.add(`${node} ${partition}`);
    } else if (what === 'consumer.revoked' || what === 'consumer.lost') {
      for (const partition of partitionsIn(detail)) held.delete(`${node} ${partition}`);
    } else if (what === 'request.sent' && detail.api === 'LeaveGroup') members.delete(node);
    else if (what === 'process.crashed' || what === 'process.exited') {
      for (const member of members) if (runsIn(member, node)) members.delete(member);
      for (const key of held) if (runsIn(nodeIn(key), node)) held.delete(key);
    } else if (what === 'consumer.records' && members.has(node)) {
      const partition = `${detail.topic}-${detail.partition}`;
      if (held.has(`${node} ${partition}`)) continue;
      yield { at: index, text: `${node} handed out records of ${partition}, which is not assigned to it` };
    }
  }
}
// #endregion S26

export const ownershipProperties: readonly Property[] = [
  {
    row: 'S22',
    promise: 'Eager: nobody gets a partition before the members that had it have given it up.',
    check: (history) => handedOver(history, false),
  },
  {
    row: 'S23',
    promise: 'Cooperative: a partition goes to another member only after its owner has given it up.',
    check: (history) => handedOver(history, true),
  },
  { row: 'S24', promise: 'Each partition is given up through one callback: revoked or lost.', check: revokedOrLost },
  { row: 'S25', promise: 'onPartitionsAssigned names only partitions that are new.', check: onlyNew },
  { row: 'S26', promise: 'A member hands out records only of partitions that it has.', check: onlyOwn },
];
