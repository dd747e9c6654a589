import { expect } from 'vitest';
import { KafkaError } from '../../lib/index.ts';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

export const produce = [
  scenario('offsets count up from 0 in each partition by itself', async ({ kafka, topic }) => {
    const ledger = await topic(2);
    const producer = kafka.producer();
    const offsets: number[] = [];
    for (const partition of [0, 0, 1, 0, 1]) {
      offsets.push((await producer.send({ topic: ledger, partition, value: 'x' })).offset);
    }
    expect(offsets).toEqual([0, 1, 0, 2, 1]);
  }),

  scenario('a record comes back as it was sent', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const sent = {
      topic: ledger,
      key: 'Zürich',
      value: 'grüezi',
      timestamp: 1_700_000_000_123,
      headers: { from: 'Ada', empty: null },
    };
    await kafka.producer().send(sent);
    const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'earliest' });
    await consumer.subscribe([ledger]);
    const [record] = await read(kafka, consumer, 1);
    expect(record).toMatchObject({
      topic: ledger,
      partition: 0,
      offset: 0,
      key: 'Zürich',
      value: 'grüezi',
      timestamp: 1_700_000_000_123,
    });
    expect(
      record.headers.map((header) => [header.key, header.value && new TextDecoder().decode(header.value)]),
    ).toEqual([
      ['from', 'Ada'],
      ['empty', null],
    ]);
    await consumer.close();
  }),

  scenario('key and value may be null, and empty is not null', async ({ kafka, topic }) => {
    const ledger = await topic();
    const producer = kafka.producer();
    await producer.send([
      { topic: ledger, value: null },
      { topic: ledger, key: 'deleted', value: null },
      { topic: ledger, key: '', value: '' },
    ]);
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    const records = await read(kafka, consumer, 3);
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [null, null],
      ['deleted', null],
      ['', ''],
    ]);
    await consumer.close();
  }),

  scenario('a key chooses the partition by murmur2, as Java does', async ({ kafka, topic }) => {
    const ledger = await topic(6);
    const producer = kafka.producer();
    const partitions: { [key: string]: number } = {};
    for (const key of ['a', 'k0', 'user-1', 'user-42', 'order-1001', 'abc', 'Zürich', '0123456789', 'key']) {
      partitions[key] = (await producer.send({ topic: ledger, key, value: 'x' })).partition;
    }
    expect(partitions).toEqual({
      a: 4,
      k0: 5,
      'user-1': 2,
      'user-42': 4,
      'order-1001': 0,
      abc: 3,
      Zürich: 1,
      '0123456789': 2,
      key: 1,
    });
  }),

  scenario('a thousand records sent at once keep their order', async ({ kafka, topic }) => {
    const ledger = await topic();
    const values = Array.from({ length: 1000 }, (_, index) => String(index));
    const producer = kafka.producer();
    const sent = await Promise.all(values.map((value) => producer.send({ topic: ledger, key: 'Ada', value })));
    expect(sent.map(({ offset }) => offset)).toEqual(values.map(Number));
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    expect(valuesOf(await read(kafka, consumer, 1000))).toEqual(values);
    await consumer.close();
  }),

  ...(['all', 1] as const).map((acks) =>
    scenario(`acks ${acks}: the answer names the offset`, async ({ kafka, topic }) => {
      const ledger = await topic();
      const producer = kafka.producer({ acks, enableIdempotence: false });
      expect(await producer.send({ topic: ledger, value: 'x' })).toMatchObject({ partition: 0, offset: 0 });
    }),
  ),

  scenario('acks 0: nobody answers, and the record is there all the same', async ({ kafka, topic }) => {
    const ledger = await topic();
    const producer = kafka.producer({ acks: 0, enableIdempotence: false });
    expect((await producer.send({ topic: ledger, value: 'x' })).offset).toBe(-1);
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    expect(valuesOf(await read(kafka, consumer, 1))).toEqual(['x']);
    await consumer.close();
  }),

  scenario('a record above the limit of the broker is refused, and the next one is not', async ({ kafka, topic }) => {
    const ledger = await topic();
    const producer = kafka.producer({ maxRequestSizeBytes: 10_000_000 });
    const error = await failure(producer.send({ topic: ledger, value: 'x'.repeat(1_100_000) }));
    expect(error).toBeInstanceOf(KafkaError);
    expect((error as KafkaError).error.name).toBe('MESSAGE_TOO_LARGE');
    expect((await producer.send({ topic: ledger, value: 'small' })).offset).toBe(0);
  }),

  scenario('a partition that the topic does not have is refused by name', async ({ kafka, topic }) => {
    const ledger = await topic(2);
    const error = await failure(kafka.producer().send({ topic: ledger, partition: 2, value: 'x' }));
    expect(error.message).toContain(ledger);
    expect(error.message).toMatch(/partition 2/);
  }),

  ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map((compressionType) =>
    scenario(
      `records packed with ${compressionType} come back as they were sent`,
      async ({ kafka, topic }) => {
        const ledger = await topic();
        const producer = kafka.producer({ compressionType, maxRequestSizeBytes: 2_000_000, batchSizeBytes: 100_000 });
        // Small ones that share batches, one that none of them shares, a tombstone, and nothing at all.
        const values = [
          ...Array.from({ length: 2000 }, (_, index) => `{"account":"Ada","amount":${(index * 7919) % 10_007}}`),
          Array.from({ length: 60_000 }, (_, index) => (index * index) % 9973).join(' '),
          null,
          '',
        ];
        const headers = { from: 'Bob' };
        const sent = await producer.send(values.map((value) => ({ topic: ledger, key: 'Ada', value, headers })));
        expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, index) => index));
        const consumer = kafka.consumer({});
        await consumer.assign([{ topic: ledger, partition: 0 }]);
        await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
        const records = await read(kafka, consumer, values.length);
        expect(valuesOf(records)).toEqual(values);
        expect(new Set(records.map(({ key }) => key))).toEqual(new Set(['Ada']));
        expect(records.every((record) => record.headers.length === 1)).toBe(true);
        await consumer.close();
      },
      { realTimeOnly: compressionType === 'zstd' },
    ),
  ),

  scenario('two producers write into one partition, each in its own order', async ({ kafka, topic }) => {
    const ledger = await topic();
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    await Promise.all(
      ['a', 'b'].map((who) =>
        send(
          kafka,
          ledger,
          numbers.map((number) => `${who}${number}`),
        ),
      ),
    );
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    const values = valuesOf(await read(kafka, consumer, 100)) as string[];
    for (const who of ['a', 'b']) {
      expect(values.filter((value) => value.startsWith(who)).map((value) => Number(value.slice(1)))).toEqual(numbers);
    }
    await consumer.close();
  }),
];
