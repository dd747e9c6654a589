/** What becomes of old records, seen by clients. Some of it happens by itself after a while, so these need brokers that look often. */
import { expect } from 'vitest';
import type { Consumer, ConsumerRecord, Kafka, KafkaError } from '../../lib/index.ts';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

/** Settings with which a broker looks for old records every half second. Records of 1970 do not live long there. */
export const keepingOften = {
  'log.retention.check.interval.ms': '500',
  'log.cleaner.backoff.ms': '500',
};

async function topicWith(kafka: Kafka, name: string, configs: Readonly<Record<string, string>>): Promise<string> {
  await kafka.admin().createTopics([{ name, partitions: 1, configs }]);
  return name;
}

async function beginning(kafka: Kafka, topic: string): Promise<number> {
  const [{ offset }] = await kafka.admin().listOffsets([{ topic, partition: 0, at: 'earliest' }]);
  return offset;
}

async function readerFrom(kafka: Kafka, topic: string, offset: number, settings = {}): Promise<Consumer> {
  const consumer = kafka.consumer(settings);
  await consumer.assign([{ topic, partition: 0 }]);
  await consumer.seek({ topic, partition: 0, offset });
  return consumer;
}

const wordOf = ({ offset, key, value }: ConsumerRecord) => `${offset}:${key}=${value}`;

/** For any broker. */
export const keeping = [
  scenario('a topic with LogAppendTime has the time of the broker', async ({ kafka, group }) => {
    const ledger = await topicWith(kafka, group(), { 'message.timestamp.type': 'LogAppendTime' });
    const sent = await kafka.producer().send({ topic: ledger, partition: 0, value: 'a', timestamp: 1_000 });
    expect(sent.timestamp).toBeGreaterThan(1_000_000_000_000);
    const [record] = await read(kafka, await readerFrom(kafka, ledger, 0), 1);
    expect(record.timestamp).toBe(sent.timestamp);
    const [found] = await kafka.admin().listOffsets([{ topic: ledger, partition: 0, at: sent.timestamp }]);
    expect(found).toMatchObject({ offset: 0, timestamp: sent.timestamp });
  }),

  scenario('a compacted topic takes no record without a key', async ({ kafka, group }) => {
    const accounts = await topicWith(kafka, group(), { 'cleanup.policy': 'compact' });
    const producer = kafka.producer();
    const error = (await failure(producer.send({ topic: accounts, value: '100' }))) as KafkaError;
    expect(error.error.name).toBe('INVALID_RECORD');
    expect(await kafka.producer().send({ topic: accounts, key: 'Ada', value: '100' })).toMatchObject({ offset: 0 });
  }),
];

/** For brokers with the settings of `keepingOften`. */
export const keepingSoon = [
  scenario('records that are too old go, and the offsets of new ones follow them', async ({ kafka, group }) => {
    const ledger = await topicWith(kafka, group(), { 'retention.ms': '60000' });
    const producer = kafka.producer();
    const old = ['a', 'b', 'c'].map((value) => ({ topic: ledger, partition: 0, value, timestamp: 1_600_000_000_000 }));
    await producer.send(old);
    await kafka.world.until(async () => (await beginning(kafka, ledger)) === 3, { within: '60 s' });
    expect((await producer.send({ topic: ledger, partition: 0, value: 'new' })).offset).toBe(3);
    const consumer = await readerFrom(kafka, ledger, 0, { autoOffsetReset: 'earliest' });
    expect((await read(kafka, consumer, 1)).map(({ offset, value }) => `${offset}:${value}`)).toEqual(['3:new']);
    const strict = await readerFrom(kafka, ledger, 1, { autoOffsetReset: 'none' });
    expect((await failure(read(kafka, strict, 1))).message).toContain(ledger);
  }),

  scenario('records that are young enough stay, whatever else goes', async ({ kafka, group }) => {
    const ledger = await topicWith(kafka, group(), { 'retention.ms': '3600000', 'segment.ms': '1000' });
    const producer = kafka.producer();
    await producer.send({ topic: ledger, partition: 0, value: 'old', timestamp: 1_600_000_000_000 });
    await producer.send({ topic: ledger, partition: 0, value: 'young' });
    await kafka.world.until(async () => (await beginning(kafka, ledger)) === 1, { within: '60 s' });
    await kafka.world.pass('2 s');
    expect(valuesOf(await read(kafka, await readerFrom(kafka, ledger, 1), 1))).toEqual(['young']);
  }),

  scenario('of each key the last record stays, with its offset', async ({ kafka, group }) => {
    const configs = { 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' };
    const accounts = await topicWith(kafka, group(), configs);
    const producer = kafka.producer();
    const at = 1_600_000_000_000;
    for (const [index, word] of ['Ada=1', 'Bob=1', 'Ada=2', 'Eve=1', 'Ada=3'].entries()) {
      const [key, value] = word.split('=');
      await producer.send({ topic: accounts, partition: 0, key, value, timestamp: at + index });
    }
    // A later batch closes the segment; its own is never compacted.
    await producer.send({ topic: accounts, partition: 0, key: 'Ada', value: '4', timestamp: at + 5_000 });
    const all = async (count: number) => (await read(kafka, await readerFrom(kafka, accounts, 0), count)).map(wordOf);
    await kafka.world.until(async () => !(await all(4)).includes('0:Ada=1'), { within: '60 s' });
    expect(await all(4)).toEqual(['1:Bob=1', '3:Eve=1', '4:Ada=3', '5:Ada=4']);
    expect(await beginning(kafka, accounts)).toBe(0);
  }),

  scenario('a topic without settings keeps its records', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    await kafka.world.pass('2 s');
    expect(valuesOf(await read(kafka, await readerFrom(kafka, ledger, 0), 2))).toEqual(['a', 'b']);
  }),
];
