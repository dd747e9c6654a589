/**
 * The street of chapter 14, which four workers share, and the checks.
 *
 * The branch notes what was brought to it and when it was done, and the trace what was committed; a check looks at nothing else. So whatever shape a
 * program has, it is told which event overtook which, and which commit was ahead of the work.
 */
import {
  ConcurrentModificationError,
  type Consumer,
  type ConsumerRecord,
  type Drawing,
  everyCrash,
  type Kafka,
  murmur2,
  partition,
  type SimulatedKafka,
  simulate,
  strip,
} from '../../../lib/index.ts';
import { booked, meaningOf, show, Verdict } from '../index.ts';

export { settings } from '../index.ts';
export { type Book, type Desk, frozen, hands, type Keeper, killed } from './14-zombies.ts';

/** What happens in the street in one morning, all in partition 0 of `accounts`. */
const morning = [
  ['Ada', '+100'],
  ['Ada', '+150'],
  ['Ben', '+40'],
  ['Ada', '-120'],
  ['Cleo', '+200'],
  ['Ben', '+30'],
  ['Abe', '+300'],
  ['Dan', '+20'],
  ['Ben', '-10'],
] as const;
const LANES = 4;
const here = { topic: 'accounts', partition: 0 };
const how = { groupId: 'ledger', autoOffsetReset: 'earliest', enableAutoCommit: false } as const;

/** A fresh world with nine events of five accounts, in the one partition of `accounts`. */
export async function street(): Promise<SimulatedKafka> {
  const records = morning.map(([key, value]) => ({ key, value }));
  // A world that is quickly made, and a group that soon notices its dead.
  const config = {
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'offsets.topic.num.partitions': '1',
  };
  return simulate({ seed: 7, topics: { [here.topic]: { records } }, config });
}

/** Which of four lanes an account belongs to. All events of an account have the same. */
export function laneOf({ key }: Pick<ConsumerRecord, 'key'>): number {
  return (murmur2(new TextEncoder().encode(String(key))) >>> 16) % LANES;
}

export type Work = (event: ConsumerRecord) => Promise<void>;

/** What became of one event at the branch. */
interface Errand {
  readonly offset: number;
  readonly begunAt: number;
  doneAt: number | undefined;
}

/** A deposit of more than 100 is looked at, a withdrawal is counted out. */
function eachWayMs(amount: number): number {
  if (amount > 100) return 500;
  return amount < 0 ? 20 : 10;
}

/** The branch in the street, and what was brought to it. */
export class Branch {
  readonly errands: Errand[] = [];
  /** What was booked, in the order of its booking. */
  readonly #booked: number[] = [];

  balance(owner: string): number {
    return this.#sum(owner, () => true);
  }

  /** What it would be if the branch had kept the last offset of each account, and taken nothing older. */
  balanceAt(owner: string): number {
    let last = -1;
    return this.#sum(owner, (offset) => {
      if (offset <= last) return false;
      last = offset;
      return true;
    });
  }

  #sum(owner: string, counts: (offset: number) => boolean): number {
    const own = this.#booked.filter((offset) => morning[offset][0] === owner).filter(counts);
    return own.reduce((balance, offset) => booked(balance, Number(morning[offset][1])), 0);
  }

  /** The work of one program. */
  of({ world }: Pick<Kafka, 'world'>): Work {
    return async ({ value, offset }) => {
      const errand: Errand = { offset, begunAt: world.now(), doneAt: undefined };
      this.errands.push(errand);
      const act = () => {
        this.#booked.push(offset);
        errand.doneAt = world.now();
      };
      await world.effect(`book ${offset}`, act, { takes: eachWayMs(Number(value)) });
      errand.doneAt = world.now();
    };
  }

  /** Whether the event at `offset` was booked. */
  has(offset: number): boolean {
    return this.errands.some((errand) => errand.offset === offset && errand.doneAt !== undefined);
  }

  get lost(): number[] {
    return [...morning.keys()].filter((offset) => !this.has(offset));
  }

  /** How many bookings there are too many. */
  get again(): number {
    const done = this.errands.filter(({ doneAt }) => doneAt !== undefined);
    return done.length - new Set(done.map(({ offset }) => offset)).size;
  }

  /** The partition, with what has become of each event, and how far the group has come. */
  drawn(caption: string, kafka: SimulatedKafka): Drawing {
    const said = [...morning.keys()].map((offset) => {
      const begun = this.errands.some((errand) => errand.offset === offset);
      return this.has(offset) ? 'done' : begun ? 'at work' : 'waits';
    });
    const handed = kafka.cluster.trace.events.flatMap(({ what, detail }) =>
      what === 'consumer.records' ? [Number(detail.to) + 1] : [],
    );
    return partition(said, { caption, committed: committedIn(kafka) ?? 0, position: handed.at(-1) ?? 0 });
  }
}

