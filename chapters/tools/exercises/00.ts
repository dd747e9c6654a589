/**
 * The exercise of chapter 00: choose the order of two lines and the moment of one crash, so that Ada ends at a given balance.
 *
 * The answer is run, not read. What comes back says which balance came out, when the crash was and what was done by then, and, for the ways in which
 * this usually goes wrong, what to look at.
 */
import type { Consumer, ConsumerRecord, ConsumerSettings, Kafka } from '../../../lib/index.ts';
import {
  account,
  Bank,
  type BankConnection,
  settings as chapterSettings,
  events,
  meaningOf,
  Verdict,
} from '../index.ts';

export interface Attempt {
  /** What the program does with each event. */
  readonly onEvent: (event: ConsumerRecord, consumer: Consumer, bank: BankConnection) => Promise<void>;
  /** The moment of the crash, by what the bank holds and what has been committed then. */
  readonly crashWhen: (seen: { readonly balance: number; readonly committed: number }) => boolean;
  /** Settings of the consumer, beside those of the chapter. */
  readonly settings?: ConsumerSettings;
}

/** What can be seen from outside at one moment. */
interface Seen {
  readonly balance: number;
  readonly committed: number;
}

interface Run {
  readonly balance: number;
  readonly committed: number;
  /** The pairs that the run passed through before its crash, each once, in their order. */
  readonly passed: readonly Seen[];
  readonly crash?: Seen & { readonly atMs: number };
}

/** Judges the attempt and prints the verdict. `goal` is the balance to produce. */
export async function check(goal: number, attempt: Attempt): Promise<void> {
  console.log((await judge(goal, attempt)).text);
}

/** Runs the attempt twice, without a crash and with it. */
export async function judge(goal: number, attempt: Attempt): Promise<Verdict> {
  const calm = await run({ ...attempt, crashWhen: () => false });
  const crashed = await run(attempt);
  return new Verdict(isRight(goal, calm, crashed), [
    `wanted: ${goal}, ${meaningOf(goal)}`,
    `came: ${crashed.balance}, ${meaningOf(crashed.balance)}`,
    momentOf(crashed),
    ...remarks(goal, attempt, calm, crashed),
  ]);
}

function isRight(goal: number, calm: Run, crashed: Run): boolean {
  return calm.balance === 130 && crashed.crash !== undefined && crashed.balance === goal;
}

function momentOf({ crash }: Run): string {
  if (!crash) return 'crash: none, because your moment did not come';
  return `crash: at ${crash.atMs} ms, with ${crash.balance} in the bank and ${crash.committed} committed`;
}

function remarks(goal: number, attempt: Attempt, calm: Run, crashed: Run): string[] {
  const { balance, crash, passed } = crashed;
  if (isRight(goal, calm, crashed)) return [reasonFor(balance)];
  if (attempt.settings) {
    return ['No setting of the consumer decides this. Take the settings out; what counts is the order of two lines.'];
  }
  if (calm.balance !== 130 || calm.committed !== events.length) {
    return [
      `Without any crash this program ends at ${calm.balance}, with ${calm.committed} committed. It should be 130 and 3, so that the crash is the only thing that goes wrong.`,
    ];
  }
  if (!crash) {
    return [
      `Your program passes through other pairs of balance and committed. The first are ${pairs(passed.slice(0, 3))}.`,
    ];
  }
  if (balance === 130) {
    return [
      'At that moment the bank and the broker agreed: as many events were applied as were committed. Such a crash costs nothing.',
    ];
  }
  if (loses(balance) !== loses(goal)) return [wrongOrder(balance)];
  return ['The order is right, and the crash hit another event. Move the moment.'];
}

function loses(balance: number): boolean {
  return meaningOf(balance).endsWith('lost');
}

function reasonFor(balance: number): string {
  return loses(balance)
    ? 'The broker had been told to go on behind an event of which the bank never heard.'
    : 'The bank had an event of which the broker did not know, so the event came again.';
}

function wrongOrder(balance: number): string {
  return loses(balance)
    ? 'This order loses: what is committed and not applied is never seen again. For an event to come twice it must be applied first.'
    : 'This order repeats: what is applied and not committed comes again. For an event to be lost it must be committed first.';
}

function pairs(passed: readonly Seen[]): string {
  return passed.map(({ balance, committed }) => `${balance} and ${committed}`).join(', ');
}

/** Refuses questions that nobody can answer, such as `seen.balanc`, which would be false for ever. */
function guarded(seen: Seen): Seen {
  return new Proxy(seen, {
    get(target, name) {
      if (name === 'balance' || name === 'committed') return target[name];
      throw new TypeError(`crashWhen sees balance and committed; there is no ${String(name)}`);
    },
  });
}

async function run({ onEvent, crashWhen, settings }: Attempt): Promise<Run> {
  const kafka = await account();
  const bank = new Bank();
  const program = async (own: Kafka) => {
    const consumer = own.consumer({ ...chapterSettings, ...settings });
    await consumer.subscribe(['account']);
    const connection = bank.from(own);
    for await (const event of consumer) await onEvent(event, consumer, connection);
  };
  let committed = 0;
  kafka.cluster.trace.watch(({ what, detail }) => {
    if (what === 'offset.committed') committed = Number(detail.offset);
  });
  const passed: Seen[] = [];
  let crash: Run['crash'];
  const first = kafka.world.spawn('program', program);
  for (const end = kafka.world.now() + 20_000; kafka.world.now() < end && !crash; await kafka.world.pass('5 ms')) {
    const seen = { balance: bank.balance('Ada'), committed };
    const last = passed.at(-1);
    if (last?.balance !== seen.balance || last.committed !== seen.committed) passed.push(seen);
    if (crashWhen(guarded(seen))) crash = { atMs: kafka.world.now(), ...seen };
  }
  if (crash) {
    first.crash();
    kafka.world.spawn('program again', program);
    await kafka.world.pass('2 min');
  }
  await kafka.close();
  return { balance: bank.balance('Ada'), committed, passed, crash };
}
