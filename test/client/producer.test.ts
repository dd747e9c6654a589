import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordMetadata } from '../../lib/client/index.ts';
import { producerSettings } from '../../lib/client/producer/producer.ts';
import { serve } from '../../lib/node/index.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import { simulate } from '../../lib/sim/simulate.ts';
import { type Fate, failure, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

async function valuesOf({ kafka }: Stage, topic: string, partition = 0): Promise<(string | null)[]> {
  const consumer = kafka.consumer({ clientId: 'reader' });
  await consumer.assign([{ topic, partition }]);
  await consumer.seek({ topic, partition, offset: 0 });
  const values: (string | null)[] = [];
  for (let idle = 0; idle < 3; ) {
    const records = await consumer.poll('1 s');
    idle = records.length === 0 ? idle + 1 : 0;
    values.push(...records.map(({ value }) => value));
  }
  await consumer.close();
  return values;
}

const values = (count: number) => Array.from({ length: count }, (_, index) => String(index));
/** Breaks the connection of the producer before some of the answers. The first two say which requests the broker knows, and who leads. */
function losingAnswers(): Fate {
  const lost = new Set([4, 8, 13, 17]);
  let answers = 0;
  return (direction, client) =>
    direction === 'received' && client === 'producer-1' && lost.has(++answers) ? 'breaks' : 'passes';
}

const batches = (at: Stage, node = 'producer-1') => at.requests(node, 'Produce').map(({ detail }) => detail.batches);

describe('batches', () => {
  test('records that are sent in one turn share a batch, without any lingering', async () => {
    const at = await stage();
    const producer = at.kafka.producer();
    await producer.send({ topic: 'ledger', value: 'first' });
    await Promise.all(values(10).map((value) => producer.send({ topic: 'ledger', value })));
    expect(batches(at)).toEqual([['ledger-0 1'], ['ledger-0 10']]);
    await at.close();
  });

  test('with lingerMs, records of different moments share a batch, and the first waits no longer than that', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ lingerMs: 100 });
    await producer.send({ topic: 'ledger', value: 'first' });
    const started = at.clock.monotonicMs();
    const sent = [producer.send({ topic: 'ledger', value: 'a' })];
    await at.pass(50);
    sent.push(producer.send({ topic: 'ledger', value: 'b' }));
    await Promise.all(sent);
    expect(batches(at).at(-1)).toEqual(['ledger-0 2']);
    expect(at.requests('producer-1', 'Produce').at(-1)?.at).toBe(started + 100);
    await at.close();
  });

  test('a batch that is full goes without waiting for the end of lingerMs', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ lingerMs: 60_000, batchSizeBytes: 1000 });
    const sent = values(30).map(() => producer.send({ topic: 'ledger', value: 'x'.repeat(100) }));
    await sent[0];
    expect(at.clock.monotonicMs()).toBeLessThan(1000);
    await producer.flush();
    expect(await Promise.all(sent)).toHaveLength(30);
    expect(at.clock.monotonicMs()).toBeLessThan(1000);
    await at.close();
  });

  test('one request carries a batch for each partition of its broker', async () => {
    const at = await stage({ topics: { ledger: 3 } });
    const producer = at.kafka.producer();
    await producer.send([0, 1, 2].map((partition) => ({ topic: 'ledger', partition, value: 'x' })));
    expect(batches(at)).toEqual([['ledger-0 1', 'ledger-1 1', 'ledger-2 1']]);
    await at.close();
  });

  test('no more than five requests are on their way, and order holds across them', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ batchSizeBytes: 1 });
    const sent = await Promise.all(values(40).map((value) => producer.send({ topic: 'ledger', value })));
    expect(sent.map(({ offset }) => offset)).toEqual(values(40).map(Number));
    let open = 0;
    let most = 0;
    const { trace } = at.cluster;
    for (const { what } of trace.events.filter(({ detail }) => detail.api === 'Produce')) {
      open += what === 'request.sent' ? 1 : -1;
      most = Math.max(most, open);
    }
    expect(most).toBe(5);
    await at.close();
  });
});

