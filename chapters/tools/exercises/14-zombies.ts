/**
 * The zombies of chapter 14: two copies of a ledger, of which one is frozen and wakes when its partition has a new owner, and the bank that can tell the two
 * apart.
 *
 * A freeze is tried at every step, as a crash is by `everyCrash`: the first life shows which steps there are, and each further one is frozen at one of them.
 */
import {
  type Consumer,
  type ConsumerRecord,
  type Drawing,
  everyCrash,
  type Kafka,
  type LaneStep,
  lanes,
  type SimulatedKafka,
  simulate,
  strip,
  type TraceEvent,
} from '../../../lib/index.ts';
import { type BankConnection, booked, crashStrip, events, meaningOf } from '../index.ts';

/** What a ledger does with each event, before it commits. */
export type Book = (event: ConsumerRecord, consumer: Consumer) => Promise<unknown>;

/** The bank as a program of this chapter reaches it. A call takes 10 ms to the bank and 10 ms back. */
export interface Desk extends BankConnection {
  /** As `apply`. Rejects when the bank has heard of a newer generation. */
  applyIn(generation: number, event: ConsumerRecord): Promise<void>;
}

/** The bank of chapter 00, which can also be told by whom it is asked. */
class GuardedBank {
  readonly #balances = new Map<string, number>();
  readonly #lastOffsets = new Map<string, number>();
  #newest = 0;

  balance(owner: string): number {
    return this.#balances.get(owner) ?? 0;
  }

