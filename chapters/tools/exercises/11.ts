/**
 * The audits of chapter 11: work that takes six minutes, the ways in which a member of a group can fall silent, and the checks.
 *
 * An audit is begun and done, and both are noted with their times; that is all that a check looks at, beside what the broker has seen of the group.
 */
import {
  type ConsumerRecord,
  type ConsumerSettings,
  cooperativeSticky,
  type Kafka,
  KafkaError,
  range,
  SettingError,
  type SimulatedKafka,
  simulate,
} from '../../../lib/index.ts';
import { Verdict } from '../index.ts';
import type { ClientModel } from '../models/index.ts';

const TOPIC = 'audits';
const AUDIT_MS = 360_000;
const HOUR_MS = 3_600_000;

/** How the auditors read: one order at a time, and they commit themselves. Whoever joins takes nothing from the others but what moves. */
export const settings = {
  groupId: 'ledger',
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  maxPollRecords: 1,
  partitionAssignmentStrategy: [cooperativeSticky],
} as const;

const ACCOUNTS = ['Ada', 'Ben', 'Cleo'];

/** A fresh world in which three accounts wait for an audit, in these partitions of `audits`; `config` is that of the broker. */
export async function audits(
  partitions = 1,
  places: readonly number[] = [0, 0, 0],
  config: { readonly [property: string]: string } = {},
): Promise<SimulatedKafka> {
  const kafka = await simulate({ seed: 7, topics: { [TOPIC]: partitions }, config });
  const producer = kafka.producer();
  for (const [index, partition] of places.entries()) {
    await producer.send({ topic: TOPIC, partition, key: ACCOUNTS[index], value: 'audit' });
  }
  await producer.close();
  return kafka;
}

/** As `audits`, in a world that is quickly made: for the tables and the checks, which make many. */
function manyAudits(partitions?: number, places?: readonly number[]): Promise<SimulatedKafka> {
  return audits(partitions, places, { 'offsets.topic.num.partitions': '1' });
}

export type Work = (event: ConsumerRecord) => Promise<void>;

interface Note {
  readonly at: number;
  readonly copy: string;
  readonly says: string;
}

/** Where audits are noted. */
export class Desk {
  readonly notes: Note[] = [];

  /** The work of one copy. An audit takes six minutes. */
  of(kafka: Pick<Kafka, 'world'>, copy: string): Work {
    return async ({ key }) => {
      this.note(kafka, copy, `begins ${key}`);
      await kafka.world.sleep(AUDIT_MS);
      this.note(kafka, copy, `done with ${key}`);
    };
  }

  note({ world }: Pick<Kafka, 'world'>, copy: string, says: string): void {
    this.notes.push({ at: world.now(), copy, says });
  }

  /** How often `says` was noted. */
  count(says: string): number {
    return this.notes.filter((note) => note.says === says).length;
  }

  get text(): string {
    return this.notes.map(({ at, copy, says }) => `${clock(at)}  ${copy}  ${says}`).join('\n');
  }
}

/** ` 5:03`: minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Ways to fall silent. `hangs`: the process is well, and its program never comes back to `poll`. */
export type Silence = 'closed' | 'killed' | 'frozen' | 'hangs';

/** One copy falls silent and another waits: after how long that has the partition, with a star if the broker was sent a LeaveGroup. */
export async function heirAfter(silence: Silence, more: ConsumerSettings = {}): Promise<string> {
  const kafka = await manyAudits();
  const farewells = kafka.cluster.on('LeaveGroup').observe();
  let isOver = false;
  const first = kafka.world.spawn('first', async (own) => {
    const consumer = own.consumer({ ...settings, ...more });
    await consumer.subscribe([TOPIC]);
    while (!isOver) await consumer.poll('1 s');
    if (silence === 'hangs') await own.world.sleep('1 h');
    await consumer.close();
  });
  await kafka.world.pass('10 s');
  const second = kafka.world.spawn('second', (own) => waiting(own, more));
  await kafka.world.pass('20 s');
  const from = kafka.world.now();
  isOver = silence === 'closed' || silence === 'hangs';
  if (silence === 'killed') first.crash();
  if (silence === 'frozen') first.freeze();
  await second.done;
  const heir = kafka.cluster.trace.events.find(takesOver);
  const ms = (heir?.at ?? from) - from;
  await kafka.close();
  return `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s${farewells.count > 0 ? ' *' : ''}`;
}

/**
 * A program hangs in its first audit, under each of these clients, and a second copy waits. The table says after how long that has the partition, and how
 * many heartbeats the first has sent until then, or in an hour.
 */
