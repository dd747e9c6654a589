/**
 * The till of chapter 06: twelve events, work that fails once on the fourth, and the check of a program that loses nothing.
 *
 * The till counts how often each event was booked, so that nothing has to be believed: lost is what was never booked, repeated what was booked again. What
 * programs and clients do after the failure is run to its end each time, with a successor that does what is left.
 */
import {
  type Consumer,
  type ConsumerRecord,
  type ConsumerSettings,
  type Drawing,
  type Duration,
  everyCrash,
  type Kafka,
  partition,
  type SimulatedKafka,
  simulate,
  strip,
} from '../../../lib/index.ts';
import { Verdict } from '../index.ts';
import type { ClientModel, ModelClient, ModelSettings } from '../models/index.ts';

const EVENTS = 12;
const BATCH = 10;
const FOURTH = 3;

/** How the programs of the chapter read: at most ten events at a time, and no commits but their own. */
export const settings = {
  groupId: 'ledger',
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  maxPollRecords: BATCH,
} as const;

/** The one partition of Ada's account. */
const here = { topic: 'account', partition: 0 };

/** A fresh world with that many events of +1 in the topic `account`; twelve by default. */
export async function pennies(count = EVENTS): Promise<SimulatedKafka> {
  const records = Array.from({ length: count }, () => ({ key: 'Ada', value: '+1' }));
  // A world that is quickly made: some cells make dozens.
  const config = { 'offsets.topic.num.partitions': '1' };
  return simulate({ seed: 7, topics: { account: { records } }, config });
}

/** As much of an event as the till looks at. */
type Booked = Pick<ConsumerRecord, 'offset'>;

/** The till as one program reaches it. A call takes 10 ms there and 10 ms back. */
export interface TillConnection {
  /** Books the event. Rejects when the till does not answer, and has booked nothing then. */
  apply(event: Booked): Promise<void>;
}

/** A till that can store a place beside its bookings. */
export interface TillWithPlace extends TillConnection {
  /** As `apply`, and stores in the same write how far the till has come. An event that it has had changes nothing. */
  applyAt(event: Booked): Promise<void>;
}

/** A store outside the program: it survives when the program is killed, and knows how often each event was booked. */
export class Till {
  readonly #times: number[];
  #goesOnAt = 0;
  #failsAt: number | undefined;

  /** `failsAt`: it does not answer the first time it is given the event of that offset. */
  constructor({ events = EVENTS, failsAt }: { readonly events?: number; readonly failsAt?: number } = {}) {
    this.#times = Array.from({ length: events }, () => 0);
    this.#failsAt = failsAt;
  }

