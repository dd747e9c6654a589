/** How records get from the log to the program: what is a request and what is not, and which limit is a limit. */
import { expect, test } from 'vitest';
import { concat } from '../../lib/bytes/writer.ts';
import { readBatchHeader } from '../../lib/records/batch.ts';
import { errorOf, inWorld, ledger0, offsetsOf, type Stage, some, upTo } from './stage.ts';

const kilobytes = (count: number) => 'x'.repeat(count * 1000);

const sizeOf = (bytes: Uint8Array | readonly Uint8Array[]) =>
  bytes instanceof Uint8Array ? bytes.length : bytes.reduce((sum, { length }) => sum + length, 0);

/** Of each answer to a fetch that brought something: how many bytes, and for how many partitions. */
function answers(at: Stage): { bytes: number; partitions: number }[] {
  const seen: { bytes: number; partitions: number }[] = [];
  at.kafka.cluster.on('Fetch').answer(async (_, handle) => {
    const answer = await handle();
    const parts = answer.responses.flatMap(({ partitions }) => partitions);
    const sizes = parts.map(({ records }) => sizeOf(records ?? [])).filter((size) => size > 0);
    if (sizes.length > 0) seen.push({ bytes: sizes.reduce((sum, size) => sum + size), partitions: sizes.length });
    return answer;
  });
  return seen;
}

async function readAll(at: Stage, partitions: number, count: number, settings = {}): Promise<void> {
  const consumer = at.kafka.consumer({ autoOffsetReset: 'earliest', ...settings });
  await consumer.assign(upTo(partitions).map((partition) => ({ topic: 'ledger', partition })));
  for (let read = 0; read < count; ) read += (await some(consumer)).length;
}

test(
  'B-10, E-21: poll is a call and no request: it empties what is in stock before it asks for more',
  inWorld(async (at) => {
    await at.write(1000);
    const consumer = at.kafka.consumer({ clientId: 'lone', autoOffsetReset: 'earliest', maxPollRecords: 10 });
    await consumer.assign([ledger0]);
    expect(offsetsOf(await some(consumer))).toEqual(upTo(10));
    const fetches = at.asked('Fetch', 'lone');
    for (let polls = 0; polls < 98; polls++) expect(await consumer.poll(0)).toHaveLength(10);
    expect(at.asked('Fetch', 'lone')).toBe(fetches);
  }),
);

test(
  'B-15: a consumer asks for 50 MiB at most; 55 is the limit of the broker, and the smaller one holds',
  inWorld(async (at) => {
    const fetches = at.kafka.cluster.on('Fetch').observe();
    const consumer = at.kafka.consumer({ autoOffsetReset: 'earliest' });
    await consumer.assign([ledger0]);
    await consumer.poll('1 s');
    expect(fetches.requests[0].request.maxBytes).toBe(52_428_800);
    const [{ configs }] = await at.kafka.admin().describeConfigs([{ type: 'broker', name: '0' }]);
    expect(configs['fetch.max.bytes'].value).toBe('57671680');

    const smallAnswers = inWorld(
      async (small) => {
        const producer = small.kafka.producer();
        for (const value of upTo(5).map(() => kilobytes(9))) await producer.send({ topic: 'ledger', value });
        const seen = answers(small);
        await readAll(small, 1, 5);
        expect(Math.max(...seen.map(({ bytes }) => bytes))).toBeLessThanOrEqual(20_000);
        expect(seen).toHaveLength(3);
      },
      { config: { 'fetch.max.bytes': '20000' } },
    );
    await smallAnswers();
  }),
);

test(
  'C-30: fetchMinBytes is what a broker waits for, not what it sends, and it waits no longer than fetchMaxWaitMs',
  inWorld(async (at) => {
    const consumer = at.kafka.consumer({ fetchMinBytes: 10_000, clientId: 'lone', autoOffsetReset: 'earliest' });
    await consumer.assign([ledger0]);
    await consumer.poll('2 s');
    at.kafka.world.spawn('trickle', async (own) => {
      const producer = own.producer();
      for (;;) {
        await producer.send({ topic: 'ledger', partition: 0, value: kilobytes(0.1) });
        await own.world.sleep('100 ms');
      }
    });
    const before = at.asked('Fetch', 'lone');
    const began = at.kafka.world.now();
    let count = 0;
    while (at.kafka.world.now() < began + 5_000) count += (await consumer.poll('100 ms')).length;
    const fetches = at.asked('Fetch', 'lone') - before;
    expect(fetches).toBeLessThanOrEqual(11);
    expect(count).toBeGreaterThan(35);
  }),
);