export async function stuck(models: readonly ClientModel[]): Promise<string> {
  const lines = ['                 heir after  heartbeats'];
  for (const model of models) lines.push(`${model.name.padEnd(17)}${await stuckUnder(model)}`);
  return lines.join('\n');
}

async function stuckUnder(model: ClientModel): Promise<string> {
  const kafka = await manyAudits();
  const { groupId, autoOffsetReset } = settings;
  let hangsSince: number | undefined;
  kafka.world.spawn('first', async (own) => {
    const client = await model.open(own, { groupId, topics: [TOPIC], autoOffsetReset });
    const hang = () => {
      hangsSince = own.world.now();
      return own.world.sleep('2 h');
    };
    for (;;) await client.turn(hang);
  });
  await kafka.world.pass('100 ms');
  const second = kafka.world.spawn('second', (own) => waiting(own, { partitionAssignmentStrategy: [range] }));
  await kafka.world.until(() => hangsSince !== undefined);
  const from = kafka.world.now();
  const heartbeats = kafka.cluster.on('Heartbeat', { clientId: 'first/consumer-1' }).observe();
  while (second.state === 'running' && kafka.world.now() < from + HOUR_MS) await kafka.world.pass('10 s');
  const at = kafka.cluster.trace.events.find(takesOver)?.at;
  await kafka.close();
  return `${(at === undefined ? 'nobody' : `${Math.round((at - from) / 1000)} s`).padEnd(12)}${heartbeats.count}`;
}

function takesOver({ node, what, detail }: SimulatedKafka['cluster']['trace']['events'][number]): boolean {
  return (
    node.startsWith('second') && what === 'consumer.assigned' && (detail.partitions as readonly unknown[]).length > 0
  );
}

/** Waits in the group, and is over when it has been given a partition. */
async function waiting(own: Kafka, more: ConsumerSettings): Promise<void> {
  const consumer = own.consumer({ ...settings, ...more });
  await consumer.subscribe([TOPIC]);
  while (consumer.assignment().length === 0) await consumer.poll('10 s');
}

/**
 * What a broker hears in a minute: from a member that reads, from one that is at work and does not call `poll`, and from a consumer at work that has been
 * given its partition by hand.
 */
export async function minuteOf(what: 'reads' | 'works' | 'by hand', more: ConsumerSettings = {}): Promise<string> {
  const kafka = await manyAudits();
  let isAtWork = false;
  kafka.world.spawn('member', async (own) => {
    const consumer = own.consumer({ ...settings, ...more });
    if (what === 'by hand') await consumer.assign([{ topic: TOPIC, partition: 0 }]);
    else await consumer.subscribe([TOPIC]);
    while (!isAtWork) await consumer.poll('1 s');
    await own.world.sleep('1 h');
  });
  await kafka.world.pass('10 s');
  isAtWork = what !== 'reads';
  await kafka.world.pass('2 s');
  const counts = (['Heartbeat', 'Fetch', 'OffsetCommit'] as const).map((api) => kafka.cluster.on(api).observe());
  await kafka.world.pass('1 min');
  const [heartbeats, fetches, commits] = counts.map(({ count }) => String(count).padStart(9));
  await kafka.close();
  return `${heartbeats}${fetches}${commits}`;
}

/** The warm-up: prints whether the partition of a killed copy has another reader within twelve seconds. */
export async function checkQuick(more: ConsumerSettings): Promise<void> {
  console.log((await judgeQuick(more)).text);
}

export async function judgeQuick(more: ConsumerSettings): Promise<Verdict> {
  const wanted = 'wanted: another reader within 12 seconds';
  const refused = await refusal(more);
  if (refused !== undefined) return new Verdict(false, [wanted, refused]);
  const came = await heirAfter('killed', more);
  const lines = [wanted, `came: after ${came}`];
  if (Number.parseInt(came, 10) <= 12) {
    return new Verdict(true, [
      ...lines,
      'A dead process is noticed by its silence, and the session is how long that may last.',
    ]);
  }
  if (more.maxPollIntervalMs !== undefined) {
    return new Verdict(false, [...lines, 'maxPollIntervalMs is watched by the member itself, and this one is dead.']);
  }
  if (more.heartbeatIntervalMs !== undefined && more.sessionTimeoutMs === undefined) {
    return new Verdict(false, [
      ...lines,
      'It spoke more often while it lived. How long the silence may last has not changed.',
    ]);
  }
  return new Verdict(false, [...lines, 'The broker waited for the whole session. Make it shorter.']);
}

