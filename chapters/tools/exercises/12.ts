/**
 * The books of chapter 12: a ledger that keeps balances in memory, the group of its copies, and the check of its three hooks.
 *
 * Four people have accounts, each in a partition of its own. The check runs a day on which a second copy starts, and one on which a copy is frozen for
 * two minutes, and holds the page in the bank against what Ada should have.
 */
import {
  type Assignor,
  type Consumer,
  type ConsumerRecord,
  type ConsumerSettings,
  cooperativeSticky,
  type Duration,
  type Kafka,
  KafkaError,
  type RebalanceListener,
  type SimulatedKafka,
  simulate,
  type Task,
  type TopicPartition,
  type TraceEvent,
} from '../../../lib/index.ts';
import { events, meaningOf, Verdict } from '../index.ts';

const owners = ['Ada', 'Ben', 'Cleo', 'Dan'];
const TOPIC = 'accounts';

/** How every copy reads: it commits by itself only where it says so. */
export const settings = { groupId: 'ledger', autoOffsetReset: 'earliest', enableAutoCommit: false } as const;

/** A fresh world with an empty topic `accounts`: Ada's events go to partition 0, Ben's to 1, Cleo's to 2, Dan's to 3. */
export async function accounts(): Promise<SimulatedKafka> {
  return simulate({ seed: 7, topics: { [TOPIC]: owners.length } });
}

/** As `accounts`, with somebody who pays 1 into each of the four accounts twice a second. */
export async function busyAccounts(): Promise<SimulatedKafka> {
  const kafka = await accounts();
  kafka.world.spawn('customers', async (own) => {
    const producer = own.producer();
    for (;;) {
      await producer.send(owners.map((key, partition) => ({ topic: TOPIC, partition, key, value: '+1' })));
      await own.world.sleep('500 ms');
    }
  });
  return kafka;
}

type Page = ReadonlyMap<string, number>;

/** The bank's books: a page for each partition. They stay when a program dies, and whoever saves a page writes over the one that was there. */
export class Books {
  readonly #pages = new Map<number, Page>();

  balance(owner: string): number {
    return this.#pages.get(owners.indexOf(owner))?.get(owner) ?? 0;
  }

