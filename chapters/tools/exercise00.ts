/**
 * The exercise of chapter 00: choose the order of two lines and the moment of one crash, so that Ada ends at a given balance.
 *
 * The answer is run, not read. What comes back says which balance came out, when the crash was and what was done by then, and, for the ways in which
 * this usually goes wrong, what to look at.
 */
import type { Consumer, ConsumerRecord, ConsumerSettings, Kafka } from '../../lib/index.ts';
import { account, settings as chapterSettings } from './account.ts';
import { Bank, type BankConnection } from './bank.ts';
import { meaningOf } from './card.ts';
import { Verdict } from './verdict.ts';

export interface Attempt {
  /** What the program does with each event. */
  readonly onEvent: (event: ConsumerRecord, consumer: Consumer, bank: BankConnection) => Promise<void>;
  /** The moment of the crash, by what the bank holds and what has been committed then. */
  readonly crashWhen: (seen: { readonly balance: number; readonly committed: number }) => boolean;
  /** Settings of the consumer, beside those of the chapter. */
  readonly settings?: ConsumerSettings;
}

interface Run {
  readonly balance: number;
  readonly crash?: { readonly atMs: number; readonly balance: number; readonly committed: number };
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
    ...adviceFor(goal, attempt, calm, crashed),
  ]);
}

function isRight(goal: number, calm: Run, crashed: Run): boolean {
  return calm.balance === 130 && crashed.crash !== undefined && crashed.balance === goal;
}

function momentOf({ crash }: Run): string {
  if (!crash) return 'crash: none; in a minute your moment did not come';
  return `crash: at ${crash.atMs} ms, with ${crash.balance} in the bank and ${crash.committed} committed`;
}

function adviceFor(goal: number, attempt: Attempt, calm: Run, { balance, crash }: Run): string[] {
  if (isRight(goal, calm, { balance, crash })) return [];
  if (attempt.settings) {
    return ['No setting of the consumer decides this. Take the settings out; what counts is the order of two lines.'];
  }
  if (calm.balance !== 130) {
    return [
      `Without any crash this program ends at ${calm.balance}. The crash is to be the only thing that goes wrong.`,
    ];
  }
  if (!crash) return ['Which pairs of balance and committed does the run pass through? Start with 0 and 0.'];
  if (balance === 130) {
    return [
      'At that moment the bank and the broker agreed: as many events were applied as were committed. Such a crash costs nothing.',
    ];
  }
  const loses = balance === 30 || balance === 90 || balance === 250;
  const goalLoses = goal === 30 || goal === 90 || goal === 250;
  if (loses !== goalLoses) {
    return [
      loses
        ? 'This order loses: what is committed and not applied is never seen again. For an event to come twice it must be applied first.'
        : 'This order repeats: what is applied and not committed comes again. For an event to be lost it must be committed first.',
    ];
  }
  return ['The order is right, and the crash hit another event. Move the moment.'];
}

async function run({ onEvent, crashWhen, settings }: Attempt): Promise<Run> {
  const kafka = await account();
  const bank = new Bank();
  const program = async (kafka: Kafka) => {
    const consumer = kafka.consumer({ ...chapterSettings, ...settings });
    await consumer.subscribe(['account']);
    const connection = bank.from(kafka);
    for await (const event of consumer) await onEvent(event, consumer, connection);
  };
  let committed = 0;
  kafka.cluster.trace.watch(({ what, detail }) => {
    if (what === 'offset.committed') committed = Number(detail.offset);
  });
  let crash: Run['crash'];
  const first = kafka.world.spawn('program', program);
  for (const end = kafka.world.now() + 60_000; kafka.world.now() < end && !crash; await kafka.world.pass('5 ms')) {
    const seen = { balance: bank.balance('Ada'), committed };
    if (crashWhen(seen)) crash = { atMs: kafka.world.now(), ...seen };
  }
  if (crash) {
    first.crash();
    kafka.world.spawn('program again', program);
    await kafka.world.pass('2 min');
  }
  await kafka.close();
  return { balance: bank.balance('Ada'), crash };
}
