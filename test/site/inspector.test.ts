/**
 * The wire inspector: what may be pasted, and the samples, which are frames of real conversations. When those change, and are meant to,
 * `npx vitest run test/site/inspector.test.ts -u` writes them anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkajsIn } from 'course/kafkajs';
import { type Frame, listen, world } from 'course/W';
import type { Kafka } from 'kafkaito';
import { expect, test } from 'vitest';
import { explainFrame, type Question } from '../../lib/draw/frame.ts';
import { frameText, hexOf } from '../../lib/draw/frameText.ts';
import { ROOT } from '../../site/.vitepress/book.ts';
import { pasted } from '../../site/.vitepress/theme/inspector/hex.ts';

interface Sample {
  readonly name: string;
  readonly hex: string;
  readonly answers?: Question;
}

const folder = join(ROOT, 'site/.vitepress/theme/inspector');
const utf8 = (text: string) => hexOf(new TextEncoder().encode(text));

test.each([
  ['00 1f', [0, 31]],
  ['001F\n0a', [0, 31, 10]],
  ['0x00, 0x1f', [0, 31]],
  ['\\x00\\x1f', [0, 31]],
  ['00:1f', [0, 31]],
  ['', []],
])('%j is bytes', (text, bytes) => {
  expect(pasted(text)).toEqual({ bytes: Uint8Array.from(bytes) });
});

test.each([
  ['00 1', '3 digits: a byte takes two, so one is missing or too many.'],
  ['00 1g', '“1g” is not hexadecimal: only 0 to 9 and a to f are.'],
  ['GET / HTTP/1.1', '“GET” is not hexadecimal: only 0 to 9 and a to f are.'],
  ['00'.repeat(65_537), 'More than 65536 bytes: paste the beginning of one frame.'],
])('%.20s is not, and it is said why', (text, error) => {
  expect(pasted(text)).toEqual({ error });
});

/** A deposit, and a group that is joined, by stock kafkajs; and the same deposit read by our own client. */
async function conversations(): Promise<readonly Frame[][]> {
  const kafka = await world();
  const stranger = listen(kafka);
  await kafka.world.spawn('stranger', async (own) => {
    const client = kafkajsIn(own);
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: 'account', messages: [{ key: 'Ada', value: '+100' }] });
    const consumer = client.consumer({ groupId: 'ledger' });
    await consumer.connect();
    await consumer.subscribe({ topics: ['account'] });
    await consumer.run({ eachMessage: async () => {} });
    await own.world.sleep('5 s');
  }).done;
  const ours = listen(kafka, 'ours');
  const read = async (own: Kafka) => {
    const reader = own.consumer({ autoOffsetReset: 'earliest' });
    await reader.assign([{ topic: 'account', partition: 0 }]);
    await reader.poll('1 s');
  };
  await kafka.world.spawn('ours', read).done;
  await kafka.close();
  return [[...stranger], [...ours]];
}

test('the samples are what these programs say to a broker', async () => {
  const [stranger, ours] = await conversations();
  const find = (frames: readonly Frame[], title: string, turn = 0) => {
    const found = frames.filter(({ bytes, answers }) => explainFrame(bytes, answers).title.startsWith(title))[turn];
    return { hex: hexOf(found.bytes), ...(found.answers && { answers: found.answers }) };
  };
  const produce = find(stranger, 'Produce request');
  const samples: Sample[] = [
    { name: 'kafkajs asks for the versions', ...find(stranger, 'ApiVersions request') },
    { name: 'the broker answers with its versions', ...find(stranger, 'ApiVersions response') },
    { name: 'kafkajs asks about a topic', ...find(stranger, 'Metadata request') },
    { name: 'the broker tells about the topic', ...find(stranger, 'Metadata response') },
    { name: 'kafkajs writes a record', ...produce },
    { name: 'kafkajs joins a group', ...find(stranger, 'JoinGroup request', 1) },
    { name: 'the broker makes it the leader', ...find(stranger, 'JoinGroup response', 1) },
    { name: 'our client asks for the versions, with tagged fields', ...find(ours, 'ApiVersions request') },
    { name: 'our client gets the record', ...find(ours, 'Fetch response') },
    { name: 'damaged: a record with one wrong bit', hex: produce.hex.replace('2b 31 30 30', '2b 31 30 31') },
    {
      name: 'damaged: a frame of which the end is missing',
      hex: find(stranger, 'JoinGroup request').hex.slice(0, 149),
    },
    { name: 'no Kafka: a browser', hex: utf8('GET / HTTP/1.1\r\nHost: broker-0:9092\r\n') },
    { name: 'no Kafka: a client that speaks TLS', hex: '16 03 01 02 00 01 00 01 fc 03 03' },
  ];
  await expect(`${JSON.stringify(samples, null, 2)}\n`).toMatchFileSnapshot(join(folder, 'samples.json'));
  const bad = samples.filter(({ hex, answers }) => {
    const read = pasted(hex);
    return 'bytes' in read && explainFrame(read.bytes, answers).bad !== undefined;
  });
  expect(bad.map(({ name }) => name.split(':')[0])).toEqual(['damaged', 'damaged', 'no Kafka', 'no Kafka']);
});

test('the example that stands on the page without JavaScript is what the inspector says', () => {
  const samples = JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8')) as Sample[];
  const page = readFileSync(join(ROOT, 'site/inspector.md'), 'utf8').replaceAll('\r\n', '\n');
  const read = pasted(samples[2].hex);
  if (!('bytes' in read)) throw new Error(read.error);
  expect(page).toContain(frameText(read.bytes, explainFrame(read.bytes)));
});
