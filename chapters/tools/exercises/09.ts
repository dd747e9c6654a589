/**
 * What chapter 09 shows and asks: the messages of a group as its coordinator sees them, and the check of a small `onSync`.
 *
 * The messages are taken at the broker, between the arrival of a request and its handler, so a drawing has the very bytes' content and the order in
 * which the coordinator dealt with them. The exercise is judged as the real decider is tested: by a table of events, without time and without a network.
 */
import {
  type ConsumerSettings,
  type Drawing,
  Errors,
  type Kafka,
  type LaneStep,
  lanes,
  type SimulatedKafka,
  simulate,
} from '../../../lib/index.ts';
import { Verdict } from '../index.ts';

const GROUP = 'ledger';
const COORDINATOR = 'coordinator';

/** A fresh world with the topic `accounts`, in two partitions, and one of exchange rates. */
export function accounts(): Promise<SimulatedKafka> {
  return simulate({ seed: 7, topics: { accounts: 2, rates: 1 } });
}

/** A request of a member and what the coordinator said to it. */
export interface Said {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The process that asked. */
  readonly who: string;
  readonly asks: string;
  readonly answer: string;
  /** The state of the group when the request came. */
  readonly state: string;
}

/** Something that the coordinator did without being asked for an answer. */
interface Moment {
  readonly at: number;
  readonly says: string;
}

/** What went between members and their coordinator, in the order in which it came. */
export class Overheard {
  readonly said: Said[] = [];
  readonly moments: Moment[] = [];
  /** Requests that a broker has sent to anybody. */
  calls = 0;

  /** How long one member waited, from its first question to its part, and how often the coordinator called anybody. */
  inShort(who: string): string {
    const own = this.said.filter((one) => one.who === who);
    const part = own.find(({ answer }) => answer.startsWith('yours'));
    return [
      `${who} asks to join at ${own[0]?.askedMs} ms`,
      `${who} has its part at ${part?.answeredMs} ms`,
      `calls made by the coordinator: ${this.calls}`,
    ].join('\n');
  }
}

interface Join {
  readonly generationId?: number;
  readonly memberId?: string;
  readonly leader?: string;
  readonly members?: readonly { readonly memberId: string }[];
  readonly errorCode?: number;
}

/** Listens at the coordinator from now on. */
export function overhear(kafka: SimulatedKafka): Overheard {
  const heard = new Overheard();
  const { cluster, world } = kafka;
  const add = (clientId: string | null, asks: string, state: string, askedMs: number, answer: string) => {
    const who = processOf(clientId ?? '');
    heard.said.push({ askedMs, answeredMs: world.now(), who, asks, answer, state });
  };
  const stateNow = () => cluster.group(GROUP)?.state ?? 'no group';
  cluster.on('JoinGroup').answer(async ({ clientId, atMs, request }, handle) => {
    const state = stateNow();
    const response = await handle();
    const asks = request.memberId === '' ? 'JoinGroup, no id' : 'JoinGroup, with id';
    add(clientId, asks, state, atMs, joinAnswer(response));
    return response;
  });
  cluster.on('SyncGroup').answer(async ({ clientId, atMs, request }, handle) => {
    const state = stateNow();
    const response = await handle();
    const parts = request.assignments.map(({ memberId }) => processOf(memberId));
    const asks = parts.length === 0 ? 'SyncGroup' : `SyncGroup, parts for ${parts.join(', ')}`;
    add(clientId, asks, state, atMs, errorOr(response.errorCode, `yours: ${partOf(kafka, clientId)}`));
    return response;
  });
  cluster.on('Heartbeat').answer(async ({ clientId, atMs, request }, handle) => {
    const state = stateNow();
    const response = await handle();
    add(clientId, `Heartbeat, generation ${request.generationId}`, state, atMs, nameOf(response.errorCode));
    return response;
  });
  cluster.on('OffsetCommit').answer(async ({ clientId, atMs, request }, handle) => {
    const state = stateNow();
    const response = await handle();
    const errorCode = response.topics[0]?.partitions[0]?.errorCode ?? 0;
    add(clientId, `commit, generation ${request.generationIdOrMemberEpoch}`, state, atMs, nameOf(errorCode));
    return response;
  });
  cluster.trace.watch(({ at, node, what, detail }) => {
    if (what === 'request.sent' && node.startsWith('broker')) heard.calls++;
    if (what === 'partition.append' && stateNow() === 'CompletingRebalance') {
      heard.moments.push({ at, says: 'writes the parts to its log' });
    }
    if (what === 'group.state')
      heard.moments.push({ at, says: stateText(String(detail.to), Number(detail.generation)) });
    if (what === 'group.member' && detail.change !== 'joined') {
      heard.moments.push({ at, says: `${processOf(String(detail.member))} is out: ${detail.change}` });
    }
  });
  return heard;
}

