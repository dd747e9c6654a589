/** S7, S9 to S13 and S21: committed offsets. What is promised is promised over the wire, so it is looked at there. */
import type { Json } from '../../trace/trace.ts';
import { type GroupMoment, momentsDuring } from './groups.ts';
import { type Answered, answeredOf, type Exchange, type History, hasBetween, of } from './history.ts';
import { processOf } from './holdings.ts';
import type { Finding, Given, Property } from './property.ts';

const TOO_LARGE = 12;
/** An append to a log in memory takes no longer, in ms. */
const APPEND_MS = 20;

/** One partition of one commit. */
interface Write {
  readonly offset: number;
  readonly asked: number;
  /** When it was acknowledged, or refused; when its broker died, if that came first; Infinity: it may still happen. */
  readonly over: number;
  readonly outcome: 'acknowledged' | 'refused' | 'unknown';
}

// #region S7
/** The committed offset of a partition is a register: who reads it sees the last write, or one that was under way meanwhile. */
function* lastCommit(history: History): Generator<Finding> {
  const writes = writesIn(history);
  const resets = history.events.flatMap((event, index) => (forgets(event.what, event.detail) ? [index] : []));
  for (const fetch of answeredOf(history, 'OffsetFetch')) {
    for (const [partition, offset] of Object.entries(fetch.response.offsets)) {
      const all = writes.get(`${fetch.request.group} ${partition}`) ?? [];
      const finding = read(all, resets, fetch, offset);
      if (finding === undefined) continue;
      const { text, because } = finding;
      const reader = fetch.request.client;
      yield {
        at: fetch.answered,
        text: `${reader} asked for the offset of ${partition} and was told ${offset}, but ${text}`,
        because,
      };
    }
  }
}

function read(all: readonly Write[], resets: readonly number[], { asked, answered }: Exchange, offset: number) {
  const done = all.filter((write) => write.outcome === 'acknowledged' && write.over < asked);
  const forgotten = (write: Write) => hasBetween(resets, write.asked, answered);
  if (offset < 0) {
    const lost = done.find((write) => !forgotten(write));
    return lost && { text: `${lost.offset} had been committed`, because: [lost.asked, lost.over] };
  }
  const candidates = all.filter((write) => write.offset === offset && write.asked < answered);
  const possible = candidates.filter(({ outcome }) => outcome !== 'refused');
  if (possible.length === 0) {
    const refused = candidates[0];
    if (all.length === 0 || resets.some((reset) => reset < answered)) return undefined;
    return refused === undefined
      ? { text: 'nobody has ever committed that', because: [] }
      : { text: 'that commit had been refused', because: [refused.asked, refused.over] };
  }
  const newer = (write: Write) => done.find((later) => later.asked > write.over && !forgotten(later));
  if (possible.some((write) => newer(write) === undefined)) return undefined;
  const last = possible[possible.length - 1];
  const later = newer(last)!;
  return { text: `${later.offset} had been committed after that`, because: [last.over, later.over] };
}
// #endregion S7

function writesIn(history: History): Map<string, Write[]> {
  const writes = new Map<string, Write[]>();
  for (const { request, response, asked, answered, life } of of(history, 'OffsetCommit')) {
    // A request that its broker did not live to answer can have no effect afterwards.
    const over = Math.min(answered, history.lives[life] ?? Infinity);
    for (const { partition, offset } of request.offsets) {
      const error = response?.errors[partition];
      const outcome = error === undefined ? 'unknown' : error === 0 ? 'acknowledged' : 'refused';
      const key = `${request.group} ${partition}`;
      const write: Write = { offset, asked, over, outcome };
      const others = writes.get(key);
      if (others === undefined) writes.set(key, [write]);
      else others.push(write);
    }
  }
  return writes;
}

/** Offsets go when they expire, and when somebody deletes them, their group or their topic. */
function forgets(what: string, { api }: { readonly [name: string]: Json }): boolean {
  if (what === 'offset.expired' || what === 'offset.deleted') return true;
  return what === 'request.sent' && (api === 'DeleteGroups' || api === 'OffsetDelete' || api === 'DeleteTopics');
}

