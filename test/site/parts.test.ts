/** The parts of the page's kernel: texts of their own, which it takes in when a cell needs them. */
import { Verdict } from 'course';
import * as inNode from 'course/kafkajs';
import { simulate } from 'kafkaito';
import Stock from 'kafkajs';
import { beforeAll, expect, test } from 'vitest';
import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';
import { bundleKernel, bundlePart } from '../../site/kernel/bundle.ts';
import { portableCodecs as onPage } from '../../site/kernel/codecs.ts';
import { takePart } from '../../site/kernel/parts.ts';
import { byJava, ledger } from '../codecs/sample.ts';

let text = '';

beforeAll(async () => {
  text = (await bundlePart('codecs')).text;
});

test('before they are loaded, the error says how to have them loaded', async () => {
  await expect(onPage.prepare('gzip')).rejects.toThrow(CodecUnavailable);
  await expect(onPage.prepare('gzip')).rejects.toThrow("write 'gzip', 'snappy', 'lz4' or 'zstd' in the cell");
});

test('once loaded, they read what Java packed with any codec', () => {
  takePart('codecs', text);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    expect(onPage.decompress(codec, byJava[codec], 1000), codec).toEqual(ledger);
  }
});

test('they write all but zstd, and their errors are of the classes that the kernel knows', async () => {
  takePart('codecs', text);
  for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
    await onPage.prepare(codec);
    expect(onPage.decompress(codec, onPage.compress(codec, ledger), 1000), codec).toEqual(ledger);
    expect(() => onPage.decompress(codec, ledger, 1000), codec).toThrow(MalformedBytes);
  }
  await expect(onPage.prepare('zstd')).rejects.toThrow(CodecUnavailable);
});

test("a chapter's check judges with the library of the kernel", async () => {
  const { text } = await bundlePart('course/00');
  const { judge } = takePart('course/00', text) as unknown as typeof import('course/00');
  const verdict = await judge(90, { onEvent: async () => {}, crashWhen: () => false });
  expect(verdict).toBeInstanceOf(Verdict);
  expect(verdict.lines).toContain('came: 0, not on the card');
});

test('the kernel itself carries no codecs, no checks, and nothing of what schemas say about their fields', async () => {
  const { workerText } = await bundleKernel();
  expect(workerText).not.toContain('This order loses');
  expect(workerText).not.toContain('the weights of a Huffman table');
  expect(text).toContain('the weights of a Huffman table');
  expect(workerText).not.toContain('The topics that the member wants');
});

test('stock kafkajs partitions as in Node, and has no network of its own', async () => {
  const { kafkajs } = takePart('kafkajs', (await bundlePart('kafkajs')).text) as unknown as { kafkajs: typeof Stock };
  const partitionMetadata = [0, 1, 2].map((partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  for (const name of ['DefaultPartitioner', 'LegacyPartitioner'] as const) {
    for (const key of ['Ada', 'Zürich', '']) {
      const message = { topic: 'account', partitionMetadata, message: { key, value: null } };
      expect(kafkajs.Partitioners[name]()(message)).toBe(Stock.Partitioners[name]()(message));
    }
  }
  const alone = new kafkajs.Kafka({
    brokers: ['broker-0:9092'],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  });
  await expect(alone.producer().connect()).rejects.toThrow("kafkajsIn(own), from 'course/kafkajs'");
});

test("the page's kafkajs does in a simulated world what that of Node does, to the byte and to the millisecond", async () => {
  takePart('kafkajs', (await bundlePart('kafkajs')).text);
  const onPage = takePart('course/kafkajs', (await bundlePart('course/kafkajs')).text) as unknown as typeof inNode;
  const runs = [];
  for (const { kafkajsIn } of [onPage, inNode]) {
    const kafka = await simulate({ seed: 7, topics: { account: 3 } });
    const bytes: string[] = [];
    kafka.cluster.network.taps.add(({ from, to, bytes: sent, moment }) => {
      if (moment === 'sent' && `${from} ${to}`.includes('stranger')) bytes.push(`${from}: ${sent.join(' ')}`);
    });
    const read: string[] = [];
    kafka.world.spawn('stranger', async (own) => {
      const client = kafkajsIn(own);
      const producer = client.producer();
      await producer.connect();
      const headers = { from: 'Łódź' };
      const messages = ['Ada', 'Zürich', undefined].map((key) => ({ key, value: '+100 €', headers }));
      await producer.send({ topic: 'account', messages });
      const consumer = client.consumer({ groupId: 'strangers' });
      await consumer.connect();
      await consumer.subscribe({ topics: ['account'], fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          const from = String(message.headers?.from);
          read.push(`${own.world.now()} ${partition} ${message.offset} ${message.key} ${message.value} ${from}`);
        },
      });
      await own.world.sleep('1 min');
      await consumer.disconnect();
    });
    await kafka.world.pass('2 min');
    runs.push({ read, bytes, committed: kafka.cluster.committed('strangers'), ended: kafka.world.now() });
    await kafka.close();
  }
  expect(runs[0].read).toHaveLength(3);
  expect(runs[0].bytes.length).toBeGreaterThan(20);
  expect(runs[0]).toEqual(runs[1]);
});
