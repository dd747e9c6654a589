/**
 * `npm run demo`: real records, stock clients and ours, and two crashes.
 *
 * A broker runs as a process of its own on a data folder. Stock kafkajs writes 40,000 rows about 20,000 flights; a group of two kafkajs
 * consumers and a group of two of ours read them. Half-way the broker is killed and started again on its data, and one of our two members
 * is killed for good. At the end every airport's sum must be the one that the file gives, in both groups. Whatever differs makes the
 * exit code 1.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { BrokerProcess } from './brokerProcess.ts';
import { readFlights, rowsOf, sumsOfFlights } from './flights.ts';
import { createTopic, kafkajsClient, load, logEnds, startGroup } from './kafkajs.ts';
import { Member } from './members.ts';
import { differences, Tally } from './tally.ts';

const TOPIC = 'ledger';
const PARTITIONS = 4;
const LIMIT_MS = 110_000;

const started = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);
const count = (number: number) => number.toLocaleString('en-GB');

const flights = readFlights();
const rows = rowsOf(flights);
const theirs = new Tally();
const ours = new Tally();
let loaded = 0;

const folder = mkdtempSync(join(tmpdir(), 'kafkaito-demo-'));
const broker = new BrokerProcess(['--data', folder, '--config', 'group.initial.rebalance.delay.ms=500'], (line) =>
  say(`  broker: ${line}`),
);
const members: Member[] = [];
let consumers: Consumer[] = [];
const verdicts: { readonly what: string; readonly why: string }[] = [];

/** `why` is empty when all is well. */
function check(what: string, why: string): void {
  verdicts.push({ what, why });
  console.log(why === '' ? `  ✓ ${what}` : `  ✗ ${what}: ${why}`);
}

const progress = setInterval(() => {
  say(
    `  written ${count(loaded)} of ${count(rows.length)}, read by kafkajs ${count(theirs.rows)}, by ours ${count(ours.rows)}`,
  );
}, 1000);
/** Ends the demo from wherever something goes wrong, also beside its main path. */
let fail: (error: unknown) => void = () => {};
const failure = new Promise<never>((_, reject) => {
  fail = reject;
});
setTimeout(() => fail(new Error(`not done within ${LIMIT_MS / 1000} s`)), LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => fail(new Error(`ended by ${signal}`)));

try {
  await Promise.race([run(), failure]);
} catch (error) {
  check('the demo runs to its end', error instanceof Error ? error.message : String(error));
} finally {
  clearInterval(progress);
  await tidyUp();
}
const failed = verdicts.filter(({ why }) => why !== '').length;
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function run(): Promise<void> {
  say(`${count(flights.length)} flights make ${count(rows.length)} rows: -1 at the origin, +1 at the destination`);
  await broker.start();
  const kafka = kafkajsClient(broker.bootstrap);
  await createTopic(kafka, TOPIC, PARTITIONS);
  say(`topic ${TOPIC} with ${PARTITIONS} partitions; two groups of two join`);
  members.push(...[0, 1].map(() => new Member(broker.bootstrap, 'ours', TOPIC, ours)));
  consumers = await startGroup(kafka, 'kafkajs', TOPIC, theirs);
  await until(() => members.every(({ owns }) => owns === PARTITIONS / 2));
  say('kafkajs writes; both groups read as the rows come');

  let brokerCrash: Promise<void> | undefined;
  const memberCrash = until(() => ours.rows >= rows.length / 2).then(crashMember);
  memberCrash.catch(fail);
  await load(kafka, TOPIC, PARTITIONS, rows, (acknowledged) => {
    loaded += acknowledged;
    if (brokerCrash === undefined && loaded >= rows.length * 0.4) {
      brokerCrash = crashBroker();
      brokerCrash.catch(fail);
    }
  });
  say('all rows are acknowledged');
  await brokerCrash;
  await memberCrash;

  const ends = await logEnds(kafka, TOPIC);
  await until(() =>
    [theirs, ours].every((tally) => ends.every((end, partition) => (tally.reached[partition] ?? 0) >= end)),
  );
  clearInterval(progress);
  say('both groups have read to the end');
  judge(ends);
  await stopAll();
}

async function crashBroker(): Promise<void> {
  await broker.kill();
  say(`broker killed (SIGKILL), with ${count(loaded)} rows acknowledged and more on their way`);
  await sleep(500);
  await broker.start();
}

async function crashMember(): Promise<void> {
  const [victim] = members;
  await victim.kill();
  say(
    `one of our two members killed (SIGKILL), after it had read ${count(victim.read)} rows; the other takes over when its session of 6 s is over`,
  );
}

function judge(ends: readonly number[]): void {
  const expected = sumsOfFlights(flights);
  const written = ends.reduce((sum, end) => sum + end, 0);
  const twice = written - rows.length;
  console.log(`\nThe log holds ${count(written)} rows, ${whyWritten(twice)}`);
  console.log(
    'A group reads a row again when a member has read it and then ends, or loses its broker, before it has committed.',
  );
  console.log('Both are what "at least once" means; the ids tell them apart.');
  for (const [name, tally] of [
    ['kafkajs', theirs],
    ['ours', ours],
  ] as const) {
    console.log(
      `Group ${name}: ${count(tally.rows)} rows, ${count(tally.writtenTwice)} written twice, ${count(tally.readAgain)} read again`,
    );
    const wrong = differences(expected, tally.sums);
    check(
      `${name}: no acknowledged row is missing`,
      tally.rows === rows.length ? '' : `${rows.length - tally.rows} are`,
    );
    check(`${name}: the sums of all ${expected.size} airports are those of the file`, wrong.slice(0, 5).join('; '));
    check(
      `${name}: each row that lies in the log twice came twice`,
      tally.writtenTwice === twice ? '' : `${tally.writtenTwice} did, and ${twice} lie there twice`,
    );
    check(
      `${name}: the rows of each airport came in order`,
      tally.outOfOrder === 0 ? '' : `${tally.outOfOrder} did not`,
    );
  }
}

function whyWritten(twice: number): string {
  if (twice === 0) return 'as many as were sent: when the broker was killed, no batch was between append and answer.';
  return (
    `${count(twice)} more than were sent: the broker was killed when it had appended them and not yet answered,\n` +
    'so kafkajs, which could not know, sent them again.'
  );
}

async function stopAll(): Promise<void> {
  const [victim, survivor] = members;
  check(
    'the killed member is dead, and the other one worked to the end',
    victim.ended === 'SIGKILL' && survivor.ended === null
      ? ''
      : `they ended with ${victim.ended} and ${survivor.ended}`,
  );
  await survivor.stop();
  await Promise.all(consumers.map((consumer) => consumer.disconnect()));
  const code = await broker.stop();
  // Windows has no signals: there the broker is ended, and cannot say goodbye.
  check('the broker stops cleanly', code === 0 || process.platform === 'win32' ? '' : `exit code ${code}`);
  say('done');
}

async function tidyUp(): Promise<void> {
  await Promise.all(members.map((member) => member.kill()));
  await broker.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