function stateText(state: string, generation: number): string {
  return state === 'PreparingRebalance' ? state : `${state}, ${generation}`;
}

function joinAnswer({ errorCode = 0, memberId = '', leader, generationId, members = [] }: Join): string {
  if (errorCode === Errors.MEMBER_ID_REQUIRED.code) return `${nameOf(errorCode)}: take this`;
  if (errorCode !== 0) return nameOf(errorCode);
  const role =
    leader === memberId ? `you lead ${members.map((one) => processOf(one.memberId)).join(', ')}` : 'you follow';
  return `generation ${generationId}, ${role}`;
}

function partOf(kafka: SimulatedKafka, clientId: string | null): string {
  const member = kafka.cluster.group(GROUP)?.members.find((one) => one.clientId === clientId);
  const partitions = member?.assignment.accounts ?? [];
  return partitions.length === 0 ? 'nothing' : `partition ${partitions.join(' and ')}`;
}

function errorOr(errorCode: number | undefined, answer: string): string {
  return errorCode === undefined || errorCode === 0 ? answer : nameOf(errorCode);
}

function nameOf(errorCode: number | undefined): string {
  const found = Object.entries(Errors).find(([, { code }]) => code === errorCode);
  return found?.[0] ?? String(errorCode);
}

/** `one/consumer-1-614d…` is a member in the process `one`. */
function processOf(id: string): string {
  return id.split('/')[0];
}

/** The messages as lanes, from a time on; the answer that begins the round is the decisive one. */
export function conversation(caption: string, heard: Overheard, sinceMs: number): Drawing {
  const members = [...new Set(heard.said.map(({ who }) => who))].sort();
  const steps: { step: LaneStep; order: number }[] = [];
  const add = (step: LaneStep, order: number) => {
    if (step.at >= sinceMs) steps.push({ step, order });
  };
  for (const { askedMs, answeredMs, who, asks, answer } of heard.said) {
    const decisive = asks.startsWith('Heartbeat') && answer === 'REBALANCE_IN_PROGRESS';
    add({ at: askedMs, from: who, to: COORDINATOR, says: asks }, 0);
    add({ at: answeredMs, from: COORDINATOR, to: who, says: answer, decisive }, 2);
  }
  for (const { at, says } of heard.moments) add({ at, lane: COORDINATOR, says }, 1);
  // In one millisecond a request comes before what the coordinator does about it, and the answer last.
  steps.sort((one, other) => one.step.at - other.step.at || one.order - other.order);
  const [left, ...others] = members;
  return lanes(
    steps.map(({ step }) => step),
    { caption, lanes: [left, COORDINATOR, ...others] },
  );
}

/**
 * The messages of one member that begin with `about`, from a time on. Two lines each, so that a phone has room for them: the time of the answer with
 * what was asked, and the state with the answer. The same one again and again is written once, with a number.
 */
export function linesOf(heard: Overheard, who: string, sinceMs: number, about = ''): string {
  const lines: { asks: string; answer: string; times: number }[] = [];
  const said = heard.said.filter((one) => one.who === who && one.answeredMs >= sinceMs && one.asks.startsWith(about));
  for (const { asks, state, answer, answeredMs } of said) {
    const last = lines[lines.length - 1];
    const line = `  ${state}: ${answer}`;
    if (last?.answer === line && last.asks.endsWith(`  ${asks}`)) last.times++;
    else lines.push({ asks: `${(answeredMs / 1000).toFixed(1)} s  ${asks}`, answer: line, times: 1 });
  }
  return lines.map(({ asks, answer, times }) => `${asks}${times > 1 ? `, ${times} times` : ''}\n${answer}`).join('\n');
}

