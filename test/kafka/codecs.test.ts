/**
 * Every codec between us and Java's own tools, both ways, on Apache Kafka. The broker is a witness too: it opens what it is sent to check it.
 * kafkajs, which has gzip of its own, reads ours as well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Kafka } from '../../lib/index.ts';
import { connect } from '../../lib/node/index.ts';
import { read, valuesOf } from '../scenarios/scenario.ts';
import { classPath } from './jars.mjs';

const { bootstrap } = inject('apacheKafka');
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const values = Array.from({ length: 3000 }, (_, index) => `{"account":"Ada","amount":${(index * 7919) % 10_007}}`);

let kafka: Kafka;

beforeAll(async () => {
  kafka = await connect(bootstrap);
  for (const codec of codecs) await kafka.admin().createTopics({ [`ours-${codec}`]: 1, [`java-${codec}`]: 1 });
});

afterAll(() => kafka.close());

/** Runs one of Kafka's tools to its end and answers what it printed. */
async function java(tool: string, ...args: string[]): Promise<string> {
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, tool, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${complaints.slice(-2000)}`);
  return printed;
}

async function sendWith(codec: (typeof codecs)[number]): Promise<void> {
  const producer = kafka.producer({ compressionType: codec });
  await producer.send(values.map((value) => ({ topic: `ours-${codec}`, value })));
  await producer.close();
}

describe.each(codecs)('%s', (codec) => {
  test('of ours is read by the console consumer of Java', async () => {
    await sendWith(codec);
    const consumer = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
    const from = ['--bootstrap-server', bootstrap, '--topic', `ours-${codec}`, '--from-beginning'];
    const printed = await java(consumer, ...from, '--max-messages', String(values.length), '--timeout-ms', '20000');
    expect(printed.trimEnd().split('\n')).toEqual(values);
  }, 60_000);

  test('of the performance tool of Java is read by ours', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kafkaito-payload-'));
    const payload = join(folder, 'payload.txt');
    writeFileSync(payload, values.join('\n'));
    const tool = 'org.apache.kafka.tools.ProducerPerformance';
    const load = ['--num-records', '5000', '--throughput', '-1', '--payload-file', payload];
    const to = [`bootstrap.servers=${bootstrap}`, `compression.type=${codec}`, 'linger.ms=20', 'batch.size=200000'];
    await java(tool, '--topic', `java-${codec}`, ...load, '--producer-props', ...to);
    rmSync(folder, { recursive: true });
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: `java-${codec}`, partition: 0 }]);
    await consumer.seek({ topic: `java-${codec}`, partition: 0, offset: 0 });
    const records = await read(kafka, consumer, 5000);
    const known = new Set<string | null>(values);
    expect(valuesOf(records).filter((value) => !known.has(value))).toEqual([]);
    await consumer.close();
  }, 60_000);
});

test('gzip of ours is read by kafkajs', async () => {
  const client = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = client.consumer({ groupId: 'reads-gzip', maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'ours-gzip', fromBeginning: true });
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(String(message.value));
        if (seen.length === values.length) resolve();
      },
    });
  });
  await consumer.disconnect();
  expect(seen).toEqual(values);
});
