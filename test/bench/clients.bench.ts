/**
 * What a client costs: processor seconds for a million records, produced to and consumed from one broker of ours, beside kafkajs,
 * @platformatic/kafka and librdkafka. Every client works in a process of its own, and so does the broker.
 *
 * All are told the same: sends of 1,000 records, the next when they are acknowledged by all replicas, nothing packed; fetches of 1 MiB a partition.
 * What else they do is their own. Processor time is compared rather than time, as that says what is left for the application.
 */
import type { Kafka } from '../../lib/node/index.ts';
import { type BrokerProcess, startBroker } from './brokerProcess.ts';
import type { Job } from './clients/contestant.mjs';
import { Contender, type Cost, fileHere } from './contender.ts';
import { load, progress, ratioText, roundsOf, skipped, verdict } from './harness.ts';
import { clients, kafkaito } from './peers.ts';
import { interleave, medianOf, type Round, ratioOf } from './rounds.ts';

const { connect } = await load<typeof import('../../lib/node/index.ts')>('node/index');

const SEND_RECORDS = 1_000;
const FETCH_BYTES = 1 << 20;
/** Of the whole bench. What is not begun by then is skipped. */
const LIMIT_MS = 15 * 60_000;

const shapes = [
  { recordBytes: 100, partitions: 1, produced: 50_000, consumed: 200_000 },
  { recordBytes: 100, partitions: 6, produced: 50_000, consumed: 200_000 },
  { recordBytes: 1024, partitions: 1, produced: 20_000, consumed: 50_000 },
  { recordBytes: 1024, partitions: 6, produced: 20_000, consumed: 50_000 },
];

type Shape = (typeof shapes)[number];
type Work = 'produce' | 'consume';

/** The share of a rival's processor time that we may use. */
const bars: { readonly [work in Work]: { readonly [rival: string]: number } } = {
  produce: { kafkajs: 0.5, '@platformatic/kafka': 0.8 },
  consume: { kafkajs: 0.5, '@platformatic/kafka': 0.5 },
};

export async function bench(): Promise<boolean> {
  const deadline = performance.now() + LIMIT_MS;
  const broker = await startBroker('kafkaito', kafkaito());
  const kafka = await connect(broker.bootstrap);
  const contenders = await enter();
  let good = true;
  try {
    for (const shape of shapes) {
      for (const work of ['produce', 'consume'] as const) {
        const name = `${work} ${shape.recordBytes} B, ${shape.partitions} partition${shape.partitions > 1 ? 's' : ''}`;
        const limitMs = deadline - performance.now();
        if (limitMs <= 0) skipped(name, `the ${LIMIT_MS / 60_000} minutes of this bench are over`);
        else good = (await contest({ name, work, shape, kafka, broker, contenders, limitMs })) && good;
      }
    }
    return good;
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await kafka.close();
    await broker.close();
  }
}

/** Ours first. */
async function enter(): Promise<Contender[]> {
  const contenders = [new Contender('kafkaito', [process.execPath, fileHere('clients/kafkaito.mjs')])];
  for (const [name, find] of Object.entries(clients)) {
    const peer = await find();
    if ('reason' in peer) skipped(name, peer.reason);
    else contenders.push(new Contender(name, peer.command));
  }
  return contenders;
}

interface Contest {
  readonly name: string;
  readonly work: Work;
  readonly shape: Shape;
  readonly kafka: Kafka;
  readonly broker: BrokerProcess;
  readonly contenders: readonly Contender[];
  readonly limitMs: number;
}

let topics = 0;

async function contest(contest: Contest): Promise<boolean> {
  const { name, work, shape, kafka, contenders, limitMs } = contest;
  const records = work === 'produce' ? shape.produced : shape.consumed;
  progress(`${name}: warming up`);
  const filled = work === 'consume' ? await filledTopic(kafka, shape) : undefined;
  const sides = contenders.map((contender) => async () => {
    const topic = filled ?? (await newTopic(kafka, shape));
    const cost = await contender.run(jobOf(contest, topic, records));
    if (filled === undefined) await kafka.admin().deleteTopics([topic]);
    return cost;
  });
  await interleave(sides, { rounds: 1 });
  const rounds = await interleave(sides, { limitMs, progress: roundsOf(name) });
  if (filled !== undefined) await kafka.admin().deleteTopics([filled]);
  progress('');
  console.log(`${name}: processor seconds for a million records, thousand records a second, ${rounds.length} rounds`);
  return report(contest, rounds, records);
}

function jobOf({ work, shape, broker }: Contest, topic: string, records: number): Job {
  const { partitions, recordBytes } = shape;
  const settings = { sendRecords: SEND_RECORDS, fetchBytes: FETCH_BYTES };
  const group = `group-${++topics}`;
  return { what: work, bootstrap: broker.bootstrap, topic, partitions, records, recordBytes, ...settings, group };
}

async function newTopic(kafka: Kafka, { partitions }: Shape): Promise<string> {
  const name = `bench-${++topics}`;
  await kafka.admin().createTopics([{ name, partitions }]);
  return name;
}

async function filledTopic(kafka: Kafka, shape: Shape): Promise<string> {
  const topic = await newTopic(kafka, shape);
  const producer = kafka.producer({ batchSizeBytes: 2 << 20 });
  const value = new Uint8Array(shape.recordBytes).fill(107);
  for (let sent = 0; sent < shape.consumed; sent += SEND_RECORDS) {
    const record = (index: number) => ({ topic, partition: index % shape.partitions, value });
    await producer.send(Array.from({ length: SEND_RECORDS }, (_, index) => record(index)));
  }
  await producer.close();
  return topic;
}

function report({ work, contenders }: Contest, rounds: readonly Round<Cost>[], records: number): boolean {
  const cpu = ({ cpuSeconds }: Cost) => (cpuSeconds / records) * 1e6;
  const rate = ({ seconds }: Cost) => records / seconds / 1000;
  let good = true;
  for (const [side, { name }] of contenders.entries()) {
    const bar = bars[work][name];
    const figures = `${medianOf(rounds, side, cpu).toFixed(2).padStart(7)} s ${medianOf(rounds, side, rate).toFixed(0).padStart(6)} k/s`;
    const ratio = ratioOf(rounds, 0, side, cpu);
    const isMet = bar === undefined || ratio.median <= bar;
    const asked = bar === undefined ? '' : verdict(isMet, `at most ${bar}`);
    console.log(`    ${name.padEnd(20)}${figures}${side === 0 ? '' : `   ours to it ${ratioText(ratio)}${asked}`}`);
    good &&= isMet;
  }
  return good;
}