/** What is said of settings with which nobody can join. */
async function refusal(more: ConsumerSettings): Promise<string | undefined> {
  const kafka = await manyAudits();
  try {
    const consumer = kafka.consumer({ ...settings, ...more });
    await consumer.subscribe([TOPIC]);
    await consumer.poll('5 s');
    return undefined;
  } catch (error) {
    if (error instanceof SettingError) return `The consumer refuses: ${error.message}.`;
    if (error instanceof KafkaError) return `The broker refuses: ${error.message}`;
    throw error;
  } finally {
    await kafka.close();
  }
}

/** A program that reads orders from `audits` and works on each. */
export type Program = (kafka: Kafka, work: Work) => Promise<void>;

/** The exercise: prints whether the program stays in its group, loses nothing, and lets others join while it works. */
export async function check(program: Program): Promise<void> {
  console.log((await judge(program)).text);
}

export async function judge(program: Program): Promise<Verdict> {
  const calm = await calmDay(program);
  const killed = await killedDay(program);
  const joined = await joinedDay(program);
  const lines = [
    `twenty minutes: ${calm.done.join(', ') || 'nothing'} done, ${calm.leftAtMs === undefined ? 'never left' : `left after ${clock(calm.leftAtMs).trim()}`}`,
    `killed while at work on Ben: ${whoDid(killed.missing)}`,
    `a second copy starts: ${joined === undefined ? 'waits in vain' : `has a partition after ${Math.round(joined / 1000)} s`}`,
  ];
  const remark = wrong(calm, killed, joined);
  if (remark !== undefined) return new Verdict(false, [...lines, remark]);
  const missing = await heirsDay(program);
  lines.push(`given a partition while at work: ${whoDid(missing)}`);
  if (missing.length > 0) {
    return new Verdict(false, [
      ...lines,
      `While it was at work on Ada it was given a second partition, and nobody did ${missing.join(', ')}. What arrives during the work is not paused yet, and what poll hands out of it is gone.`,
    ]);
  }
  return new Verdict(true, [
    ...lines,
    'It polls while it works, is handed nothing meanwhile, and commits what is done.',
  ]);
}

interface Calm {
  readonly done: readonly string[];
  readonly handedOut: readonly string[];
  readonly leftAtMs: number | undefined;
  readonly sessionTimeoutMs: number;
  readonly failure: string | undefined;
  readonly early: EarlyCommit | undefined;
  /** An audit that was begun while another was under way. */
  readonly overlaps: Note | undefined;
}

/** A commit that says more than is done. */
interface EarlyCommit {
  readonly at: number;
  readonly offset: number;
  readonly notDone: string;
}

interface Killed {
  readonly missing: readonly string[];
  readonly committed: number;
}

function whoDid(missing: readonly string[]): string {
  return missing.length === 0 ? 'all three done' : `nobody did ${missing.join(', ')}`;
}

function wrong(calm: Calm, killed: Killed, joined: number | undefined): string | undefined {
  if (calm.leftAtMs !== undefined) {
    const session =
      calm.sessionTimeoutMs > 45_000
        ? 'The session timeout is about heartbeats, and those never stopped.'
        : 'Its heartbeats went on, and did not count for this.';
    return `At ${clock(calm.leftAtMs).trim()} the program left the group by itself: poll had not been called for maxPollIntervalMs. ${session}`;
  }
  const dropped = calm.handedOut.find((key) => !calm.done.includes(key));
  if (dropped !== undefined && calm.failure === undefined) {
    return `poll handed ${dropped} out while another audit was under way, and nobody worked on it. What is paused is not handed out.`;
  }
  if (calm.early !== undefined) {
    const { at, offset, notDone } = calm.early;
    return `At ${clock(at).trim()} ${offset} was committed, though ${notDone} was not done. A commit says that the work is done, so it comes after it.`;
  }
  if (calm.overlaps !== undefined) {
    return `At ${clock(calm.overlaps.at).trim()} it ${calm.overlaps.says}, while another audit was under way. One after the other: wait for the first before you take the next.`;
  }
  if (calm.done.join() !== 'Ada,Ben,Cleo') {
    return calm.failure === undefined
      ? `Each of the three should be done once, in their order; twenty minutes brought ${calm.done.join(', ') || 'nothing'}.`
      : `The program ended with: ${calm.failure}`;
  }
  if (killed.missing.length > 0) {
    return `When it was killed at work on Ben ${killed.committed} was committed, and the copy that came after it did not do ${killed.missing.join(', ')}.`;
  }
  if (joined === undefined || joined > 60_000) {
    return `The second copy waited ${joined === undefined ? 'all the time' : clock(joined).trim()}: a group waits for its members to come to poll. With a longer maxPollIntervalMs the program may stay away longer, and everybody waits longer, also when it hangs for good.`;
  }
  return undefined;
}

