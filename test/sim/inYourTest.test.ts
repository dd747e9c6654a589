/** The controls and the inspection of a cluster in virtual time: the same object as over sockets, and an hour's delay takes no time. */
import { expect, test } from 'vitest';
import { type SimulatedKafka, simulate } from '../../lib/index.ts';

const topics = { orders: 3 };

async function inWorld(run: (kafka: SimulatedKafka) => Promise<void>, seed = 1): Promise<string> {
  const kafka = await simulate({ seed, topics });
  await run(kafka);
  await kafka.close();
  return kafka.cluster.trace.hash;
}

test('a producer asks for metadata and sends again when the broker is not the leader', async () => {
  await inWorld(async (kafka) => {
    const refused = kafka.cluster.on('Produce', { times: 2 }).answerError('NOT_LEADER_OR_FOLLOWER');
    expect(await kafka.producer().send({ topic: 'orders', partition: 1, value: 'a book' })).toMatchObject({
      offset: 0,
    });
    expect(refused.requests.map(({ request }) => request.topicData[0].name)).toEqual(['orders', 'orders']);
    expect(kafka.cluster.requests.counts).toMatchObject({ 'producer-1': { Produce: 3 } });
  });
});

test('an answer that is lost: one record with idempotence, two without', async () => {
  for (const [enableIdempotence, copies] of [
    [true, 1],
    [false, 2],
  ] as const) {
    await inWorld(async (kafka) => {
      kafka.cluster.on('Produce', { times: 1 }).dropAnswer();
      await kafka.producer({ enableIdempotence }).send({ topic: 'orders', partition: 0, value: 'a book' });
      expect(await kafka.cluster.records('orders')).toHaveLength(copies);
      expect(kafka.world.now()).toBeGreaterThan(30_000);
    });
  }
});

test('heartbeats that come an hour late cost a member its place', async () => {
  await inWorld(async (kafka) => {
    for (const clientId of ['prompt', 'slow']) {
      kafka.world.spawn(clientId, async (own) => {
        const consumer = own.consumer({ groupId: 'billing', clientId });
        await consumer.subscribe(['orders']);
        for (;;) await consumer.poll('1 s');
      });
    }
    const members = () =>
      kafka.cluster
        .group('billing')
        ?.members.map(({ clientId }) => clientId)
        .sort();
    await kafka.world.until(() => members()?.length === 2 && kafka.cluster.group('billing')?.state === 'Stable');
    const late = kafka.cluster.on('Heartbeat', { clientId: 'slow' }).delay('1 h');
    await kafka.world.until(() => members()?.join() === 'prompt', { within: '2 min' });
    await kafka.world.until(() => kafka.cluster.group('billing')?.state === 'Stable', { within: '2 min' });
    expect(kafka.cluster.group('billing')?.members).toMatchObject([{ assignment: { orders: [0, 1, 2] } }]);
    late.remove();
    await kafka.world.until(() => members()?.join() === 'prompt,slow', { within: '2 min' });
  });
});

test('what is held back keeps its place: no later batch of the producer passes it', async () => {
  await inWorld(async (kafka) => {
    const producer = kafka.producer();
    await producer.send({ topic: 'orders', partition: 0, value: 'to be connected' });
    kafka.cluster.on('Produce', { times: 1 }).delay('2 s');
    const first = producer.send({ topic: 'orders', partition: 1, value: 'first' });
    await kafka.world.pass('100 ms');
    await Promise.all([first, producer.send({ topic: 'orders', partition: 2, value: 'second' })]);
    const appends = kafka.cluster.trace.events.filter(({ what }) => what === 'partition.append');
    expect(appends.map(({ detail }) => detail.partition)).toEqual([0, 1, 2]);
  });
});

test('controls hold when the broker is started again', async () => {
  await inWorld(async (kafka) => {
    const seen = kafka.cluster.on('Produce').observe();
    const producer = kafka.producer();
    await producer.send({ topic: 'orders', value: 'before' });
    kafka.cluster.crash(0);
    expect(kafka.cluster.groups()).toEqual([]);
    await expect(kafka.cluster.records('orders')).rejects.toThrow('there is no topic orders');
    await kafka.cluster.restart(0);
    await producer.send({ topic: 'orders', value: 'after' });
    expect(seen.count).toBe(2);
  });
});

test('whoever looks changes nothing: the run goes on as it does unseen', async () => {
  const run = (looks: boolean) =>
    inWorld(async (kafka) => {
      const consumer = kafka.consumer({ groupId: 'billing', autoOffsetReset: 'earliest' });
      await consumer.subscribe(['orders']);
      for (let round = 0; round < 5; round++) {
        await kafka.producer().send({ topic: 'orders', partition: round % 3, value: `book ${round}` });
        await consumer.poll('1 s');
        const before = kafka.world.now();
        if (looks) {
          expect(await kafka.cluster.records('orders')).toHaveLength(round + 1);
          expect(kafka.cluster.groups()).toHaveLength(1);
          expect(kafka.cluster.connections().length).toBeGreaterThan(1);
        }
        expect(kafka.world.now()).toBe(before);
      }
    });
  expect(await run(true)).toBe(await run(false));
});

test('what a control does stands in the trace', async () => {
  await inWorld(async (kafka) => {
    kafka.cluster.on('Metadata', { times: 1 }).delay('2 s');
    await kafka.admin().listTopics();
    const control = kafka.cluster.trace.events.find(({ what }) => what === 'request.controlled');
    expect(control).toMatchObject({ node: 'broker-0', detail: { api: 'Metadata', control: 'delay 2000 ms' } });
  });
});