function committedIn(kafka: SimulatedKafka): number | undefined {
  return kafka.cluster.committed(how.groupId)[here.topic]?.[here.partition];
}

/** What a program does with the events of one poll. */
export type Way = (events: readonly ConsumerRecord[], work: Work) => Promise<unknown>;

/** A morning of each program, which is handed everything at once: how long it takes, and what Ada has in the end, by `apply` and by `applyAt`. */
export async function mornings(ways: Record<string, Way>): Promise<string> {
  const rows = [['', 'time', 'apply', 'applyAt']];
  for (const [name, way] of Object.entries(ways)) {
    const kafka = await street();
    const branch = new Branch();
    const task = kafka.world.spawn('ledger', async (own) => {
      const consumer = own.consumer(how);
      await consumer.subscribe([here.topic]);
      await way(await consumer.poll('10 s'), branch.of(own));
    });
    await task.done;
    const { seconds } = measured(branch);
    rows.push([name, `${seconds.toFixed(1)} s`, String(branch.balance('Ada')), String(branch.balanceAt('Ada'))]);
    await kafka.close();
  }
  return rows
    .map(([name, ...cells]) => [name.padEnd(16), ...cells.map((cell) => cell.padStart(9))].join(''))
    .join('\n');
}

interface Measured {
  readonly seconds: number;
  /** How many were at work at once, at most. */
  readonly most: number;
}

function measured({ errands }: Branch): Measured {
  const ends = errands.map(endOf);
  const most = errands.map(
    ({ begunAt }) => errands.filter((other, index) => other.begunAt <= begunAt && ends[index] > begunAt).length,
  );
  const first = Math.min(...errands.map(({ begunAt }) => begunAt));
  return { seconds: (Math.max(...ends) - first) / 1000, most: Math.max(...most) };
}

/** An event that has been read, in the order of the partition. */
export interface Read {
  readonly offset: number;
  readonly isDone: boolean;
}

/** Which offset to commit, when this has been read since the last commit; undefined: none. */
export type CommitOf = (read: readonly Read[]) => number | undefined;

const cases: readonly (readonly Read[])[] = [
  reads('1. 2+ 3+'),
  reads('1+ 2. 3+'),
  reads('4+ 5+ 6+'),
  reads('7+ 9+ 12. 13+'),
  reads('8. 9.'),
];

/** `1+ 2.`: 1 is done and 2 is not. */
function reads(text: string): Read[] {
  return text.split(' ').map((one) => ({ offset: Number.parseInt(one, 10), isDone: one.endsWith('+') }));
}

/** The warm-up: prints whether nothing would be lost by these commits, and nothing be done again that need not. */
export async function checkCommit(commitOf: CommitOf): Promise<void> {
  console.log(judgeCommit(commitOf).text);
}

export function judgeCommit(commitOf: CommitOf): Verdict {
  for (const read of cases) {
    const said = read.map(({ offset, isDone }) => `${offset}${isDone ? ' done' : ''}`).join(', ');
    const answer = commitOf(read.map((one) => ({ ...one })));
    const remark = remarkOnCommit(read, answer);
    if (remark !== undefined) {
      return new Verdict(false, [`read: ${said}`, `your commit: ${answer ?? 'none'}`, remark]);
    }
  }
  return new Verdict(true, ['Everything before the commit is done, and the first thing behind it is not.']);
}

