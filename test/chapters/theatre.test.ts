/** The theatre of the course: the same run as without it, broken at exactly the moment that was wished for, with a verdict that names what came of it. */
import { account, Bank, meaningOf, settings } from 'course';
import { newsroom } from 'course/07';
import { again, type TheatreSettings, theatre } from 'course/theatre';
import type { Kafka } from 'kafkaito';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPlay } from '../../lib/draw/theatre/readPlay.ts';
import { momentAt, type Play } from '../../lib/draw/theatre/scene.ts';

interface Bundle {
  readonly 'text/plain': string;
  readonly 'image/svg+xml': string;
  readonly 'application/vnd.kafkaito.play+json'?: string;
}

const page = globalThis as { [symbol: symbol]: unknown };
const DISPLAY = Symbol.for('kafkaito.display');
const STAGE = Symbol.for('kafkaito.stage');
let shown: Bundle[] = [];

beforeEach(() => {
  shown = [];
  page[DISPLAY] = (bundle: Bundle) => shown.push(bundle);
  page[STAGE] = true;
});

afterEach(() => {
  delete page[DISPLAY];
  delete page[STAGE];
});

function lastPlay(): Play {
  return readPlay(JSON.parse(shown.at(-1)?.['application/vnd.kafkaito.play+json'] ?? 'null'));
}

async function website(own: Kafka): Promise<void> {
  const consumer = own.consumer({ groupId: 'website', autoOffsetReset: 'earliest' });
  await consumer.subscribe(['articles']);
  for await (const _ of consumer);
}

const copies = ['website 1', 'website 2', 'website 3'];
const three = Object.fromEntries(copies.map((name) => [name, website]));
const stage = { caption: 'Three copies', world: newsroom, seed: 7 };

async function ledger(own: Kafka, bank: Bank): Promise<void> {
  const consumer = own.consumer(settings);
  await consumer.subscribe(['account']);
  for await (const event of consumer) {
    await consumer.commitSync();
    await bank.from(own).apply(event);
  }
}

const balance: TheatreSettings<Bank> = {
  caption: 'The ledger',
  world: account,
  setup: () => new Bank(),
  outcome: (bank) => `${bank.balance('Ada')}, ${meaningOf(bank.balance('Ada'))}`,
  restart: '1 s',
};

test('the run is the one without a theatre, to the millisecond', async () => {
  await theatre(three, stage);
  const kafka = await newsroom();
  for (const name of copies) kafka.world.spawn(name, website);
  await kafka.world.pass('20 s');
  const assigned = kafka.cluster.trace.events.filter(({ what }) => what === 'consumer.assigned');
  await kafka.close();
  const { moments } = lastPlay();
  for (const { at, node } of assigned) {
    const says = moments[momentAt({ moments }, at)];
    expect(says.at).toBe(at);
    expect(says.says.map(({ text }) => text).join()).toContain(node.split('/')[0]);
  }
});

test('a notebook is given a drawing and words, and no play', async () => {
  page[STAGE] = undefined;
  await theatre(three, stage);
  expect(Object.keys(shown[0])).toEqual(['text/plain', 'image/svg+xml']);
  expect(shown[0]['text/plain']).toMatch(/^Three copies\n[\s\S]*\n▶ +6\.\d{3} s {2}website \d reads articles-\d/);
});

test('what is killed is killed at that moment, nothing before it is different, and the partition is taken over', async () => {
  await theatre(three, stage);
  const calm = lastPlay();
  const at = calm.moments[calm.decisive + 3].at;
  await again('Three copies', { at, crash: 'website 1' });
  const broken = lastPlay();
  const place = momentAt(broken, at);
  expect(broken.moments.slice(0, place).map(({ says }) => says)).toEqual(
    calm.moments.slice(0, place).map(({ says }) => says),
  );
  expect(broken.decisive).toBe(place);
  expect(broken.moments[place].members[0].state).toBe('killed');
  expect(broken.verdict.join('\n')).toMatch(/articles-0 had no reader from 6\.\d+ s to 5\d\.\d+ s/);
  await again('Three copies', {});
  expect(lastPlay()).toEqual(calm);
});

test('the verdict names the event that was lost, and when it should have come', async () => {
  await theatre({ ledger }, balance);
  const calm = lastPlay();
  const committed = calm.moments.find(({ says }) =>
    says.some(({ text }) => text === 'the broker stores 2 for account-0'),
  );
  await again('The ledger', { at: committed?.at, crash: 'ledger' });
  expect(lastPlay().verdict.slice(0, 3)).toEqual([
    `ledger is killed at ${((committed?.at ?? 0) / 1000).toFixed(3)} s.`,
    'In the end: 90, the second deposit was lost. Without it: 130, all well.',
    expect.stringMatching(/^Lost: apply \+150, done without the fault at 3\.\d{3} s by ledger\.$/),
  ]);
});

test('an answer is dropped: the commit is stored, and the program waits for it until its patience ends', async () => {
  await theatre({ ledger }, balance);
  const calm = lastPlay();
  const before = calm.moments.find(({ members }) => members[0].nextAnswer === 'OffsetCommit');
  await again('The ledger', { at: before?.at, drop: 'ledger' });
  const { moments, verdict } = lastPlay();
  const says = moments.flatMap((moment) => moment.says.map(({ text }) => text));
  const dropped = says.indexOf('the answer to the OffsetCommit of ledger is lost');
  expect(says.slice(dropped - 1, dropped + 2)).toEqual([
    'the broker stores 1 for account-0',
    'the answer to the OffsetCommit of ledger is lost',
    expect.stringMatching(/^ledger/),
  ]);
  expect(verdict[0]).toMatch(
    /^The answer to the OffsetCommit of ledger, which leaves the broker at 3\.\d+ s, is dropped\.$/,
  );
});

test('who is frozen for a minute comes back to a group that has gone on', async () => {
  await theatre(three, { ...stage, freeze: 'website 1' });
  const { moments, fault } = lastPlay();
  const says = moments.flatMap((moment) => moment.says.map(({ text }) => text)).join('\n');
  expect(fault?.what).toBe('freeze');
  expect(says).toMatch(
    /website 1 is frozen[\s\S]*takes website 1 out[\s\S]*website 1 goes on[\s\S]*website 1 hears that it has lost/,
  );
});

test('a wish that cannot be granted says why', async () => {
  await theatre(three, stage);
  await expect(again('Three copies', { crash: 'website 4' })).rejects.toThrow("no program 'website 4'");
  await expect(again('Nobody', {})).rejects.toThrow('run its cell again');
  await expect(theatre(three, { ...stage, entrances: { nobody: '1 s' } })).rejects.toThrow("no program 'nobody'");
});