test(
  'E-16, E-17: the limit of a partition gives way to a batch that is larger, but for one partition of an answer only',
  inWorld(
    async (at) => {
      const producer = at.kafka.producer();
      for (const partition of [0, 1]) await producer.send({ topic: 'ledger', partition, value: kilobytes(5) });
      const seen = answers(at);
      await readAll(at, 2, 2, { maxPartitionFetchBytes: 1024 });
      expect(seen.map(({ partitions }) => partitions)).toEqual([1, 1]);
      for (const { bytes } of seen) expect(bytes).toBeGreaterThan(5_000);
    },
    { topics: { ledger: 2 } },
  ),
);

test(
  'E-18: message.max.bytes limits the batches that producers send, to the byte',
  inWorld(async (at) => {
    const [{ configs }] = await at.kafka.admin().describeConfigs([{ type: 'topic', name: 'ledger' }]);
    expect(configs['max.message.bytes'].value).toBe('1048588');
    expect(Object.keys(configs)).not.toContain('fetch.batch.size');
    const producer = at.kafka.producer({ maxRequestSizeBytes: 2_000_000, batchSizeBytes: 0 });
    const sent = (size: number) => producer.send({ topic: 'ledger', partition: 0, value: 'x'.repeat(size) });
    // A batch of one record of that size without key or headers is 72 bytes longer than its value.
    expect((await errorOf(sent(1_048_588 - 72 + 1))).message).toMatch(/MESSAGE_TOO_LARGE/);
    await sent(1_048_588 - 72);
    expect((await at.kafka.cluster.records('ledger')).map(({ value }) => value?.length)).toEqual([1_048_516]);
  }),
);

test(
  'E-20: batches are sent whole, and the consumer drops what lies before its position',
  inWorld(async (at) => {
    await at.write(10);
    const bases: number[] = [];
    at.kafka.cluster.on('Fetch').answer(async (_, handle) => {
      const answer = await handle();
      const records = answer.responses[0]?.partitions[0]?.records ?? [];
      const bytes = records instanceof Uint8Array ? records : concat(records);
      if (bytes.length > 0) bases.push(readBatchHeader(bytes, 0).baseOffset);
      return answer;
    });
    const consumer = at.kafka.consumer();
    await consumer.assign([ledger0]);
    await consumer.seek({ ...ledger0, offset: 6 });
    expect(offsetsOf(await some(consumer))).toEqual([6, 7, 8, 9]);
    expect(bases[0]).toBe(0);
  }),
);

test(
  'E-39: nobody polls for the program: without a call one more fetch comes in, and then nothing',
  inWorld(async (at) => {
    await at.write(3);
    const consumer = at.kafka.consumer({ clientId: 'lone', autoOffsetReset: 'earliest', enableAutoCommit: false });
    await consumer.assign([ledger0]);
    await some(consumer);
    await at.kafka.world.pass('2 s');
    await at.write(3);
    const fetches = at.asked('Fetch', 'lone');
    await at.kafka.world.pass('1 min');
    expect(at.asked('Fetch', 'lone')).toBe(fetches);
    expect(await consumer.position(ledger0)).toBe(3);
  }),
);

test(
  'D-18: the log end is one behind the newest record: the offset that the next one will get',
  inWorld(async (at) => {
    const consumer = at.kafka.consumer();
    const end = async () => (await consumer.endOffsets([ledger0]))[0].offset;
    expect(await end()).toBe(0);
    await at.write(5);
    expect(await end()).toBe(5);
    expect(await at.kafka.producer().send({ topic: 'ledger', partition: 0, value: 'next' })).toMatchObject({
      offset: 5,
    });
  }),
);