async function calmDay(program: Program): Promise<Calm> {
  const kafka = await manyAudits();
  const desk = new Desk();
  let leftAtMs: number | undefined;
  let sessionTimeoutMs = 0;
  let failure: string | undefined;
  kafka.cluster.on('LeaveGroup').observe(({ atMs }) => {
    leftAtMs ??= atMs;
  });
  kafka.cluster.on('JoinGroup').observe(({ request }) => {
    sessionTimeoutMs = request.sessionTimeoutMs;
  });
  kafka.world.spawn('first', (own) =>
    program(own, desk.of(own, 'first')).catch((error: Error) => {
      failure = error.message;
    }),
  );
  await kafka.world.pass('20 min');
  const handedOut = keysHandedOut(kafka);
  const early = earlyCommit(kafka, desk);
  await kafka.close();
  return { done: doneIn(desk), handedOut, leftAtMs, sessionTimeoutMs, failure, early, overlaps: overlapIn(desk) };
}

function earlyCommit(kafka: SimulatedKafka, desk: Desk): EarlyCommit | undefined {
  for (const { at, what, detail } of kafka.cluster.trace.events) {
    if (what !== 'offset.committed') continue;
    const offset = Number(detail.offset);
    const isDone = (key: string) => desk.notes.some((note) => note.says === `done with ${key}` && note.at <= at);
    const notDone = ACCOUNTS.slice(0, offset).find((key) => !isDone(key));
    if (notDone !== undefined) return { at, offset, notDone };
  }
  return undefined;
}

function overlapIn({ notes }: Desk): Note | undefined {
  let underWay = 0;
  return notes.find(({ says }) => {
    underWay += says.startsWith('begins') ? 1 : -1;
    return underWay > 1;
  });
}

async function killedDay(program: Program): Promise<Killed> {
  const kafka = await manyAudits();
  const desk = new Desk();
  const start = (copy: string) =>
    kafka.world.spawn(copy, (own) => program(own, desk.of(own, copy)).catch(() => undefined));
  const first = start('first');
  await kafka.world.pass('9 min');
  const committed = kafka.cluster.committed('ledger')[TOPIC]?.[0] ?? 0;
  first.crash();
  start('second');
  await kafka.world.pass('16 min');
  await kafka.close();
  return { missing: missingIn(desk), committed };
}

/** Of two copies at work one is killed, and the other is given its partition in the middle of an audit. Answers what nobody did. */
async function heirsDay(program: Program): Promise<string[]> {
  const kafka = await manyAudits(2, [0, 1, 1]);
  const desk = new Desk();
  const [, second] = ['first', 'second'].map((copy) =>
    kafka.world.spawn(copy, (own) => program(own, desk.of(own, copy)).catch(() => undefined)),
  );
  await kafka.world.pass('2 min');
  second.crash();
  await kafka.world.pass('30 min');
  await kafka.close();
  return missingIn(desk);
}

function missingIn(desk: Desk): string[] {
  const done = doneIn(desk);
  return ACCOUNTS.filter((key) => !done.includes(key));
}

/** After how many ms a copy that starts while the first is at work has a partition. */
async function joinedDay(program: Program): Promise<number | undefined> {
  const kafka = await manyAudits(2);
  const desk = new Desk();
  const start = (copy: string) =>
    kafka.world.spawn(copy, (own) => program(own, desk.of(own, copy)).catch(() => undefined));
  start('first');
  await kafka.world.pass('1 min');
  const from = kafka.world.now();
  start('second');
  await kafka.world.pass('10 min');
  const heir = kafka.cluster.trace.events.find(takesOver);
  await kafka.close();
  return heir && heir.at - from;
}

function doneIn(desk: Desk): string[] {
  return desk.notes.flatMap(({ says }) => (says.startsWith('done with ') ? [says.slice('done with '.length)] : []));
}

function keysHandedOut(kafka: SimulatedKafka): string[] {
  return kafka.cluster.trace.events.flatMap(({ what, detail }) =>
    what === 'consumer.records' ? ACCOUNTS.slice(Number(detail.from), Number(detail.to) + 1) : [],
  );
}
