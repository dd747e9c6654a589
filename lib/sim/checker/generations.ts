/** S14 to S17 and S28: the states and generations of a group. */
import type { GroupMoment, StateName } from './groups.ts';
import { type Answered, answeredOf, type Exchange, type History } from './history.ts';
import type { Finding, Given, Property } from './property.ts';

// #region S14
const allowed: { readonly [from in StateName]: readonly StateName[] } = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: ['PreparingRebalance', 'Dead'],
  unknown: ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Empty', 'Dead'],
};

function* edges(history: History): Generator<Finding> {
  for (const [group, before, now] of steps(history)) {
    if (now.from === undefined) continue;
    const gap = before.state !== 'unknown' && before.state !== 'Dead' && before.state !== now.from;
    if (!allowed[now.from].includes(now.state) || gap) {
      const text = `group ${group} went from ${gap ? before.state : now.from} to ${now.state}, and there is no such way`;
      yield { at: now.index, text, because: before.index < 0 ? [] : [before.index] };
    }
  }
}
// #endregion S14

function* generations(history: History): Generator<Finding> {
  const persisted = new Map<string, GroupMoment>();
  for (const [group, before, now] of steps(history)) {
    if (before.state === 'Dead') persisted.delete(group);
    const stored = persisted.get(group);
    if (now.state === 'Stable') persisted.set(group, now);
    if (now.from === undefined) continue;
    const known = before.generation >= 0 && before.state !== 'Dead';
    const isEnd = now.from === 'PreparingRebalance' && now.state !== 'Dead';
    if (known && now.generation !== before.generation + (isEnd ? 1 : 0)) {
      const text = `group ${group} went from generation ${before.generation} to ${now.generation} on its way to ${now.state}`;
      yield { at: now.index, text, because: [before.index] };
    } else if (!known && stored !== undefined && now.generation < stored.generation) {
      const text = `group ${group} is in generation ${now.generation} again, but ${stored.generation} had been stored`;
      yield { at: now.index, text, because: [stored.index] };
    }
  }
}

function* steps(history: History): Generator<[group: string, before: GroupMoment, now: GroupMoment]> {
  for (const [group, moments] of history.groups) {
    let before: GroupMoment = { index: -1, state: 'unknown', generation: -1, members: undefined };
    for (const now of moments) {
      yield [group, before, now];
      before = now;
    }
  }
}

/** The members of one generation, as JoinGroup was answered to them. */
type Joined = Exchange & { readonly response: Answered };

function joinedTogether(history: History): Map<string, Joined[]> {
  const generations = new Map<string, Joined[]>();
  for (const exchange of answeredOf(history, 'JoinGroup')) {
    if (exchange.response.error !== 0) continue;
    const key = `${exchange.request.group} in generation ${exchange.response.generation} of life ${exchange.life}`;
    generations.set(key, [...(generations.get(key) ?? []), exchange]);
  }
  return generations;
}

/** A static member that came back may be told of a leader under its old id; the others of the generation are what is looked at. */
const isReturn = ({ request }: Joined) => request.instance !== null && request.member === '';

function* oneLeader(history: History): Generator<Finding> {
  for (const [generation, all] of joinedTogether(history)) {
    const joined = all.filter((one) => !isReturn(one));
    const first = joined[0];
    for (const one of joined) {
      const { leader, member, members, instances } = one.response;
      const because = [first.answered];
      if (leader !== first.response.leader && !all.some(isReturn)) {
        yield { at: one.answered, text: `${generation}: ${member} was told of another leader than the rest`, because };
      }
      if (leader !== member && members.length > 0) {
        yield { at: one.answered, text: `${generation}: ${member} got the list of members and does not lead`, because };
      }
      if (members.length > 0 && !members.includes(member)) {
        yield { at: one.answered, text: `${generation}: the leader ${member} is not in the list of members`, because };
      }
      const names = Object.values(instances);
      if (new Set(names).size < names.length) {
        yield { at: one.answered, text: `${generation}: two members have the same group.instance.id`, because };
      }
    }
    yield* listed(generation, joined);
  }
}

/** Everybody who was answered in the join phase is in the list that the leader got. */
function* listed(generation: string, joined: readonly Joined[]): Generator<Finding> {
  const leader = joined.find(({ response }) => response.members.length > 0);
  if (leader === undefined) return;
  for (const { response, request, answered } of joined) {
    if (request.instance !== null || leader.response.members.includes(response.member)) continue;
    const text = `${generation}: ${response.member} was let in, but the leader was not told of it`;
    yield { at: answered, text, because: [leader.answered] };
  }
}

function* oneStrategy(history: History): Generator<Finding> {
  for (const [generation, joined] of joinedTogether(history)) {
    const [first] = joined;
    for (const { request, response, answered } of joined) {
      if (response.protocol !== first.response.protocol) {
        const text = `${generation}: ${response.member} was told to use ${response.protocol}, others ${first.response.protocol}`;
        yield { at: answered, text, because: [first.answered] };
      }
      if (response.protocol !== null && !request.protocols.includes(response.protocol)) {
        const text = `${generation}: ${response.member} does not know the strategy ${response.protocol} that was chosen`;
        yield { at: answered, text, because: [first.answered] };
      }
    }
  }
}

/** Static members that have not come are not counted, by Kafka neither: they keep their places beside those who have. */
function* size(history: History, { maxSize = Infinity }: Given): Generator<Finding> {
  for (const [generation, joined] of joinedTogether(history)) {
    const members = new Set(joined.filter((one) => !isReturn(one)).map(({ response }) => response.member));
    if (members.size <= maxSize) continue;
    const text = `${generation} has ${members.size} members, and ${maxSize} is the most (group.max.size)`;
    yield { at: joined[joined.length - 1].answered, text, because: [joined[0].answered] };
  }
}

export const generationProperties: readonly Property[] = [
  { row: 'S14', promise: 'A group changes its state only along the known ways.', check: edges },
  { row: 'S15', promise: 'Each join phase makes the next generation, and none is stored twice.', check: generations },
  { row: 'S16', promise: 'A generation has one leader, and the leader alone gets the list.', check: oneLeader },
  { row: 'S17', promise: 'A generation has one strategy, which all its members know.', check: oneStrategy },
  { row: 'S28', promise: 'No generation is larger than group.max.size.', check: size },
];
