/**
 * What a broker costs: processor seconds for a gigabyte of batches, taken in and given out, beside franz-go's kfake; and megabytes a second beside
 * Apache Kafka. Each broker is a process of its own.
 *
 * One and the same client loads all of them: it sends batches that were made before and does not open those that it gets, so that it is
 * hardly ever what they wait for. A request carries a thousand records, and five requests are on their way, as producers do by default.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from '../../lib/node/index.ts';
import type { Connection } from '../../lib/wire/connection.ts';
import { type BrokerProcess, startApache, startBroker } from './brokerProcess.ts';
import { load, progress, ratioText, roundsOf, skipped, verdict } from './harness.ts';
import { fetchAll, loadConnection, produceAll, type Shape } from './load.ts';
import { kafkaito, kfake } from './peers.ts';
import { interleave, medianOf, type Round, ratioOf } from './rounds.ts';

const { connect } = await load<typeof import('../../lib/node/index.ts')>('node/index');

const SAMPLE_BYTES = 64 << 20;
const LIMIT_MS = 12 * 60_000;
/** Of kfake's processor time. */
const CPU_BAR = 2;
/** Of Apache Kafka's throughput. */
const RATE_BAR = 1;

const shapes: readonly Shape[] = [
  { recordBytes: 100, partitions: 1 },
  { recordBytes: 100, partitions: 6 },
  { recordBytes: 1024, partitions: 1 },
  { recordBytes: 1024, partitions: 6 },
];

const works = { produce: produceAll, fetch: fetchAll } as const;
type Work = keyof typeof works;

interface Side {
  readonly broker: BrokerProcess;
  readonly kafka: Kafka;
  readonly connection: Connection;
}

interface Sample {
  /** Undefined where nobody can tell. */
  readonly cpuPerGB: number | undefined;
  readonly megabytesPerSecond: number;
}