/** The warm-up: prints how soon a newcomer has its partition when all copies have these settings. */
export async function checkQuick(settings: ConsumerSettings): Promise<void> {
  console.log((await judgeQuick(settings)).text);
}

const QUICK_MS = 1_000;

export async function judgeQuick(settings: ConsumerSettings): Promise<Verdict> {
  const kafka = await accounts();
  const read = async (own: Kafka) => {
    const consumer = own.consumer({ groupId: GROUP, ...settings });
    await consumer.subscribe(['accounts']);
    for await (const _ of consumer);
  };
  kafka.world.spawn('one', read);
  await kafka.world.pass('10 s');
  const startedMs = kafka.world.now();
  kafka.world.spawn('two', read);
  await kafka.world.pass('20 s');
  const { events } = kafka.cluster.trace;
  const assigned = events.find(({ what, node }) => what === 'consumer.assigned' && processOf(node) === 'two');
  await kafka.close();
  const lines = [`wanted: a partition within ${QUICK_MS} ms of the start`];
  if (assigned === undefined) return new Verdict(false, [...lines, 'came: none in 20 s']);
  const tookMs = assigned.at - startedMs;
  lines.push(`came: after ${tookMs} ms`);
  if (tookMs <= QUICK_MS) return new Verdict(true, [...lines, 'Whoever asks more often is told sooner.']);
  const { heartbeatIntervalMs } = settings;
  return new Verdict(false, [
    ...lines,
    heartbeatIntervalMs === undefined
      ? 'The coordinator knew at once. It waited for a request of the first copy to which it could say so, and no setting here makes that come sooner.'
      : `The first copy sends a heartbeat every ${heartbeatIntervalMs} ms, and had that long to find out.`,
  ]);
}

/** What the leader has made: for each member its part. */
export interface Parts {
  readonly [member: string]: string;
}

/** The group of the exercise, while it waits for the leader. */
export class SmallGroup {
  readonly leader = 'one';
  readonly members: readonly string[] = ['one', 'two', 'three'];
  /** Yours to use: who has asked and was not answered. */
  readonly waiting = new Set<string>();
  /** What is safe in the log; undefined until then. */
  stored: Parts | undefined;
  readonly #append: (parts: Parts) => void;
  readonly #answer: (member: string, answer: string | undefined) => void;

  constructor(append: (parts: Parts) => void, answer: (member: string, answer: string | undefined) => void) {
    this.#append = append;
    this.#answer = answer;
  }

  /** Begins to write to the log. `onAppended` is called when the parts are safe, and then they are `stored`. */
  append(parts: Parts): void {
    this.#append(parts);
  }

  /** Answers the SyncGroup of a member: its part, or 'REBALANCE_IN_PROGRESS'. */
  answer(member: string, answer: string | undefined): void {
    this.#answer(member, answer);
  }
}

/** The exercise: what a coordinator does in the second half of a round. */
export interface SyncDecider {
  /** A SyncGroup has come. `parts` is empty unless it is from the leader. */
  onSync(group: SmallGroup, from: string, parts: Parts): void;
  onAppended(group: SmallGroup): void;
  /** A member has been silent for too long, and the round has to begin again. */
  onGone(group: SmallGroup, who: string): void;
}

type Event = { readonly sync: string } | { readonly gone: string } | 'appended';

const PARTS: Parts = { one: 'partition 0', two: 'partition 1', three: 'partition 2' };
const AGAIN = 'REBALANCE_IN_PROGRESS';

interface Script {
  readonly name: string;
  readonly events: readonly Event[];
  readonly wanted: Parts;
}

const scripts: readonly Script[] = [
  {
    name: 'the followers ask first',
    events: [{ sync: 'two' }, { sync: 'three' }, { sync: 'one' }, 'appended'],
    wanted: PARTS,
  },
  {
    name: 'the leader asks first',
    events: [{ sync: 'one' }, { sync: 'two' }, 'appended', { sync: 'three' }],
    wanted: PARTS,
  },
  {
    name: 'the leader dies',
    events: [{ sync: 'two' }, { sync: 'three' }, { gone: 'one' }],
    wanted: { two: AGAIN, three: AGAIN },
  },
  {
    name: 'a follower dies while the log is written',
    events: [{ sync: 'two' }, { sync: 'one' }, { gone: 'three' }, 'appended'],
    wanted: { one: AGAIN, two: AGAIN },
  },
];