/** The acknowledgement has to wait until the record of the commit is safe. */
function* safeFirst(history: History): Generator<Finding> {
  for (const { request, response, asked, answered } of answeredOf(history, 'OffsetCommit')) {
    if (!isAccepted(response) || hasBetween(history.offsetsSafe, asked, answered)) continue;
    const text = `a commit of ${request.client} was acknowledged before it was safe in the log`;
    yield { at: answered, text, because: [asked] };
  }
}

// #region S9
/** A commit that the coordinator has accepted, and the states that its group was in meanwhile. */
interface Accepted {
  readonly who: string;
  readonly group: string;
  readonly member: string;
  readonly generation: number;
  /** Somewhere between these events it was accepted. */
  readonly asked: number;
  readonly done: number;
  readonly moments: readonly GroupMoment[];
}

function* byMembers(history: History): Generator<Finding> {
  for (const commit of acceptedCommits(history)) {
    const { who, group, member, generation, asked, done, moments } = commit;
    if (isOutdated(commit) || moments.some((moment) => mayCommit(commit, moment))) continue;
    const [first] = moments;
    const text =
      generation < 0
        ? `a commit from outside the group ${group} was accepted while it had members (${first.state})`
        : `a commit of ${who} in generation ${generation} was accepted; ${group} was ${first.state} in generation ${first.generation}, and ${member} ${first.members?.has(member) ? 'a member' : 'no member'} of it`;
    yield { at: done, text, because: [first.index, asked] };
  }
}

function mayCommit(commit: Accepted, { state, generation, members }: GroupMoment): boolean {
  if (commit.generation < 0 && (state === 'Empty' || state === 'Dead')) return true;
  const isKnown = members === undefined || members.has(commit.member);
  return commit.generation === generation && isKnown && state !== 'CompletingRebalance';
}
// #endregion S9

function* noOldGeneration(history: History): Generator<Finding> {
  for (const commit of acceptedCommits(history)) {
    if (!isOutdated(commit)) continue;
    const { who, group, generation, asked, done, moments } = commit;
    const text = `${who} committed in generation ${generation}, and ${group} had gone on to ${moments[0].generation}`;
    yield { at: done, text, because: [moments[0].index, asked] };
  }
}

function isOutdated({ generation, moments }: Accepted): boolean {
  return generation >= 0 && moments.every((moment) => moment.generation > generation);
}

/** Those that were acknowledged, and those that the coordinator itself tells of: their sender may have gone before it could be answered. */
function* acceptedCommits(history: History): Generator<Accepted> {
  for (const { request, response, asked, answered } of answeredOf(history, 'OffsetCommit')) {
    if (!isAccepted(response)) continue;
    const { client, group, member, generation } = request;
    yield* within(history, { who: client, group, member, generation, asked, done: answered });
  }
  for (const [done, { what, detail, at }] of history.events.entries()) {
    if (what !== 'offset.committed') continue;
    const { group, member, generation } = detail as never as Accepted;
    let asked = done;
    while (asked > 0 && history.events[asked - 1].at >= at - APPEND_MS) asked--;
    yield* within(history, { who: member, group, member, generation, asked, done });
  }
}

function* within(history: History, commit: Omit<Accepted, 'moments'>): Generator<Accepted> {
  const all = history.groups.get(commit.group) ?? [];
  const moments = momentsDuring(all, commit.asked, commit.done);
  if (all.length === 0 || all[0].index > commit.asked) {
    moments.unshift({ index: -1, state: 'Empty', generation: 0, members: new Set() });
  }
  // A broker that has just been started knows the group from its log, of which the trace says nothing.
  if (moments.every(({ generation }) => generation >= 0)) yield { ...commit, moments };
}

function isAccepted({ errors }: Answered): boolean {
  return Object.values(errors).some((error) => error === 0);
}