export async function bench(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'kafkaito-bench-'));
  const deadline = performance.now() + LIMIT_MS;
  const sides: Side[] = [];
  let good = true;
  try {
    for (const broker of await start(folder)) {
      sides.push({
        broker,
        kafka: await connect(broker.bootstrap),
        connection: await loadConnection(broker.bootstrap),
      });
    }
    for (const shape of shapes) {
      for (const work of ['produce', 'fetch'] as const) {
        const name = `${work} ${shape.recordBytes} B, ${shape.partitions} partition${shape.partitions > 1 ? 's' : ''}`;
        const limitMs = deadline - performance.now();
        if (limitMs <= 0) skipped(name, `the ${LIMIT_MS / 60_000} minutes of this bench are over`);
        else good = (await contest(name, work, shape, sides, limitMs)) && good;
      }
    }
    return good;
  } finally {
    for (const { connection, kafka, broker } of sides) {
      connection.close();
      await kafka.close();
      await broker.close();
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ours in memory first, then ours in files. */
async function start(folder: string): Promise<BrokerProcess[]> {
  const brokers = [
    await startBroker('kafkaito, memory', kafkaito()),
    await startBroker('kafkaito, files', kafkaito(join(folder, 'kafkaito'))),
  ];
  for (const [name, begin] of [
    ['kfake, memory', async () => startBroker('kfake, memory', await kfake())],
    ['Apache Kafka, files', () => startApache('Apache Kafka, files')],
  ] as const) {
    try {
      progress(`starting ${name}`);
      brokers.push(await begin());
    } catch (error) {
      skipped(name, error instanceof Error ? error.message : String(error));
    }
  }
  return brokers;
}

let topics = 0;

async function contest(name: string, work: Work, shape: Shape, sides: readonly Side[], limitMs: number) {
  progress(`${name}: warming up`);
  const filled: string[] = [];
  if (work === 'fetch') for (const side of sides) filled.push(await filledTopic(side, shape));
  const turns = sides.map((side, index) => async () => {
    const topic = filled[index] ?? (await newTopic(side, shape));
    const sample = await measure(side, work, topic, shape);
    if (work === 'produce') await side.kafka.admin().deleteTopics([topic]);
    return sample;
  });
  await interleave(turns, { rounds: 1 });
  const rounds = await interleave(turns, { limitMs, progress: roundsOf(name) });
  const topic = filled[0] ?? (await newTopic(sides[0], shape));
  const split = await profile(sides[0], () => works[work](sides[0].connection, topic, shape, SAMPLE_BYTES));
  await sides[0].kafka.admin().deleteTopics([topic]);
  for (const [index, side] of sides.entries()) {
    if (index > 0 && filled[index] !== undefined) await side.kafka.admin().deleteTopics([filled[index]]);
  }
  progress('');
  console.log(`${name}: processor seconds for a gigabyte, megabytes a second, ${rounds.length} rounds`);
  const good = report(sides, rounds);
  console.log(`    in memory, of its time: ${split}`);
  return good;
}

async function measure({ broker, connection }: Side, work: Work, topic: string, shape: Shape): Promise<Sample> {
  const before = broker.cpuSeconds();
  const began = performance.now();
  const bytes = await works[work](connection, topic, shape, SAMPLE_BYTES);
  const seconds = (performance.now() - began) / 1000;
  const after = broker.cpuSeconds();
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return { cpuPerGB: cpu === undefined ? undefined : cpu / (bytes / 1e9), megabytesPerSecond: bytes / 1e6 / seconds };
}

/** Where the time of our broker goes, in words. */
async function profile({ broker }: Side, run: () => Promise<unknown>): Promise<string> {
  broker.tell('profile');
  await run();
  broker.tell('end');
  const { idle: _, ...times }: Record<string, number> = JSON.parse(await broker.answer());
  const sum = Object.values(times).reduce((total, ms) => total + ms, 0);
  const shares = Object.entries(times).sort(([, a], [, b]) => b - a);
  return shares.map(([kind, ms]) => `${kind} ${((ms / sum) * 100).toFixed(0)} %`).join(', ');
}

async function newTopic({ kafka }: Side, { partitions }: Shape): Promise<string> {
  const name = `bench-${++topics}`;
  await kafka.admin().createTopics([{ name, partitions }]);
  // Apache Kafka answers before the leaders are ready; our producer tries until they are. kfake gives producers ids that no number can hold.
  const producer = kafka.producer({ enableIdempotence: false });
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  await producer.send(numbers.map((partition) => ({ topic: name, partition, value: null })));
  await producer.close();
  return name;
}

async function filledTopic(side: Side, shape: Shape): Promise<string> {
  const topic = await newTopic(side, shape);
  await produceAll(side.connection, topic, shape, SAMPLE_BYTES);
  return topic;
}

const cpu = ({ cpuPerGB }: Sample) => cpuPerGB ?? Number.NaN;
const rate = ({ megabytesPerSecond }: Sample) => megabytesPerSecond;

function report(sides: readonly Side[], rounds: readonly Round<Sample>[]): boolean {
  let good = true;
  for (const [side, { broker }] of sides.entries()) {
    const seconds = medianOf(rounds, side, cpu);
    const figure = Number.isNaN(seconds) ? '   -  ' : `${seconds.toFixed(2)} s`;
    const [line, isMet] = comparison(broker.name, side, rounds);
    console.log(
      `    ${broker.name.padEnd(20)}${figure} ${medianOf(rounds, side, rate).toFixed(0).padStart(6)} MB/s${line}`,
    );
    good &&= isMet;
  }
  return good;
}

/** kfake keeps its records in memory, Apache Kafka in files: each is held against ours of its kind. */
function comparison(name: string, side: number, rounds: readonly Round<Sample>[]): [line: string, isMet: boolean] {
  if (name.startsWith('kfake')) {
    const ratio = ratioOf(rounds, 0, side, cpu);
    const isMet = !(ratio.median > CPU_BAR);
    return [`   ours to it, processor ${ratioText(ratio)}${verdict(isMet, `at most ${CPU_BAR}`)}`, isMet];
  }
  if (name.startsWith('Apache')) {
    const ratio = ratioOf(rounds, 1, side, rate);
    const isMet = ratio.median >= RATE_BAR;
    return [`   ours to it, throughput ${ratioText(ratio)}${verdict(isMet, `at least ${RATE_BAR}`)}`, isMet];
  }
  return ['', true];
}