function remarkOnCommit(read: readonly Read[], answer: number | undefined): string | undefined {
  const open = read.find(({ isDone }) => !isDone);
  const done = read.slice(0, open === undefined ? read.length : read.indexOf(open));
  const last = done.at(-1)?.offset;
  const count = read.filter(({ isDone }) => isDone).length;
  if (answer === undefined) {
    return last === undefined ? undefined : `${last} is done, and so is all before it. Commit it, or it is done again.`;
  }
  if (!Number.isInteger(answer) || answer < 0)
    return 'An offset is a whole number from 0 on, and no commit is undefined.';
  if (open !== undefined && answer > open.offset) {
    if (answer === read[read.length - 1].offset + 1 && !read[read.length - 1].isDone) {
      return `${open.offset} is not done. That is how far it was read, which says nothing of the work.`;
    }
    if (answer === read[0].offset + count) {
      return `${open.offset} is not done. How many are done does not say which.`;
    }
    return `${open.offset} is not done, and a crash would lose it. That something behind it is done does not help it.`;
  }
  if (last !== undefined && answer === last)
    return `A commit names the event to go on with. ${last} is done, and would be done again.`;
  if (last !== undefined && answer < last)
    return `All up to ${last} are done. A commit of ${answer} has some of them done again.`;
  return undefined;
}

/** A program that works on the events of `accounts`: it is handed at most four by each poll. */
export type Program = (consumer: Consumer, work: Work) => Promise<unknown>;

/** The exercise: prints whether four work at once, each account in its order, and no crash loses anything; and draws the crashes. */
export async function check(program: Program): Promise<void> {
  const { verdict, drawing } = await examined(program);
  console.log(verdict.text);
  if (drawing !== undefined) show(drawing);
}

export async function judge(program: Program): Promise<Verdict> {
  return (await examined(program)).verdict;
}

const WANTED = 'wanted: each account in its order, four at work at most, less than 1.5 s, and no crash loses anything';
const LIMIT_SECONDS = 1.5;
/** A dead member is noticed soon, so that a life is short. */
const quick = { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 300, maxPollRecords: LANES };
const LIFE = '6 s';

interface Examined {
  readonly verdict: Verdict;
  readonly drawing?: Drawing;
}

async function examined(program: Program): Promise<Examined> {
  const calm = await calmMorning(program);
  const came = `without a crash: ${inShort(calm.branch)}`;
  const wrong = wrongInCalm(calm);
  if (wrong !== undefined) return { verdict: new Verdict(false, [WANTED, came, wrong]) };

  const crashes = await everyCrash(
    (own: Kafka, stage: Stage) => untilQuiet(own, program, stage),
    ({ branch }, kafka) => ({
      lost: branch.lost,
      again: branch.again,
      stored: storedAtCrash(kafka),
      ada: branch.balanceAt('Ada'),
    }),
    { world: street, setup: (kafka) => ({ branch: new Branch(), kafka }), within: LIFE },
  );
  const cells = crashes.map(({ where, outcome: { lost, again } }) => ({
    where,
    outcome: lost.length > 0 ? `-${lost.length}` : again > 0 ? `+${again}` : '0',
  }));
  const drawing = strip(cells, { caption: 'Your program, killed once', right: '0', meaning: lostOrAgain });
  const losing = crashes.find(({ outcome }) => outcome.lost.length > 0);
  if (losing !== undefined) {
    const { where, atMs, outcome } = losing;
    const lines = [
      WANTED,
      came,
      `Killed ${where}, at ${clock(atMs)}, with ${outcome.stored} committed: ${listed(outcome.lost)} not booked, and never read again.`,
      whyLost(calm),
    ];
    return { verdict: new Verdict(false, lines), drawing };
  }
  const again = Math.max(...crashes.map(({ outcome }) => outcome.again));
  const isHarmless = crashes.every(({ outcome }) => outcome.ada === 130);
  const lines = [
    came,
    `killed at ${crashes.length} moments: nothing lost, at most ${again} booked again`,
    ...(isHarmless ? ['with applyAt in the place of apply Ada would have 130 each time'] : []),
    'In each lane the order holds, and whatever is committed, all before it is done.',
  ];
  return { verdict: new Verdict(true, lines), drawing };
}