/** Prints whether everybody gets the right answer, once, and at the right moment. */
export function check(decider: SyncDecider): void {
  console.log(judge(decider).text);
}

export function judge(decider: SyncDecider): Verdict {
  const lines = ['wanted: one answer for everybody who asks, when its part is safe or the round is over'];
  for (const script of scripts) {
    const { came, wrong } = play(decider, script);
    lines.push(`${script.name}: ${came.join('; ')}`);
    if (wrong !== undefined) return new Verdict(false, [...lines, wrong]);
  }
  return new Verdict(true, [...lines, 'Nobody is answered early, and nobody is forgotten.']);
}

function play(decider: SyncDecider, { events, wanted }: Script): { came: string[]; wrong: string | undefined } {
  const came: string[] = [];
  const answered = new Set<string>();
  const asked = new Set<string>();
  let appending: Parts | undefined;
  let appends = 0;
  let isOver = false;
  let moment = '';
  let wrong: string | undefined;
  const append = (parts: Parts) => {
    appending = parts;
    appends++;
    if (appends > 1) wrong ??= `At "${moment}" the log was written a second time.`;
    if (Object.keys(parts).length === 0)
      wrong ??= `At "${moment}" nothing was written to the log: only the leader has parts.`;
  };
  const answer = (member: string, said: string | undefined) => {
    came.push(`${member} is told ${said ?? 'nothing'} at "${moment}"`);
    if (wrong !== undefined) return;
    if (!asked.has(member))
      wrong = `At "${moment}" ${member} is answered, who has not asked. A coordinator calls nobody.`;
    else if (answered.has(member))
      wrong = `At "${moment}" ${member} is answered a second time. Who is answered waits no more.`;
    else if (said === AGAIN && !isOver) wrong = `At "${moment}" ${member} is sent away, and the round was going well.`;
    else if (said !== AGAIN && isOver)
      wrong = `At "${moment}" ${member} gets a part of a round that is over: others will be given the same partition.`;
    else if (said !== AGAIN && appending === undefined && group.stored === undefined)
      wrong = `At "${moment}" ${member} is answered, and the leader has sent nothing yet. There is nothing that could be its part.`;
    else if (said !== AGAIN && group.stored === undefined)
      wrong = `At "${moment}" ${member} is answered before the parts are safe. Should the coordinator die now, ${member} reads a partition and no log says so.`;
    else if (said !== wanted[member])
      wrong = `At "${moment}" ${member} is told ${said ?? 'nothing'}, and its part is ${wanted[member]}.`;
    answered.add(member);
  };
  const group = new SmallGroup(append, answer);
  for (const event of events) {
    moment = wordsOf(event);
    if (event === 'appended') {
      if (appending === undefined) {
        wrong ??= 'The leader has sent the parts, and nobody has written them to the log.';
        break;
      }
      if (!isOver) group.stored = appending;
      decider.onAppended(group);
    } else if ('gone' in event) {
      isOver = true;
      asked.delete(event.gone);
      decider.onGone(group, event.gone);
    } else {
      asked.add(event.sync);
      decider.onSync(group, event.sync, event.sync === group.leader ? PARTS : {});
    }
  }
  const forgotten = Object.keys(wanted).filter((member) => !answered.has(member));
  if (came.length === 0) came.push('nobody is told anything');
  if (forgotten.length > 0) wrong ??= hangs(forgotten, isOver);
  return { came, wrong };
}

function hangs(forgotten: readonly string[], isOver: boolean): string {
  const who = forgotten.join(' and ');
  return isOver
    ? `${who} asked and never got an answer. The round is over, and nobody will send the parts: tell them to join again.`
    : `${who} asked and never got an answer, though the parts are safe.`;
}

function wordsOf(event: Event): string {
  if (event === 'appended') return 'the parts are safe';
  return 'gone' in event ? `${event.gone} is gone` : `${event.sync} asks`;
}
