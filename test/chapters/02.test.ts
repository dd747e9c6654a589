/** The exercises of chapter 02: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import {
  bankWith,
  byKafkajs,
  byLibrdkafka,
  type CounterEvent,
  journey,
  judge,
  judgeKey,
  layout,
  type PartitionFor,
} from 'course/02';
import { murmur2, partitionOf } from 'kafkaito';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { byCustomer, partitionFor } from '../../chapters/solutions/02-where-a-record-goes.ts';

const utf8 = (key: string) => new TextEncoder().encode(key);
const letters = (key: string) => Uint8Array.from(key, (letter) => letter.charCodeAt(0));
const judged = (answer: PartitionFor) => judge(answer, Partitioners.DefaultPartitioner);

test('the solutions pass', async () => {
  expect((await judgeKey(byCustomer)).passed).toBe(true);
  const verdict = judged(partitionFor);
  expect(verdict.passed).toBe(true);
  expect(verdict.lines[0]).toBe('kafkajs agrees on 1000 of 1000 keys, with 3, 4, 6 partitions');
});

test.each<[name: string, keyOf: (event: CounterEvent) => unknown, says: RegExp]>([
  ['the starter: the branch', ({ branch }) => branch, /Ada's events lie in partitions 1 and 2/],
  ['the number of the event', ({ number }) => number, /Ada's events lie in partitions/],
  ['no key', () => undefined, /Ada's events lie in partitions/],
  ['one key for all', () => 'bank', /all events lie in one partition/],
])('the warm-up, not yet: %s', async (_, keyOf, says) => {
  const verdict = await judgeKey(keyOf);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('the starter of the warm-up ends in a wrong balance', async () => {
  expect((await judgeKey(({ branch }) => branch)).lines).toContain('came: Ada 240, Ben 40');
});

test.each<[name: string, answer: PartitionFor, says: RegExp]>([
  [
    'the starter: letters, and Math.abs',
    (key, n) => Math.abs(murmur2(letters(key))) % n,
    /so it is the sign: Math.abs/,
  ],
  ['Math.abs', (key, n) => Math.abs(murmur2(utf8(key))) % n, /Math.abs takes the sign off/],
  ['>>> 0', (key, n) => (murmur2(utf8(key)) >>> 0) % n, /reads the sign as one more bit/],
  ['no mask', (key, n) => murmur2(utf8(key)) % n, /the remainder is negative/],
  ['letters for bytes', (key, n) => (murmur2(letters(key)) & 0x7fffffff) % n, /a letter is not a byte/],
  ['no hash', (key, n) => key.length % n, /Hash the bytes of the key/],
])('not yet: %s', (_, answer, says) => {
  const verdict = judged(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('the mistakes show on the keys that are named', () => {
  const wrongAt = (answer: PartitionFor) => judged(answer).lines[1];
  expect(wrongAt((key, n) => Math.abs(murmur2(utf8(key))) % n)).toMatch(/^Ada, with 3 partitions/);
  expect(wrongAt((key, n) => (murmur2(letters(key)) & 0x7fffffff) % n)).toMatch(/^Zürich, with 3 partitions/);
});

test('keys go where they were seen to go on Apache Kafka, with each client', () => {
  const keys = ['a', 'k0', 'user-1', 'user-42', 'order-1001', 'abc', 'Zürich', '0123456789', 'key'];
  const of = (partition: (key: string) => number) => keys.map(partition).join(' ');
  expect(of((key) => partitionOf(utf8(key), 6))).toBe('4 5 2 4 0 3 1 2 1');
  expect(of((key) => byKafkajs(Partitioners.DefaultPartitioner, key, 6))).toBe('4 5 2 4 0 3 1 2 1');
  expect(of((key) => byKafkajs(Partitioners.LegacyPartitioner, key, 6))).toBe('1 3 1 2 1 5 1 5 5');
  expect(of((key) => byLibrdkafka(key, 6))).toBe('3 3 2 1 3 0 0 2 1');
});

test('the way of the events names the refused one', async () => {
  const kafka = await bankWith(2);
  const writer = kafka.producer();
  await writer.send({ topic: 'account', partition: 1, value: '+100' });
  await writer.send({ topic: 'account', partition: 1, value: '+150' });
  await writer.send({ topic: 'account', partition: 0, value: '-120' });
  expect(await layout(kafka)).toBe('partition 0 | -120\npartition 1 | +100 | +150');
  await kafka.world.effect('apply -120', () => {});
  expect(journey('So far', kafka).text).toContain('from 0, -120: refused, -10');
});
