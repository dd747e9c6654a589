/**
 * What somebody waits for: the start of a broker, the way of one record from `send` to `poll`, and the memory of a broker that has nothing to do.
 *
 * These are times, not ratios: on a machine that is busy with something else they say little. Of a start the median of nine counts, of the way of a
 * record the median and the 99th of a hundred.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startBroker } from './brokerProcess.ts';
import { Contender, fileHere } from './contender.ts';
import { load, progress, skipped, verdict } from './harness.ts';
import { rounds } from './options.ts';
import { clients, kafkaito } from './peers.ts';
import { quantile } from './rounds.ts';

const { connect } = await load<typeof import('../../lib/node/index.ts')>('node/index');

const START_BAR_MS = 300;
const SERVE_BAR_MS = 50;
const ONE_RECORD_BAR_MS = 0.5;
const MEMORY_BAR_MB = 80;

const RECORDS = 1_000;
const RECORD_BYTES = 100;

export async function bench(): Promise<boolean> {
  const results = [await starts(), await serves(), await oneByOne(), await memoryAtRest()];
  return results.every(Boolean);
}

/** A figure with its bar. */
function told(name: string, value: number, unit: string, bar: number, rest = ''): boolean {
  const isMet = value <= bar;
  progress('');
  const figure = `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
  console.log(`${name}: ${figure}${rest}${verdict(isMet, `at most ${bar} ${unit}`)}`);
  return isMet;
}

const spread = (values: readonly number[]) =>
  ` (${quantile(values, 0.1).toFixed(0)} to ${quantile(values, 0.9).toFixed(0)})`;

/** From the spawn of the command to the first record acknowledged, sent by a client that waits for the broker. */
async function starts(): Promise<boolean> {
  const times: number[] = [];
  // The client should be warm, the broker cannot be.
  for (let round = 0; round <= rounds; round++) {
    progress(`start: round ${round} of ${rounds}`);
    const began = performance.now();
    const { child, line } = await runCommand('--topic', 'first:1');
    const kafka = await connect(/ready on (\S+)/.exec(line)?.[1] ?? '');
    await kafka.producer().send({ topic: 'first', value: 'hello' });
    if (round > 0) times.push(performance.now() - began);
    await kafka.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return told('from spawn to the first record acknowledged', quantile(times, 0.5), 'ms', START_BAR_MS, spread(times));
}

/** Runs the command `kafkaito serve`, and answers when it has said that it is ready. */
async function runCommand(...options: string[]) {
  const command = [fileHere('../../lib/node/command.mjs'), 'serve', '--port', '0', ...options];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, line };
}

/** The first `serve` of a process, which is the one that a test waits for. */
async function serves(): Promise<boolean> {
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`serve: round ${round} of ${rounds}`);
    const child = spawn(process.execPath, [fileHere('clients/serve.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    times.push(Number(line));
    await once(child, 'exit');
  }
  return told('serve inside a process, the first time', quantile(times, 0.5), 'ms', SERVE_BAR_MS, spread(times));
}

/** Ours and kafkajs, each sending to itself. */
async function oneByOne(): Promise<boolean> {
  const broker = await startBroker('kafkaito', kafkaito());
  const kafka = await connect(broker.bootstrap);
  const ours = new Contender('kafkaito', [process.execPath, fileHere('clients/kafkaito.mjs')]);
  const kafkajs = await clients.kafkajs();
  const theirs = 'reason' in kafkajs ? undefined : new Contender('kafkajs', kafkajs.command);
  let number = 0;
  const latenciesOf = async (contender: Contender) => {
    progress(`one record end to end: ${contender.name}`);
    const all: number[] = [];
    // The first job warms the client up.
    for (const records of [3 * RECORDS, RECORDS]) {
      const topic = `one-by-one-${++number}`;
      await kafka.admin().createTopics([{ name: topic, partitions: 1 }]);
      const size = { recordBytes: RECORD_BYTES, partitions: 1, sendRecords: 1, fetchBytes: 1 << 20 };
      const job = { what: 'oneByOne', bootstrap: broker.bootstrap, topic, records, ...size, group: topic } as const;
      all.splice(0, all.length, ...(await contender.run(job)).latenciesMs);
    }
    return all;
  };
  const tail = (times: readonly number[]) => `, p99 ${quantile(times, 0.99).toFixed(2)} ms`;
  try {
    const mine = await latenciesOf(ours);
    const good = told('one record end to end, p50', quantile(mine, 0.5), 'ms', ONE_RECORD_BAR_MS, tail(mine));
    if (theirs !== undefined) {
      const others = await latenciesOf(theirs);
      progress('');
      console.log(`    with kafkajs: p50 ${quantile(others, 0.5).toFixed(2)} ms${tail(others)}`);
    }
    return good;
  } finally {
    await Promise.all([ours.close(), theirs?.close()]);
    await kafka.close();
    await broker.close();
  }
}

/** The memory that the command holds two seconds after its start. */
async function memoryAtRest(): Promise<boolean> {
  progress('memory at rest');
  const { child } = await runCommand();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const megabytes = residentMegabytes(child.pid);
  child.kill('SIGTERM');
  await once(child, 'exit');
  if (megabytes !== undefined) return told('memory at rest', megabytes, 'MB', MEMORY_BAR_MB);
  skipped('memory at rest', 'only Linux tells of the memory of another process in /proc');
  return true;
}

function residentMegabytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