  #book(owner: string, amount: number): void {
    this.#balances.set(owner, booked(this.balance(owner), amount));
  }

  // #region guards
  /** One write. Whoever is of an older generation is refused. */
  #bookIn(generation: number, owner: string, amount: number): void {
    if (generation < this.#newest) throw new Error('your time is over');
    this.#newest = generation;
    this.#book(owner, amount);
  }

  /** One write. What this account has had changes nothing. */
  #bookAt(offset: number, owner: string, amount: number): void {
    if (offset <= (this.#lastOffsets.get(owner) ?? -1)) return;
    this.#lastOffsets.set(owner, offset);
    this.#book(owner, amount);
  }
  // #endregion guards

  from({ world }: Pick<Kafka, 'world'>): Desk {
    const takes = '10 ms';
    const effect = (value: string | null, act: () => void) => world.effect(`apply ${value}`, act, { takes });
    return {
      apply: ({ key, value }) => effect(value, () => this.#book(String(key), Number(value))),
      applyAt: (offset, { key, value }) => effect(value, () => this.#bookAt(offset, String(key), Number(value))),
      applyIn: (generation, { key, value }) =>
        effect(value, () => this.#bookIn(generation, String(key), Number(value))),
    };
  }
}

const COPIES = ['copy 1', 'copy 2'] as const;

/** Who did what to Ada's account, from the first event on: two copies, the bank, and what the broker told them. */
export function hands(caption: string, kafka: SimulatedKafka): Drawing {
  let balance = 0;
  const all = kafka.cluster.trace.events;
  const from = all.findIndex(({ what }) => what === 'consumer.records');
  const steps = all.slice(from).flatMap((event): LaneStep[] => {
    const { at, node, what, detail } = event;
    if (what !== 'effect.done') return stepsOf(event);
    const before = balance;
    const amount = Number(String(detail.name).split(' ')[1]);
    balance = booked(before, amount);
    const woken = all.some((other) => other.node === node && other.what === 'process.thawed' && other.at <= at);
    return [{ at, from: node, to: 'the bank', says: `${detail.name}: ${balance}`, decisive: woken }];
  });
  return lanes(steps, { caption, lanes: [COPIES[0], 'the bank', COPIES[1]] });
}

function stepsOf({ at, node, what, detail }: TraceEvent): LaneStep[] {
  const lane = COPIES.find((copy) => node.startsWith(copy) || String(detail.member).startsWith(copy));
  if (lane === undefined) return [];
  const says = saysOf(what, detail);
  return says === undefined ? [] : [{ at, lane, says }];
}

function saysOf(what: string, detail: TraceEvent['detail']): string | undefined {
  if (what === 'consumer.records') return `is handed ${events[Number(detail.from)]}`;
  if (what === 'offset.committed') return `commits ${detail.offset}`;
  if (what === 'process.frozen') return 'frozen';
  if (what === 'process.thawed') return 'woken';
  if (what === 'group.member' && detail.change === 'expired') return 'given up by the broker';
  if (what === 'consumer.position') return `goes on at ${detail.offset}`;
  if (what === 'task.failed') return 'its commit is refused';
  return undefined;
}

/** A program that keeps Ada's account. */
export type Keeper = (kafka: Kafka, desk: Desk) => Promise<unknown>;

/**
 * Two copies of the program. The one that has the partition is frozen once at each step: when an event has come, when the bank has booked, when a commit is
 * stored. It is woken after a minute, when the other has done the rest. A cell holds what Ada has then.
 */
export async function frozen(caption: string, program: Keeper): Promise<Drawing> {
  const calm = await night(program, undefined);
  const cells = [];
  for (const [step, where] of calm.steps.entries()) {
    const { balance } = await night(program, step);
    cells.push({ outcome: String(balance), where });
  }
  return strip(cells, { caption, right: '130', each: 'frozen', meaning: meaningOf });
}

/** Ada's account, in a world that is quickly made: it is made often. */
function adaAlone(): Promise<SimulatedKafka> {
  const records = events.map((value) => ({ key: 'Ada', value }));
  return simulate({ seed: 7, topics: { account: { records } }, config: { 'offsets.topic.num.partitions': '1' } });
}

async function night(program: Keeper, freezeAt: number | undefined): Promise<{ steps: string[]; balance: number }> {
  const kafka = await adaAlone();
  const bank = new GuardedBank();
  const steps: string[] = [];
  const tasks = COPIES.map((copy) => kafka.world.spawn(copy, (own) => program(own, bank.from(own))));
  // A program that was refused has ended, and is not started again.
  for (const { done } of tasks) done.catch(() => {});
  const sleeper = () => tasks.find(({ state }) => state === 'frozen');
  let inHand = 0;
  kafka.cluster.trace.watch((event) => {
    if (event.what === 'consumer.records') inHand = Number(event.detail.from);
    const where = stepIn(event, inHand);
    if (where === undefined || sleeper() !== undefined || steps.length - 1 === freezeAt) return;
    steps.push(where);
    if (steps.length - 1 === freezeAt) tasks.find(({ name }) => ownerOf(event).startsWith(name))?.freeze();
  });
  await kafka.world.pass('10 s');
  if (freezeAt !== undefined) {
    await kafka.world.pass('50 s');
    sleeper()?.thaw();
    await kafka.world.pass('5 s');
  }
  await kafka.close();
  return { steps, balance: bank.balance('Ada') };
}

function stepIn({ what, detail }: TraceEvent, inHand: number): string | undefined {
  if (what === 'consumer.records') return `with ${events[inHand]} in hand`;
  if (what === 'effect.done') return `after ${detail.name}`;
  if (what !== 'offset.committed') return undefined;
  return detail.offset === inHand ? `after a yes to ${events[inHand]}` : `after the commit of ${detail.offset}`;
}

function ownerOf({ node, detail }: TraceEvent): string {
  return detail.member === undefined ? node : String(detail.member);
}

/** The program alone, killed at each of its steps and started again, as in chapter 00. */
export async function killed(caption: string, program: Keeper): Promise<Drawing> {
  const crashes = await everyCrash(
    (own: Kafka, bank: GuardedBank) => program(own, bank.from(own)),
    (bank) => bank.balance('Ada'),
    { world: adaAlone, setup: () => new GuardedBank(), within: '1 min' },
  );
  return crashStrip(caption, crashes);
}
