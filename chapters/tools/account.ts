/** Ada's account: the topic of her events, in a world of its own each time. */
import { type CrashPoint, type Drawing, type SimulatedKafka, simulate, strip } from '../../lib/index.ts';
import { events, meaningOf } from './card.ts';

/** A fresh simulated world with Ada's three events in the topic `account`. */
export async function account(): Promise<SimulatedKafka> {
  const kafka = await simulate({ seed: 7, topics: { account: 1 } });
  const producer = kafka.producer();
  for (const value of events) await producer.send({ topic: 'account', key: 'Ada', value });
  await producer.close();
  return kafka;
}

/** How the ledger reads: from the start of the account, one event at a time, and it says itself how far it has come. */
export const settings = {
  groupId: 'ledger',
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  maxPollRecords: 1,
} as const;

/** The balances after all those crashes as a strip. */
export function crashStrip(caption: string, crashes: readonly CrashPoint<number>[]): Drawing {
  const cells = crashes.map(({ outcome, where }) => ({ outcome: String(outcome), where }));
  return strip(cells, { caption, right: '130', meaning: meaningOf });
}