function inShort(branch: Branch): string {
  if (branch.errands.length === 0) return 'nothing was begun';
  const { seconds, most } = measured(branch);
  const ada = branch.balance('Ada');
  return `Ada ${ada} (${meaningOf(ada)}), ${most} at work at most, ${seconds.toFixed(1)} s`;
}

interface Stage {
  readonly branch: Branch;
  readonly kafka: SimulatedKafka;
}

/** Runs the program until all is committed, nothing is at work, and it has polled twice more. Commits that repeat what is stored would be steps without end. */
function untilQuiet(own: Kafka, program: Program, { branch, kafka }: Stage): Promise<unknown> {
  let atWork = 0;
  let quietPolls = 0;
  const work = branch.of(own);
  const counted: Work = async (event) => {
    atWork++;
    await work(event);
    atWork--;
  };
  return new Promise((resolve) => {
    const onCall = (name: string) => {
      if (name !== 'poll' || atWork > 0 || committedIn(kafka) !== morning.length) return;
      quietPolls++;
      if (quietPolls > 2) resolve(undefined);
    };
    program(watched(own.consumer({ ...how, ...quick }), { onCall }), counted).then(resolve, resolve);
  });
}

function lostOrAgain(outcome: string): string {
  if (outcome === '0') return 'each event once';
  const count = Number(outcome.slice(1));
  return `${count} ${count === 1 ? 'event' : 'events'} ${outcome.startsWith('-') ? 'lost' : 'booked again'}`;
}

interface Commit {
  readonly at: number;
  readonly offset: number;
}

interface Calm {
  readonly branch: Branch;
  readonly commits: readonly Commit[];
  /** What a lane did to the consumer while another call was under way. */
  readonly complaints: readonly string[];
  readonly failure: string | undefined;
  /** It came to its end by itself. */
  readonly hasReturned: boolean;
}