describe('an unreliable network', () => {
  test('an answer that is lost after the broker has written makes no second copy', async () => {
    const at = await stage({ fate: losingAnswers() });
    const producer = at.kafka.producer();
    const offsets: number[] = [];
    for (const value of values(12)) offsets.push((await producer.send({ topic: 'ledger', value })).offset);
    expect(offsets).toEqual(values(12).map(Number));
    expect(at.requests('producer-1', 'Produce').length).toBeGreaterThan(12);
    expect(await valuesOf(at, 'ledger')).toEqual(values(12));
    await at.close();
  });

  test('without sequence numbers the same loss leaves copies, and that is why they exist', async () => {
    const at = await stage({ fate: losingAnswers() });
    const producer = at.kafka.producer({ enableIdempotence: false });
    for (const value of values(12)) await producer.send({ topic: 'ledger', value });
    const read = await valuesOf(at, 'ledger');
    expect(new Set(read).size).toBe(12);
    expect(read.length).toBeGreaterThan(12);
    await at.close();
  });

  test('whatever breaks and when, records are there once, in order, where the producer was told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 3, max: 30 }), async (seed, oneIn) => {
        const lots = new SeededRandom(seed);
        const fate = (_: string, client: string) =>
          client === 'producer-1' && lots.nextU32() % oneIn === 0 ? 'breaks' : 'passes';
        const at = await stage({ seed, topics: { ledger: 2 }, fate });
        const producer = at.kafka.producer({ batchSizeBytes: 200 });
        const sent: Promise<RecordMetadata>[] = [];
        const crashesAt = lots.nextU32() % 60;
        for (const value of values(60)) {
          sent.push(producer.send({ topic: 'ledger', partition: Number(value) % 2, value }));
          if (lots.nextU32() % 4 === 0) await at.pass(lots.nextU32() % 5);
          if (Number(value) !== crashesAt) continue;
          at.cluster.crash(0);
          await at.pass(lots.nextU32() % 2000);
          await at.drive(at.cluster.start(0));
        }
        const told = await Promise.all(sent);
        for (const partition of [0, 1]) {
          const mine = values(60).filter((value) => Number(value) % 2 === partition);
          expect(await valuesOf(at, 'ledger', partition)).toEqual(mine);
          expect(mine.map((value) => told[Number(value)].offset)).toEqual(mine.map((_, index) => index));
        }
        await at.close();
      }),
      { numRuns: 25 },
    );
  });

  test('a broker that is killed and comes back loses nothing that it acknowledged, and gets nothing twice', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ batchSizeBytes: 100 });
    const sent = values(30).map((value) => producer.send({ topic: 'ledger', value }));
    await sent[3];
    at.cluster.crash(0);
    await at.pass(700);
    await at.drive(at.cluster.start(0));
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(values(30).map(Number));
    expect(await valuesOf(at, 'ledger')).toEqual(values(30));
    await at.close();
  });
});

