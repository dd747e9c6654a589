/** A cluster in somebody's test: stock kafkajs, and what a test can see of it and do to it. Written as users would write it. */

import { serve } from 'kafkaito/node';
import { Kafka as KafkaJs, logLevel, Partitioners } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

type Served = Awaited<ReturnType<typeof serve>>;

let kafka: Served;
const leaving: (() => Promise<void>)[] = [];

/** A broker that does not wait for more members, nor long for lost ones. */
const config = { 'group.initial.rebalance.delay.ms': '0', 'group.min.session.timeout.ms': '100' };

beforeEach(async () => {
  kafka = await serve({ port: 0, topics: { orders: 3 }, config });
});
afterEach(async () => {
  kafka.cluster.removeControls();
  for (const leave of leaving.splice(0)) await leave();
  await kafka.close();
});

function client(clientId = 'shop', requestTimeout = 1000): KafkaJs {
  const retry = { initialRetryTime: 20, maxRetryTime: 100, retries: 10 };
  const brokers = [kafka.bootstrap];
  return new KafkaJs({
    clientId,
    brokers,
    requestTimeout,
    enforceRequestTimeout: true,
    retry,
    logLevel: logLevel.NOTHING,
  });
}

async function producerOf(js: KafkaJs, idempotent = false) {
  const producer = js.producer({ idempotent, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  leaving.push(() => producer.disconnect());
  return producer;
}

interface Member {
  readonly values: string[];
  readonly generations: number[];
  crashes: number;
}

/** A member of the group `billing`, which reads `orders` from the beginning. */
async function member(js: KafkaJs): Promise<Member> {
  const seen: Member = { values: [], generations: [], crashes: 0 };
  const consumer = js.consumer({
    groupId: 'billing',
    heartbeatInterval: 100,
    maxWaitTimeInMs: 100,
    sessionTimeout: 1000,
    retry: { initialRetryTime: 20, retries: 10 },
  });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    seen.generations.push(kafka.cluster.group('billing')?.generationId ?? -1);
  });
  consumer.on(consumer.events.CRASH, () => {
    seen.crashes++;
  });
  await consumer.connect();
  leaving.push(() => consumer.disconnect());
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.values.push(String(message.value)) });
  return seen;
}

describe('a request is answered with an error', () => {
  test('kafkajs asks for metadata and sends again when the broker is not the leader', async () => {
    const producer = await producerOf(client());
    const refused = kafka.cluster.on('Produce', { topic: 'orders', times: 2 }).answerError('NOT_LEADER_OR_FOLLOWER');
    const [{ errorCode }] = await producer.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    expect(errorCode).toBe(0);
    expect(refused.count).toBe(2);
    expect(kafka.cluster.requests.count('Produce')).toBe(3);
    expect((await kafka.cluster.records('orders')).map(({ value }) => value)).toEqual(['a book']);
  });

  test('a member that the coordinator does not know joins again', async () => {
    const { generations } = await member(client());
    await kafka.world.until(() => kafka.cluster.group('billing')?.state === 'Stable');
    kafka.cluster.on('Heartbeat', { groupId: 'billing', times: 1 }).answerError('UNKNOWN_MEMBER_ID');
    await kafka.world.until(() => generations.length === 2 && kafka.cluster.group('billing')?.state === 'Stable');
    expect(generations[1]).toBeGreaterThan(generations[0]);
  });

  test('a commit in a generation that is over makes the member join again and read again', async () => {
    const producer = await producerOf(client());
    await producer.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    kafka.cluster.on('OffsetCommit', { times: 1 }).answerError('ILLEGAL_GENERATION');
    const { values } = await member(client());
    await kafka.world.until(() => values.length === 2);
    expect(values).toEqual(['a book', 'a book']);
  });
});

describe('an answer is lost', () => {
  test('without idempotence the record is there twice', async () => {
    const producer = await producerOf(client());
    const dropped = kafka.cluster.on('Produce', { times: 1 }).dropAnswer();
    await producer.send({ topic: 'orders', messages: [{ key: 'Ada', value: 'a book' }] });
    expect(dropped.count).toBe(1);
    expect((await kafka.cluster.records('orders')).map(({ value }) => value)).toEqual(['a book', 'a book']);
  });

  test('an idempotent producer writes it once', async () => {
    const producer = await producerOf(client(), true);
    kafka.cluster.on('Produce', { times: 1 }).dropAnswer();
    await producer.send({ topic: 'orders', messages: [{ key: 'Ada', value: 'a book' }] });
    expect(kafka.cluster.requests.count('Produce')).toBe(2);
    expect(await kafka.cluster.records('orders')).toMatchObject([{ offset: 0, key: 'Ada', value: 'a book' }]);
  });

  test('it is the same when the connection goes with the answer', async () => {
    const producer = await producerOf(client(), true);
    kafka.cluster.on('Produce', { times: 1 }).dropConnection({ handled: true });
    await producer.send({ topic: 'orders', messages: [{ key: 'Ada', value: 'a book' }] });
    expect(await kafka.cluster.records('orders')).toHaveLength(1);
  });

  test('a connection that ends before the request is handled leaves nothing behind', async () => {
    const producer = await producerOf(client());
    kafka.cluster.on('Produce', { times: 1 }).dropConnection();
    await producer.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    expect(await kafka.cluster.records('orders')).toHaveLength(1);
  });
});

describe('a request is held back', () => {
  test('a heartbeat that comes too late costs a member its place, and the other one takes over', async () => {
    await member(client('prompt'));
    await member(client('slow'));
    const sharing = () =>
      kafka.cluster
        .group('billing')
        ?.members.map(({ clientId }) => clientId)
        .sort()
        .join() === 'prompt,slow';
    await kafka.world.until(() => sharing() && kafka.cluster.group('billing')?.state === 'Stable');
    const before = kafka.cluster.group('billing')?.generationId ?? 0;

    const late = kafka.cluster.on('Heartbeat', { clientId: 'slow' }).delay('1 h');
    await kafka.world.until(() => kafka.cluster.group('billing')?.members.length === 1);
    await kafka.world.until(() => kafka.cluster.group('billing')?.state === 'Stable');
    const group = kafka.cluster.group('billing');
    expect(group?.generationId).toBeGreaterThan(before);
    expect(group?.members).toMatchObject([{ clientId: 'prompt', assignment: { orders: [0, 1, 2] } }]);
    late.remove();
    await kafka.world.until(sharing);
  });
});