async function calmMorning(program: Program): Promise<Calm> {
  const kafka = await street();
  const branch = new Branch();
  const complaints: string[] = [];
  const onConcurrent = (name: string) => complaints.push(name);
  let failure: string | undefined;
  let hasReturned = false;
  kafka.world.spawn('ledger', async (own) => {
    try {
      await program(watched(own.consumer({ ...how, ...quick }), { onConcurrent }), branch.of(own));
      hasReturned = true;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  });
  await kafka.world.pass(LIFE);
  const commits = kafka.cluster.trace.events.flatMap(({ at, what, detail }) =>
    what === 'offset.committed' ? [{ at, offset: Number(detail.offset) }] : [],
  );
  await kafka.close();
  return { branch, commits, complaints, failure, hasReturned };
}

function wrongInCalm({ branch, commits, complaints, failure, hasReturned }: Calm): string | undefined {
  const { errands } = branch;
  const { seconds, most } = measured(branch);
  if (complaints.length > 0) {
    return `${complaints[0]} was called while another call to the consumer was under way. It takes one at a time: lanes say what is done, and the loop commits.`;
  }
  if (failure !== undefined) return `The program ended with: ${failure}`;
  if (errands.length === 0) return 'No event was given to work at all.';
  if (branch.again > 0) return 'An event was booked twice, though nobody was killed.';
  if (branch.lost.length > 0) {
    return `${listed(branch.lost)} not booked, though nobody was killed.${hasReturned ? ' The program has returned: it has to go on polling.' : ''}`;
  }
  const early = outOfOrder(errands);
  if (early !== undefined) return inversion(early, errands);
  if (most > LANES) {
    return `${most} were at work at once, and the branch has ${LANES} windows. A lane for each account is too many: laneOf puts several into one.`;
  }
  if (seconds > LIMIT_SECONDS) return slow(errands, most);
  const stored = commits.at(-1)?.offset;
  if (stored === undefined) return 'Nothing was committed. After a crash everything would be booked again.';
  if (stored === morning.length - 1)
    return `At the end ${stored} is committed, so the last event comes again. A commit names the event to go on with.`;
  if (stored < morning.length) return `At the end all ${morning.length} are done, and ${stored} is committed.`;
  return undefined;
}

/** An event that was begun before an earlier one of its account was done: of all such pairs the one that was farthest apart. */
function outOfOrder(errands: readonly Errand[]): { early: Errand; late: Errand } | undefined {
  const pairs = errands.flatMap((early) =>
    errands
      .filter(
        ({ offset, doneAt }) =>
          offset < early.offset && isSame(offset, early.offset) && endOf({ doneAt }) > early.begunAt,
      )
      .map((late) => ({ early, late, ms: endOf(late) - early.begunAt })),
  );
  return pairs.sort((one, other) => other.ms - one.ms)[0];
}

function isSame(offset: number, other: number): boolean {
  return morning[offset][0] === morning[other][0];
}

function endOf({ doneAt }: Pick<Errand, 'doneAt'>): number {
  return doneAt ?? Number.POSITIVE_INFINITY;
}

function inversion({ early, late }: { early: Errand; late: Errand }, errands: readonly Errand[]): string {
  const told = `At ${clock(early.begunAt)} ${named(early.offset)} was begun, and ${named(late.offset)} was done at ${clock(endOf(late))}.`;
  return waitsForBatches(errands)
    ? `${told} All that one poll brings is begun at once, and who is done first is up to the branch.`
    : `${told} Nothing made it wait: the two were in different lanes, or their lane begins one event before the last is over.`;
}

function slow(errands: readonly Errand[], most: number): string {
  if (most === 1) return 'One after the other: while the branch looks at a deposit of Ada, everybody waits.';
  if (waitsForBatches(errands)) {
    return 'The order is right, but no event of the next poll is begun before the slowest of the last is done. Poll while the lanes are at work.';
  }
  return 'Two of the slow deposits, of Ada, Cleo and Abe, were in one lane. laneOf has a lane for each of the three.';
}

/** Whether each four began only when the four before them were done. */
function waitsForBatches(errands: readonly Errand[]): boolean {
  const batchOf = ({ offset }: Errand) => Math.floor(offset / LANES);
  return errands.every((errand) =>
    errands.every((other) => batchOf(other) >= batchOf(errand) || endOf(other) <= errand.begunAt),
  );
}

/** Why a crash can lose something, told from the first commit that was ahead of the work. */
function whyLost({ branch, commits }: Calm): string {
  const isDone = (offset: number, at: number) =>
    branch.errands.some((errand) => errand.offset === offset && endOf(errand) <= at);
  const ahead = commits.find(({ at, offset }) => [...morning.keys()].some((one) => one < offset && !isDone(one, at)));
  if (ahead !== undefined && isDone(ahead.offset - 1, ahead.at)) {
    return `${ahead.offset - 1} was done and the highest so far. A commit of ${ahead.offset} says that all before it are done, too.`;
  }
  return 'What was committed is how far poll has come. That says what was handed out, and nothing of the lanes.';
}

/** What was committed when the program was killed. */
function storedAtCrash({ cluster }: SimulatedKafka): string {
  const all = cluster.trace.events;
  const crash = all.findIndex(({ what }) => what === 'process.crashed');
  const commits = all.slice(0, crash).filter(({ what }) => what === 'offset.committed');
  return String(commits.at(-1)?.detail.offset ?? 'nothing');
}

interface Watching {
  readonly onCall?: (name: string) => void;
  /** Told of a call that came while another was under way. Nobody waits for its answer. */
  readonly onConcurrent?: (name: string) => void;
}

/** The consumer, watched. */
function watched(consumer: Consumer, { onCall, onConcurrent }: Watching): Consumer {
  return new Proxy(consumer, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const name = String(property);
      const refuse = (error: unknown) => {
        if (!(error instanceof ConcurrentModificationError) || onConcurrent === undefined) throw error;
        onConcurrent(name);
        return new Promise(() => {});
      };
      return (...given: unknown[]) => {
        onCall?.(name);
        try {
          const answer: unknown = Reflect.apply(value, target, given);
          return answer instanceof Promise ? answer.catch(refuse) : answer;
        } catch (error) {
          return refuse(error);
        }
      };
    },
  });
}

/** `1, 4 were`: offsets as the subject of a sentence. */
function listed(offsets: readonly number[]): string {
  return `${offsets.join(', ')} ${offsets.length === 1 ? 'was' : 'were'}`;
}

function named(offset: number): string {
  const [owner, amount] = morning[offset];
  return `${owner}'s ${amount}`;
}

function clock(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