// #region S11
/** Nobody commits what it has not been given, and with `afterWork` nobody commits what is not done. */
function* notAhead(history: History, { commitsPositions = false }: Given): Generator<Finding> {
  if (!commitsPositions) return;
  const reached = new Map<string, number>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    const key = `${node} ${detail.topic}-${detail.partition}`;
    if (what === 'consumer.records') reached.set(key, Math.max(reached.get(key) ?? 0, Number(detail.to) + 1));
    if (what === 'consumer.position') reached.set(key, Math.max(reached.get(key) ?? 0, Number(detail.offset)));
    if (what !== 'wire.request' || detail.api !== 'OffsetCommit') continue;
    const { client, offsets } = detail as never as Exchange['request'];
    for (const { partition, offset } of offsets) {
      const limit = reached.get(`${client} ${partition}`) ?? 0;
      if (offset <= limit) continue;
      yield {
        at: index,
        text: `${client} committed ${offset} of ${partition}, and had only been given what is below ${limit}`,
      };
    }
  }
}

function* onlyDone(history: History, { commits }: Given): Generator<Finding> {
  if (commits !== 'afterWork') return;
  const done = new Map<string, number>();
  // What was done as a request left, by the client and the number of the request: until it reaches the broker, more work may be done.
  const asSent = new Map<string, ReadonlyMap<string, number>>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (what === 'request.sent' && detail.api === 'OffsetCommit')
      asSent.set(`${node} ${detail.correlationId}`, new Map(done));
    const key = `${processOf(node)} ${detail.topic}-${detail.partition}`;
    // What was done before this position was found, is done.
    if (what === 'consumer.position') done.set(key, Math.max(done.get(key) ?? 0, Number(detail.offset)));
    const work = what === 'effect.done' ? /^work (\S+) (\d+)$/.exec(String(detail.name)) : null;
    if (work !== null)
      done.set(`${node} ${work[1]}`, Math.max(done.get(`${node} ${work[1]}`) ?? 0, Number(work[2]) + 1));
    if (what !== 'wire.request' || detail.api !== 'OffsetCommit') continue;
    const { client, id, offsets } = detail as never as Exchange['request'];
    for (const { partition, offset } of offsets) {
      const limit = (asSent.get(`${client} ${id}`) ?? done).get(`${processOf(client)} ${partition}`) ?? 0;
      if (offset <= limit) continue;
      yield {
        at: index,
        text: `${client} committed ${offset} of ${partition}, and the work was done only below ${limit}`,
      };
    }
  }
}
// #endregion S11

function* shortMetadata(history: History, { metadataMaxBytes = 4096 }: Given): Generator<Finding> {
  for (const { request, response, answered, asked } of answeredOf(history, 'OffsetCommit')) {
    for (const { partition, metadataLength } of request.offsets) {
      const isTooLong = metadataLength > metadataMaxBytes;
      const error = response.errors[partition];
      if (isTooLong ? error !== 0 : error !== TOO_LARGE) continue;
      const text = isTooLong
        ? `${metadataLength} characters of metadata for ${partition} were accepted`
        : `the commit of ${partition} was refused for its metadata of ${metadataLength} characters`;
      yield { at: answered, text, because: [asked] };
    }
  }
}

export const commitProperties: readonly Property[] = [
  { row: 'S7', promise: 'Who asks for an offset is told the last commit that was acknowledged.', check: lastCommit },
  { row: 'S7', promise: 'A commit is acknowledged once it is safe in the log, not before.', check: safeFirst },
  {
    row: 'S9',
    promise: 'Only a member of the current generation commits, outside of CompletingRebalance.',
    check: byMembers,
  },
  {
    row: 'S10',
    promise: 'Once the group has gone on, nobody commits in the generation before.',
    check: noOldGeneration,
  },
  { row: 'S11', promise: 'A consumer commits no further than it has been given.', check: notAhead },
  { row: 'S12', promise: 'A commit covers no record of which the work is not done.', check: onlyDone },
  { row: 'S13', promise: 'Metadata that is too long is refused, for its partition alone.', check: shortMetadata },
];