describe('giving up', () => {
  test('a record that is too large for the topic fails, and those behind it go on under a new epoch', async () => {
    const at = await stage({ config: { 'message.max.bytes': '2000' } });
    const producer = at.kafka.producer({ batchSizeBytes: 100 });
    const sent = ['a', 'x'.repeat(5000), 'b', 'c'].map((value) => producer.send({ topic: 'ledger', value }));
    const results = await Promise.allSettled(sent);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason.message).toMatch(/MESSAGE_TOO_LARGE.*batchSizeBytes/);
    expect(await valuesOf(at, 'ledger')).toEqual(['a', 'b', 'c']);
    await at.close();
  });

  test('what is not acknowledged within deliveryTimeoutMs fails and says why; what follows is written in order', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ deliveryTimeoutMs: 2000 });
    await producer.send({ topic: 'ledger', value: 'before' });
    at.cluster.crash(0);
    const started = at.clock.monotonicMs();
    const error = await failure(producer.send({ topic: 'ledger', value: 'lost' }));
    expect(at.clock.monotonicMs() - started).toBe(2000);
    expect(error.name).toBe('DeliveryTimedOutError');
    expect(error.message).toMatch(/ledger-0 .*2000 ms .deliveryTimeoutMs.*The last obstacle: /);
    await at.drive(at.cluster.start(0));
    expect(await producer.send(['after', 'and after'].map((value) => ({ topic: 'ledger', value })))).toMatchObject([
      { offset: 1 },
      { offset: 2 },
    ]);
    expect(await valuesOf(at, 'ledger')).toEqual(['before', 'after', 'and after']);
    await at.close();
  });

  test('a producer that got no id in time asks again for the next record, when the broker is well', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ deliveryTimeoutMs: 2000 });
    at.cluster.on('InitProducerId', { times: 1 }).observe(() => at.cluster.crash(0));
    const error = await failure(producer.send({ topic: 'ledger', value: 'lost' }));
    expect(error.message).toMatch(/could not get a producer id within 2000 ms. The last obstacle: nobody listens/);
    await at.drive(at.cluster.start(0));
    expect(await producer.send({ topic: 'ledger', value: 'after' })).toMatchObject({ offset: 0 });
    await at.close();
  });

  test('a producer that a broker gives no id says so for each record, and asks no more', async () => {
    const at = await stage();
    const producer = at.kafka.producer();
    at.cluster.on('InitProducerId').answerError('CLUSTER_AUTHORIZATION_FAILED');
    for (const value of ['one', 'other'])
      expect((await failure(producer.send({ topic: 'ledger', value }))).message).toContain('CLUSTER_AUTHORIZATION');
    expect(at.requests('producer-1', 'InitProducerId')).toHaveLength(1);
    await at.close();
  });

  test('a topic that does not exist: the error says how to create it', async () => {
    const at = await stage({ config: { 'auto.create.topics.enable': 'false' } });
    const producer = at.kafka.producer({ maxBlockMs: 3000 });
    const error = await failure(producer.send({ topic: 'nowhere', value: 'x' }));
    expect(error.name).toBe('TimedOutError');
    expect(error.message).toContain("admin.createTopics({ 'nowhere': 1 })");
    expect(at.clock.monotonicMs()).toBeLessThan(3500);
    await at.close();
  });

  test('a full buffer makes send wait, and refuses when that takes too long', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ bufferMemoryBytes: 3000, maxBlockMs: 1000, batchSizeBytes: 500 });
    const value = 'x'.repeat(400);
    const many = await Promise.all(values(6).map(() => producer.send({ topic: 'ledger', value })));
    expect(many.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5]);
    at.cluster.crash(0);
    const results = await Promise.allSettled(values(20).map(() => producer.send({ topic: 'ledger', value })));
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.name] : []));
    expect(errors).toContain('BufferFullError');
    await at.drive(at.cluster.start(0));
    await at.close();
  });

  test('memory is given back once, also of a batch whose time is over when the connection stands, and which then breaks', async () => {
    const at = await stage({ topics: { ledger: 3 } });
    const producer = at.kafka.producer({
      bufferMemoryBytes: 4000,
      maxBlockMs: 500,
      deliveryTimeoutMs: 3000,
      requestTimeoutMs: 1000,
      maxInFlightRequestsPerConnection: 1,
    });
    const send = (partition: number, size = 1000) =>
      producer.send({ topic: 'ledger', partition, value: 'x'.repeat(size) }).catch(({ name }) => name);
    for (const partition of [0, 1, 2]) await send(partition, 1);
    const { network } = at.cluster;
    network.cut('main', 'broker-0');
    const sent = [send(2)];
    await at.pass(1);
    sent.push(send(0));
    await at.pass(800);
    sent.push(send(1));
    await at.pass(2300);
    const toReset = at.cluster.on('Produce', {
      times: 1,
      where: ({ request }) => request.topicData[0].partitionData[0].index === 1,
    });
    toReset.observe(() => network.reset('main', 'broker-0'));
    network.heal('main', 'broker-0');
    const ends = (await Promise.all(sent)).map((one) => (typeof one === 'string' ? one : one.offset));
    expect(ends).toEqual(['DeliveryTimedOutError', 'DeliveryTimedOutError', 1]);
    expect(await send(0, 4500)).toBe('BufferFullError');
    await at.close();
  });

  test('a record above maxRequestSizeBytes, and one that is no record, are refused at once', async () => {
    const at = await stage();
    const producer = at.kafka.producer();
    const large = await failure(producer.send({ topic: 'ledger', value: 'x'.repeat(1_100_000) }));
    expect(large.name).toBe('RecordTooLargeError');
    const wrong = await failure(producer.send({ topic: 'ledger', value: 42 as unknown as string }));
    expect(wrong.message).toContain('send a string, a Uint8Array or null');
    expect(at.requests('producer-1', 'Produce')).toEqual([]);
    await at.close();
  });

  test('whoever does not look at what became of a record, or of a list, need not catch its failure', async () => {
    const unhandled: unknown[] = [];
    const take = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', take);
    for (const kafka of [await simulate({ topics: { ledger: 1 } }), await serve({ port: 0, topics: { ledger: 1 } })]) {
      const producer = kafka.producer({ maxRequestSizeBytes: 100 });
      const record = { topic: 'ledger', value: 'x'.repeat(200) };
      void producer.send(record);
      void producer.send([record, record]);
      await producer.flush();
      // Rejections are called unhandled at the end of a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 10));
      await kafka.close();
    }
    process.off('unhandledRejection', take);
    expect(unhandled).toEqual([]);
  });

  test('after close nothing is taken, and what was sent before is acknowledged', async () => {
    const at = await stage();
    const producer = at.kafka.producer({ lingerMs: 10_000 });
    const sent = producer.send({ topic: 'ledger', value: 'x' });
    await Promise.all([producer.close(), producer.close()]);
    expect((await sent).offset).toBe(0);
    expect((await failure(producer.send({ topic: 'ledger', value: 'y' }))).name).toBe('ClientClosedError');
    await at.close();
  });
});

describe('settings', () => {
  test.each([
    [{ acks: 2 as 1 }, /acks is 2: it must be one of 0, 1, -1, "all"/],
    [{ acks: 1, enableIdempotence: true } as const, /enableIdempotence needs acks: 'all'/],
    [{ maxInFlightRequestsPerConnection: 6 }, /at most 5/],
    [{ lingerMS: 5 } as object, /no setting 'lingerMS'/],
    [{ lingerMs: -1 }, /lingerMs of a producer is -1/],
    [{ compressionType: 'brotli' as 'gzip' }, /"gzip"/],
  ])('%o are refused, and the error says what would do', (settings, message) => {
    expect(() => producerSettings(settings)).toThrow(message);
  });

  test('idempotence is on with acks all, and off without', () => {
    expect(producerSettings({})).toMatchObject({
      acks: -1,
      enableIdempotence: true,
      lingerMs: 0,
      batchSizeBytes: 16_384,
    });
    expect(producerSettings({ acks: 1 })).toMatchObject({ acks: 1, enableIdempotence: false });
  });
});