  // #region applyAt
  #book({ offset }: Booked): void {
    this.#times[offset]++;
  }

  /** One write: the booking and the place are both stored, or neither is. */
  #bookAt(event: Booked): void {
    if (event.offset < this.#goesOnAt) return;
    this.#goesOnAt = event.offset + 1;
    this.#book(event);
  }
  // #endregion applyAt

  from({ world }: Pick<Kafka, 'world'>): TillWithPlace {
    const calls = (how: (event: Booked) => void) => (event: Booked) =>
      world.effect(`apply ${event.offset}`, () => this.#answer(event, how), { takes: '10 ms' });
    return { apply: calls((event) => this.#book(event)), applyAt: calls((event) => this.#bookAt(event)) };
  }

  #answer(event: Booked, how: (event: Booked) => void): void {
    if (event.offset === this.#failsAt) {
      this.#failsAt = undefined;
      throw new Error(`no answer from the till at event ${event.offset}`);
    }
    how(event);
  }

  get lost(): number[] {
    return [...this.#times.keys()].filter((offset) => this.#times[offset] === 0);
  }

  get repeated(): number[] {
    return [...this.#times.keys()].filter((offset) => this.#times[offset] > 1);
  }

  /** How many bookings there are too many, by all repeated events. */
  get extra(): number {
    return this.#times.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
  }

  /** What came out in few characters: `-3` three lost, `+2` two bookings too many, `0` all well. */
  get outcome(): string {
    const lost = this.lost.length === 0 ? '' : `-${this.lost.length}`;
    return lost + (this.extra === 0 ? '' : `+${this.extra}`) || '0';
  }

  /** The events with what became of each, and what the group has committed. */
  drawn(caption: string, kafka: SimulatedKafka): Drawing {
    const said = this.#times.map((times) => (times === 0 ? 'never' : times === 1 ? 'once' : `${times} times`));
    return partition(said, { caption, committed: kafka.cluster.committed(settings.groupId).account?.[0] });
  }
}

/** Prints from now on what each `poll` returns, when it returns something: `poll 1: 0-9`. */
export function tellPolls(kafka: SimulatedKafka): void {
  let polls = 0;
  kafka.cluster.trace.watch(({ what, detail }) => {
    if (what === 'consumer.records') console.log(`poll ${++polls}: ${detail.from}-${detail.to}`);
  });
}

/** A group that does not wait for its dead any longer than it has to: a life is over sooner, and nothing else is different. */
const quick = { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 2_000 };
const LIFE = '15 s';

/** What a program does with a batch of four events. */
type Work = (events: readonly ConsumerRecord[], consumer: Consumer, till: TillWithPlace) => Promise<unknown>;

/** Kills a program that polls and does this work at every step, starts it again each time, and draws what came out. */
export async function killed(caption: string, work: Work, more: ConsumerSettings = {}): Promise<Drawing> {
  const program = async (own: Kafka, till: Till) => {
    const consumer = own.consumer({ ...settings, ...quick, ...more });
    await consumer.subscribe(['account']);
    for (;;) {
      const events = await consumer.poll('10 s');
      if (events.length > 0) await work(events, consumer, till.from(own));
    }
  };
  const crashes = await everyCrash(program, (till) => till.outcome, {
    world: () => pennies(4),
    setup: () => new Till({ events: 4 }),
    within: LIFE,
  });
  return strip(crashes, { caption, right: '0', meaning: meaningOf });
}

function meaningOf(outcome: string): string {
  const count = Math.abs(Number(outcome));
  if (count === 0) return 'every event once';
  return `${count} ${count === 1 ? 'event' : 'events'} ${Number(outcome) < 0 ? 'lost' : 'repeated'}`;
}

/** What became of a client whose work failed on the fourth event. */
export interface Aftermath {
  /** The first event that was handed out after the failure. */
  readonly next?: number;
  /** What the group has committed when the program is over. */
  readonly stored?: number;
  /** The first batch of the program that takes over, four at a time. */
  readonly heir?: string;
  readonly lost: readonly number[];
  readonly twice: readonly number[];
}

/** What a program can do after the failure. */
export interface Hands {
  seek(offset: number): Promise<void>;
  commit(offset: number): Promise<void>;
  wait(duration: Duration): Promise<void>;
  /** Takes no more events, but goes on polling, and books those of the batch that are left by itself; then it takes events again. */
  retry(): Promise<void>;
  close(): Promise<void>;
}

type Reaction = (hands: Hands) => Promise<unknown> | unknown;
type Ways = Partial<ModelSettings> & { readonly failsAfter?: Duration };

/** After the failure the program does this and goes on: it takes what comes, and commits each time if the client does not. In the end it is killed. */
export function goesOn(model: ClientModel, ways: Ways, reaction: Reaction = () => {}): Promise<Aftermath> {
  return afterFailure(model, ways, reaction, true);
}

/** After the failure the program does this, and its process is over. */
export function ends(model: ClientModel, ways: Ways, reaction: Reaction = () => {}): Promise<Aftermath> {
  return afterFailure(model, ways, reaction, false);
}

async function afterFailure(
  model: ClientModel,
  { failsAfter = 0, ...ways }: Ways,
  reaction: Reaction,
  isGoingOn: boolean,
): Promise<Aftermath> {
  const kafka = await pennies();
  const till = new Till({ failsAt: FOURTH });
  const settings = { groupId: 'ledger', topics: ['account'], autoOffsetReset: 'earliest' } as const;
  let next: number | undefined;
  const first = kafka.world.spawn('ledger', async (own) => {
    const client = await model.open(own, { ...settings, maxPollRecords: BATCH, ...ways });
    const connection = till.from(own);
    let hasFailed = false;
    const work = async (event: ConsumerRecord) => {
      if (hasFailed) next ??= event.offset;
      const isFailing = event.offset === FOURTH && !hasFailed;
      if (isFailing) await own.world.sleep(failsAfter);
      hasFailed ||= isFailing;
      await connection.apply(event);
    };
    const turn = () => succeeds(client.turn(work));
    while (!hasFailed) await turn();
    await reaction(handsOf(client, connection, own));
    for (let turns = 0; isGoingOn && turns < 15; turns++) {
      if ((await turn()) && ways.autoCommit === false) await client.commit();
    }
  });
  await first.done;
  const stored = kafka.cluster.committed('ledger').account?.[0];
  let heir: string | undefined;
  kafka.world.spawn('heir', async (own) => {
    const client = await model.open(own, { ...settings, maxPollRecords: 4 });
    for (;;) {
      const batch: number[] = [];
      await client.turn((event) => {
        batch.push(event.offset);
        return till.from(own).apply(event);
      });
      if (batch.length > 0) heir ??= ranges(batch);
    }
  });
  // A session is 45 s at most; then the heir has the partition.
  await kafka.world.pass('1 min');
  await kafka.close();
  return { next, stored, heir, lost: till.lost, twice: till.repeated };
}

function succeeds(turn: Promise<void>): Promise<boolean> {
  return turn.then(
    () => true,
    () => false,
  );
}

function handsOf({ consumer, close }: ModelClient, till: TillConnection, { world }: Kafka): Hands {
  return {
    seek: (offset) => consumer.seek({ ...here, offset }),
    commit: (offset) => consumer.commitSync([{ ...here, offset }]),
    wait: (duration) => world.sleep(duration),
    async retry() {
      consumer.pause([here]);
      for (let offset = FOURTH; offset < BATCH; offset++) {
        await consumer.poll('0 s');
        await till.apply({ offset });
      }
      consumer.resume([here]);
    },
    close,
  };
}

const COLUMNS = ['next', 'stored', 'heir', 'lost', 'twice'] as const;

/** One line for each program, with those columns. */
export function table(
  rows: Record<string, Aftermath>,
  columns: readonly (typeof COLUMNS)[number][] = COLUMNS.slice(1),
): string {
  const lines = [['', ...columns]];
  for (const [name, row] of Object.entries(rows)) lines.push([name, ...columns.map((column) => shown(row[column]))]);
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function shown(value: number | string | readonly number[] | undefined): string {
  if (value === undefined) return '-';
  return typeof value === 'object' ? ranges(value) || '-' : String(value);
}

/** `0-2, 5`. */
function ranges(offsets: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const offset of offsets) {
    const run = runs.at(-1);
    if (run?.[1] === offset - 1) run[1] = offset;
    else runs.push([offset, offset]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

/** The warm-up: prints whether a program that closes its consumer when it fails loses nothing with these settings. */
export async function checkTidy(more: ConsumerSettings): Promise<void> {
  console.log((await judgeTidy(more)).text);
}

export async function judgeTidy(more: ConsumerSettings): Promise<Verdict> {
  const { till } = await liveThrough(async (kafka, connection) => {
    const consumer = kafka.consumer({ ...settings, enableAutoCommit: true, ...more });
    try {
      await consumer.subscribe(['account']);
      for (;;) for (const event of await consumer.poll('1 s')) await connection.apply(event);
    } finally {
      await consumer.close();
    }
  });
  const lines = [
    'wanted: no event lost',
    `lost: ${ranges(till.lost) || 'none'}; repeated: ${ranges(till.repeated) || 'none'}`,
  ];
  if (till.lost.length === 0) {
    return new Verdict(true, [
      ...lines,
      'Nobody commits for the program any more, so close has nothing to say about events that it never saw done.',
    ]);
  }
  const remark =
    more.autoCommitIntervalMs === undefined
      ? 'close still commits the position, and the position is behind the whole batch.'
      : 'The interval is for poll. close commits at once, however long the interval is.';
  return new Verdict(false, [...lines, remark]);
}

/** Runs until it is killed. When it returns or throws, its process is over, and another is started a second later. */
export type Program = (kafka: Kafka, till: TillConnection) => Promise<unknown>;

/** The exercise: prints whether no event is lost, and at most one repeated, whenever the program is killed. */
export async function check(program: Program): Promise<void> {
  console.log((await judge(program)).text);
}

const WANTED = 'wanted: no event lost, and one at most booked twice, whenever the program is killed';

export async function judge(program: Program): Promise<Verdict> {
  const calm = await liveThrough(program);
  const { lost, repeated } = calm.till;
  const came = `without a crash: lost ${ranges(lost) || 'none'}; repeated ${ranges(repeated) || 'none'}`;
  if (calm.till.outcome !== '0') return new Verdict(false, [WANTED, came, remarkOn(calm)]);

  const outcomes = await everyCrash(
    (own: Kafka, till: Till) => supervised(own, till, program),
    (till) => ({ lost: till.lost, repeated: till.repeated, extra: till.extra }),
    { world: () => pennies(), setup: () => new Till({ failsAt: FOURTH }), within: LIFE },
  );
  const tried = `killed at ${outcomes.length} moments`;
  const losing = outcomes.find(({ outcome }) => outcome.lost.length > 0);
  if (losing !== undefined) {
    const { where, atMs, outcome } = losing;
    return new Verdict(false, [
      WANTED,
      came,
      tried,
      `Killed ${where}, at ${atMs} ms, it lost ${ranges(outcome.lost)}: what was committed had not been booked yet. Book first.`,
    ]);
  }
  const most = outcomes.reduce((one, other) => (other.outcome.extra > one.outcome.extra ? other : one));
  if (most.outcome.extra > 1) {
    const { where, atMs, outcome } = most;
    return new Verdict(false, [
      WANTED,
      came,
      tried,
      `Killed ${where}, at ${atMs} ms, it booked ${ranges(outcome.repeated)} again. Nothing was lost, but the commits are too far apart.`,
    ]);
  }
  const repeats = outcomes.filter(({ outcome }) => outcome.extra === 1).length;
  return new Verdict(true, [
    came,
    `${tried}: nothing lost, and one event booked twice at ${repeats} of them, between the booking and its commit`,
  ]);
}

/** Lives without a crash, in which a process that has ended is started again. */
interface Calm {
  readonly till: Till;
  /** Whether one of its consumers committed by itself. */
  readonly autoCommits: boolean;
  /** What the first life ended with, if it threw. */
  readonly failure: string | undefined;
}

function remarkOn({ till: { lost, repeated }, autoCommits, failure }: Calm): string {
  if (lost.length === EVENTS) {
    return `Nothing was booked at all: ${failure === undefined ? 'poll, and apply what comes.' : `the program ended with "${failure}".`}`;
  }
  if (lost.length === 1 && lost[0] === FOURTH) {
    return 'Event 3 was skipped. The till would have taken it a moment later, and nobody asked it again.';
  }
  if (lost.length > 0 && autoCommits) {
    return `${ranges(lost)} were handed out, not booked, and committed: by close, or by a poll that took the batch for done.`;
  }
  if (lost.length > 0) {
    return `After the failure poll went on behind the batch, and the next commit took ${ranges(lost)} along. Nobody sends them again: go back yourself.`;
  }
  if (repeated.join() === '0,1,2') {
    return 'Nothing was lost, but 0, 1 and 2 had been booked. You went back to what was committed; the failed event is further on.';
  }
  return `${ranges(repeated)} had been booked and came again, before any crash. Go back to the failed event, not before it.`;
}

async function liveThrough(program: Program): Promise<Calm> {
  const kafka = await pennies();
  const till = new Till({ failsAt: FOURTH });
  let autoCommits = false;
  let failure: string | undefined;
  for (let number = 1; number <= 5; number++) {
    const task = kafka.world.spawn(`ledger ${number}`, async (own) => {
      const life = new Life(own);
      await program(life.kafka, till.from(own)).catch((error) => {
        failure ??= error instanceof Error ? error.message : String(error);
      });
      autoCommits ||= life.autoCommits;
    });
    const isOver = () => task.state !== 'running';
    for (let seconds = 0; seconds < 60 && !isOver(); seconds++) await kafka.world.pass('1 s');
    if (!isOver()) break;
  }
  await kafka.close();
  return { till, autoCommits, failure };
}

/** One life of a program. Its consumers have these settings as well, whatever it gives them. */
class Life {
  readonly kafka: Kafka;
  autoCommits = false;
  readonly #consumers: { close(): Promise<void> }[] = [];

  constructor(own: Kafka, more: Partial<typeof quick> = {}) {
    const consumer: Kafka['consumer'] = (given) => {
      this.autoCommits ||= given?.enableAutoCommit !== false;
      const made = own.consumer({ ...given, ...more });
      this.#consumers.push(made);
      return made;
    };
    this.kafka = new Proxy(own, {
      get(_, property) {
        if (property === 'consumer') return consumer;
        const value: unknown = Reflect.get(own, property, own);
        return typeof value === 'function' ? value.bind(own) : value;
      },
    });
  }

  async end(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close();
  }
}

/** The program as `everyCrash` has it: one process, in which the consumers of a life that has ended are closed and the next one begins. */
async function supervised(own: Kafka, till: Till, program: Program): Promise<void> {
  for (let number = 1; number <= 5; number++) {
    const life = new Life(own, quick);
    await program(life.kafka, till.from(own)).catch(() => {});
    await life.end();
  }
}