  /** The books as one program reaches them. A call takes 10 ms there and 10 ms back. */
  from({ world }: Pick<Kafka, 'world'>): BooksConnection {
    const takes = '10 ms';
    return {
      load: (partition) => world.effect(`load page ${partition}`, () => new Map(this.#pages.get(partition)), { takes }),
      save: (partition, page) => {
        const said = [...page].map(([owner, balance]) => `${owner} ${balance}`).join(', ');
        return world.effect(`save page ${partition}: ${said}`, () => void this.#pages.set(partition, page), { takes });
      },
    };
  }
}

export interface BooksConnection {
  load(partition: number): Promise<Map<string, number>>;
  save(partition: number, page: Page): Promise<void>;
}

// #region memory
/** The pages that one copy works on, in its memory. */
export class Memory {
  readonly #books: BooksConnection;
  readonly #pages = new Map<number, Map<string, number>>();
  readonly #changed = new Set<number>();

  constructor(books: BooksConnection) {
    this.#books = books;
  }

  /** Takes over pages as the bank has them. */
  async load(partitions: Iterable<number>): Promise<void> {
    for (const partition of partitions) {
      this.#pages.set(partition, await this.#books.load(partition));
      this.#changed.delete(partition);
    }
  }

  /** A withdrawal of more than the balance is refused, and the attempt costs 10. */
  apply({ partition, key, value }: ConsumerRecord): void {
    const page = this.#pages.get(partition) ?? new Map();
    const before = page.get(String(key)) ?? 0;
    const after = before + Number(value);
    page.set(String(key), after >= 0 ? after : before - 10);
    this.#pages.set(partition, page);
    this.#changed.add(partition);
  }

  /** Writes pages to the bank, by default all; one that has not changed since is left alone. */
  async save(partitions: Iterable<number> = [...this.#pages.keys()]): Promise<void> {
    for (const partition of partitions) {
      if (this.#changed.delete(partition)) await this.#books.save(partition, new Map(this.#pages.get(partition)));
    }
  }

  /** Drops pages, changed or not. */
  forget(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#pages.delete(partition);
      this.#changed.delete(partition);
    }
  }
}
// #endregion memory

/** What a copy does when partitions come and go. */
export type Hooks = (memory: Memory, consumer: Consumer) => RebalanceListener;

/** How a ledger of this chapter is started. */
export interface How {
  readonly books: Books;
  readonly hooks: Hooks;
  readonly strategy: Assignor;
}

/** The numbers of partitions: `[0, 1]`. */
export function numbers(partitions: readonly TopicPartition[]): number[] {
  return partitions.map(({ partition }) => partition);
}

/** What the callbacks of some copies were called with, from `fromMs` on. */
export function callbacks(kafka: SimulatedKafka, copies: readonly string[], fromMs: number): string {
  return copies
    .flatMap((copy) => {
      const lines = eventsOf(kafka, copy)
        .filter(({ at }) => at >= fromMs)
        .map(({ at, what, detail }) => {
          const list = numbers(detail.partitions as unknown as TopicPartition[]).join(' ');
          return `  ${seconds(at).padStart(7)}  ${what.split('.')[1].padEnd(8)}  ${list || 'nothing'}`;
        });
      return [copy, ...lines];
    })
    .join('\n');
}

function eventsOf(kafka: SimulatedKafka, copy: string): TraceEvent[] {
  return kafka.cluster.trace.events.filter(
    ({ node, what }) => node.split('/')[0] === copy && /^consumer\.(assigned|revoked|lost)$/.test(what),
  );
}

/** What was felt of a rebalance since `fromMs`: the longest time in which nothing was read of each partition, and how many events were read twice. */
export function felt(kafka: SimulatedKafka, fromMs: number): string {
  const last = owners.map(() => fromMs);
  const silentMs = owners.map(() => 0);
  const read = owners.map(() => 0);
  let twice = 0;
  for (const { at, what, detail } of kafka.cluster.trace.events) {
    if (what !== 'consumer.records') continue;
    const [partition, from, to] = [detail.partition, detail.from, detail.to].map(Number);
    twice += Math.max(0, Math.min(to + 1, read[partition]) - from);
    read[partition] = Math.max(read[partition], to + 1);
    silentMs[partition] = Math.max(silentMs[partition], at - last[partition]);
    last[partition] = Math.max(fromMs, at);
  }
  return `\n  silent for ${silentMs.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s\n  read twice: ${twice}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Two copies of a program that does nothing but read, so that one can see what makes their group meet. */
export class Group {
  readonly kafka: SimulatedKafka;
  readonly #tasks = new Map<string, Task>();
  readonly #closing = new Set<string>();

  private constructor(kafka: SimulatedKafka) {
    this.kafka = kafka;
  }

  static async ofTwo(common: ConsumerSettings = {}): Promise<Group> {
    const topics = { [TOPIC]: owners.length, cards: 1 };
    const group = new Group(await simulate({ seed: 7, topics, config: { 'offsets.topic.num.partitions': '1' } }));
    group.start('ledger 1', common);
    group.start('ledger 2', common);
    await group.pass('10 s');
    return group;
  }

  /** Starts a copy; a static one has its name as `groupInstanceId`. */
  start(name: string, more: ConsumerSettings = {}, topics: readonly string[] = [TOPIC]): void {
    const task = this.kafka.world.spawn(name, async (own) => {
      // Nothing is ever written here, so a fetch may wait as long as a poll.
      const consumer = own.consumer({ ...settings, fetchMaxWaitMs: 1_000, ...more });
      await consumer.subscribe(topics);
      while (!this.#closing.has(name)) await consumer.poll('1 s');
      this.#closing.delete(name);
      await consumer.close();
    });
    this.#tasks.set(name, task);
  }

  close(name: string): void {
    this.#closing.add(name);
  }

  kill(name: string): void {
    this.#tasks.get(name)?.crash();
  }

  /** Asks for this many partitions of `accounts`. A topic never gets fewer, and then nothing happens. */
  async grow(partitions: number): Promise<void> {
    const admin = this.kafka.admin();
    await admin.createPartitions({ [TOPIC]: partitions }).catch((error: unknown) => {
      if (!(error instanceof KafkaError)) throw error;
    });
    await admin.close();
  }

  async pass(duration: Duration): Promise<void> {
    await this.kafka.world.pass(duration);
  }

  get generation(): number {
    return this.kafka.cluster.group('ledger')?.generationId ?? 0;
  }

  /** Who reads what: `0 1 | 2 3`. */
  get shares(): string {
    const members = this.kafka.cluster.group('ledger')?.members ?? [];
    const shares = members.map(({ assignment }) =>
      Object.entries(assignment).flatMap(([topic, list]) => (topic === TOPIC ? list.map(String) : [topic])),
    );
    return shares.map((share) => share.join(' ')).join(' | ');
  }

  /** Two fresh copies, a cause, six minutes at most: after how long the group has met again, and who reads what then. */
  static async after(cause: string, act: (group: Group) => unknown): Promise<string> {
    const group = await Group.ofTwo();
    const { kafka, generation } = group;
    const from = kafka.world.now();
    await act(group);
    const giveUpAt = from + 360_000;
    while (group.generation === generation && kafka.world.now() < giveUpAt) await group.pass('10 s');
    // The members are still to be told what they have been given.
    await group.pass('10 s');
    const next = kafka.cluster.trace.events.find(({ at, what }) => at > from && what === 'consumer.assigned');
    const met = group.generation === generation || !next ? 'never' : `${Math.round((next.at - from) / 1000)} s`;
    const line = `${cause.padEnd(19)} ${met.padStart(5)}  ${group.shares}`;
    await kafka.close();
    return line;
  }
}

/** Two copies in a busy world; at 30 s the first works on something for eight seconds, and meanwhile a third starts. Ends at 46 s. */
export async function thirdComes(program: (own: Kafka) => Promise<unknown>): Promise<SimulatedKafka> {
  const kafka = await busyAccounts();
  const first = kafka.world.spawn('ledger 1', program);
  kafka.world.spawn('ledger 2', program);
  await kafka.world.pass('30 s');
  first.freeze();
  kafka.world.spawn('ledger 3', program);
  await kafka.world.pass('8 s');
  first.thaw();
  await kafka.world.pass('8 s');
  return kafka;
}

/** The exercise: prints whether Ada's page is right after a copy was closed, and after one was frozen. */
export async function check(hooks: Hooks): Promise<void> {
  console.log((await judge(hooks)).text);
}

export async function judge(hooks: Hooks): Promise<Verdict> {
  const closed = await day(hooks, 'closed');
  const frozen = await day(hooks, 'frozen');
  const right = [closed, frozen].every(({ balance }) => balance === 130);
  const lines = ['wanted: 130 for Ada on both days', told('closed', closed), told('frozen', frozen)];
  const remark = wrongWhenClosed(closed) ?? wrongWhenFrozen(frozen, hooks);
  if (remark !== undefined) return new Verdict(false, [...lines, remark]);
  if (!right) return new Verdict(false, [...lines, 'The hooks leave a page in the bank that nobody has computed.']);
  return new Verdict(true, [
    ...lines,
    'What is revoked is saved and then committed, what is assigned is loaded, what is lost is forgotten.',
  ]);
}

/** What became of Ada's page on one day. */
interface Day {
  readonly balance: number;
  /** The copy that had Ada's partition when the day began to go wrong, and the one that went on. */
  readonly first: string;
  readonly atMs: number;
  readonly thawedMs: number;
  /** What happened to page 0 from `atMs` on, in order. */
  readonly log: readonly {
    readonly at: number;
    readonly node: string;
    readonly what: Happening;
    readonly says: string;
  }[];
  /** Whether the first copy was in `onPartitionsLost`, or what stands for it, when it saved the page. */
  readonly savedWhileLost: boolean;
  /** What polls rejected with. */
  readonly failures: readonly { readonly node: string; readonly message: string }[];
}

type Happening = 'save' | 'load' | 'commit' | 'lost';

function told(how: 'closed' | 'frozen', { balance, first, atMs }: Day): string {
  return `${first} ${how} at ${seconds(atMs)}: ${balance}, ${meaningOf(balance)}`;
}

function wrongWhenClosed({ first, log, failures }: Day): string | undefined {
  const save = log.findIndex(({ node, what }) => node === first && what === 'save');
  const commit = log.findIndex(({ node, what }) => node === first && what === 'commit');
  const load = log.findIndex(({ node, what }) => node !== first && what === 'load');
  if (failures.length > 0) return `A hook threw while ${first} was closed: ${failures[0].message}`;
  if (commit >= 0 && save < 0) {
    return `${first} committed and did not save. The +150 was in its memory only, and nobody will read it again.`;
  }
  if (save < 0) return `${first} gave its partitions away and saved nothing. Revoked is the moment for that.`;
  if (commit < 0) {
    return `${first} saved the page at ${seconds(log[save].at)} and did not commit. The next one began at the old offset, and booked +150 on a page that had it.`;
  }
  if (commit < save) {
    return `${first} committed at ${seconds(log[commit].at)} and saved only then. Killed between the two, it would have lost +150 for good.`;
  }
  if (load < 0) return 'The next copy began with an empty page. What is assigned has to be loaded from the bank.';
  return undefined;
}

function wrongWhenFrozen({ first, log, thawedMs, savedWhileLost, failures }: Day, hooks: Hooks): string | undefined {
  const stale = log.find(({ at, node, what }) => at >= thawedMs && node === first && what === 'save');
  const refused = failures.some(({ message }) => /CommitFailed|commit/i.test(message));
  if (stale === undefined) {
    if (refused) return 'In lost a commit is refused, and the hook threw: the group has gone on without this copy.';
    return undefined;
  }
  const overwrote = `At ${seconds(stale.at)} ${first} wrote ${stale.says} over the page of the new owner, who had long gone on.`;
  if (!savedWhileLost) {
    return `${overwrote} It was told of the loss and kept the page in its memory, and the next save took it along. Forget it.`;
  }
  const isOwn = 'onPartitionsLost' in hooks(new Memory(nowhere), {} as Consumer);
  const also = refused ? ' Its commit was refused, which is all that the broker can do.' : '';
  if (isOwn)
    return `${overwrote} It was onPartitionsLost that saved. What is lost belongs to somebody else already.${also}`;
  return `${overwrote} There is no onPartitionsLost, so onPartitionsRevoked was called in its place.${also}`;
}

const nowhere: BooksConnection = { load: async () => new Map(), save: async () => {} };

async function day(hooks: Hooks, how: 'closed' | 'frozen'): Promise<Day> {
  const kafka = await accounts();
  const books = new Books();
  const closing = new Set<string>();
  const failures: { node: string; message: string }[] = [];
  const lost = { open: false, saved: false };
  const copies = ['ledger 1', 'ledger 2'].map((name) =>
    kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer({
        ...settings,
        maxPollRecords: 1,
        partitionAssignmentStrategy: [cooperativeSticky],
      });
      const memory = new Memory(books.from(own));
      await consumer.subscribe([TOPIC], watched(hooks(memory, consumer), lost));
      for (let turn = 1; !closing.has(name); turn++) {
        try {
          for (const event of await consumer.poll('1 s')) {
            memory.apply(event);
            await own.world.sleep('10 ms');
          }
          if (turn % 10 !== 0) continue;
          await memory.save();
          consumer.commitAsync();
        } catch (error) {
          failures.push({ node: name, message: reason(error) });
          await own.world.sleep('1 s');
        }
      }
      await consumer.close().catch((error: unknown) => failures.push({ node: name, message: reason(error) }));
    }),
  );
  kafka.cluster.trace.watch(({ what, detail }) => {
    if (what === 'effect.done' && lost.open && String(detail.name).startsWith('save page 0')) lost.saved = true;
  });
  const producer = kafka.producer();
  const pay = (value: string, key = 'Ada') => producer.send({ topic: TOPIC, partition: 0, key, value });
  await kafka.world.pass('10 s');
  await pay(events[0]);
  await kafka.world.pass('20 s');
  await pay(events[1]);
  await kafka.world.pass('500 ms');
  const first = ownerOfPage0(kafka);
  const victim = copies[Number(first.split(' ')[1]) - 1];
  const atMs = kafka.world.now();
  if (how === 'closed') closing.add(first);
  else victim.freeze();
  await kafka.world.pass('1 min');
  await pay('+5', 'Abe');
  await pay(events[2]);
  await kafka.world.pass('30 s');
  const thawedMs = kafka.world.now();
  if (how === 'frozen') victim.thaw();
  await kafka.world.pass('30 s');
  const log = kafka.cluster.trace.events.filter(({ at }) => at >= atMs).flatMap(happening);
  await kafka.close();
  return { balance: books.balance('Ada'), first, atMs, thawedMs, log, savedWhileLost: lost.saved, failures };
}

/** The hooks, and a note of whether the one for lost partitions is running. */
function watched(listener: RebalanceListener, lost: { open: boolean }): RebalanceListener {
  const { onPartitionsLost = listener.onPartitionsRevoked } = listener;
  return {
    ...listener,
    async onPartitionsLost(partitions) {
      lost.open = true;
      try {
        await onPartitionsLost?.call(listener, partitions);
      } finally {
        lost.open = false;
      }
    },
  };
}

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function ownerOfPage0(kafka: SimulatedKafka): string {
  const owns = kafka.cluster.trace.events.filter(
    ({ what, detail }) =>
      what === 'consumer.assigned' && numbers(detail.partitions as unknown as TopicPartition[]).includes(0),
  );
  return String(owns.at(-1)?.node.split('/')[0]);
}

function happening({ at, node, what, detail }: TraceEvent): Day['log'] {
  const name = String(detail.name);
  const copy = node.split('/')[0];
  if (what === 'effect.done' && name.startsWith('save page 0'))
    return [{ at, node: copy, what: 'save', says: name.split(': ')[1] }];
  if (what === 'effect.done' && name === 'load page 0') return [{ at, node: copy, what: 'load', says: '' }];
  if (what === 'consumer.committed' && detail.partition === 0) return [{ at, node: copy, what: 'commit', says: '' }];
  if (what === 'consumer.lost') return [{ at, node: copy, what: 'lost', says: '' }];
  return [];
}
