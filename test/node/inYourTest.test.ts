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

describe('requests are watched', () => {
  test('what came, from whom, decoded', async () => {
    const billing = await producerOf(client('billing'));
    const shop = await producerOf(client('shop'));
    const produces = kafka.cluster.on('Produce', { clientId: 'billing' }).observe();
    await shop.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    await billing.send({ topic: 'orders', acks: 1, messages: [{ value: 'an invoice', partition: 2 }] });
    expect(produces.count).toBe(1);
    const [{ api, clientId, request }] = produces.requests;
    expect({ api, clientId }).toEqual({ api: 'Produce', clientId: 'billing' });
    expect(request.acks).toBe(1);
    expect(request.topicData).toMatchObject([{ name: 'orders', partitionData: [{ index: 2 }] }]);
  });

  test('every request is counted, by client and API', async () => {
    const producer = await producerOf(client('billing'));
    await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
    await producer.send({ topic: 'orders', messages: [{ value: 'two' }] });
    expect(kafka.cluster.requests.counts).toMatchObject({ billing: { ApiVersions: 1, Metadata: 1, Produce: 2 } });
    expect(kafka.cluster.requests.count('Produce', 'shop')).toBe(0);
    expect(kafka.cluster.requests.latest.at(-1)).toMatchObject({ api: 'Produce', clientId: 'billing', brokerId: 0 });
    kafka.cluster.requests.clear();
    expect(kafka.cluster.requests.counts).toEqual({});
  });

  test('a control holds for as many requests as it says, from there on, and until it is removed', async () => {
    const producer = await producerOf(client());
    const send = () => producer.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    await send();
    const twice = kafka.cluster.on('Produce', { times: 2 }).observe();
    const always = kafka.cluster.on('Produce').observe();
    for (let round = 0; round < 3; round++) await send();
    always.remove();
    always.remove();
    await send();
    expect([twice.count, always.count]).toEqual([2, 3]);
  });

  test('what a watching function throws is told by close, and the client does not notice', async () => {
    const own = await serve({ port: 0, topics: { orders: 1 } });
    own.cluster.on('Produce').observe(() => expect('a book').toBe('an invoice'));
    await own.producer().send({ topic: 'orders', value: 'a book' });
    await expect(own.close()).rejects.toThrow("expected 'a book' to be 'an invoice'");
  });
});

describe('an answer of your own', () => {
  test('says what it likes', async () => {
    const admin = client().admin();
    await admin.connect();
    leaving.push(() => admin.disconnect());
    const group = { groupId: 'ghosts', protocolType: 'consumer' };
    kafka.cluster.on('ListGroups').answer({ errorCode: 0, groups: [group] });
    expect((await admin.listGroups()).groups).toEqual([group]);
  });

  test('can be made of what the broker answers', async () => {
    const admin = client().admin();
    await admin.connect();
    leaving.push(() => admin.disconnect());
    kafka.cluster.on('ListOffsets').answer(async (_, handle) => {
      const { topics } = await handle();
      const moved = topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((one) => ({ ...one, offset: 42 })),
      }));
      return { topics: moved };
    });
    const offsets = await admin.fetchTopicOffsets('orders');
    expect(offsets.map(({ high }) => high)).toEqual(['42', '42', '42']);
  });

  test('controls stand in line: the first that answers is the last that is asked', async () => {
    const admin = client().admin();
    await admin.connect();
    leaving.push(() => admin.disconnect());
    const seen = kafka.cluster.on('ListGroups').observe();
    kafka.cluster.on('ListGroups', { times: 1 }).answer({ errorCode: 0, groups: [] });
    const behind = kafka.cluster.on('ListGroups').answerError('GROUP_AUTHORIZATION_FAILED');
    expect(await admin.listGroups()).toEqual({ groups: [] });
    expect([seen.count, behind.count]).toEqual([1, 0]);
    await expect(admin.listGroups()).rejects.toMatchObject({ type: 'GROUP_AUTHORIZATION_FAILED' });
  });

  test('a control that could never work is refused, with what could', () => {
    const { cluster } = kafka;
    expect(() => cluster.on('Produces' as 'Produce')).toThrow(
      /there is no API "Produces": choose one of Produce, Fetch/,
    );
    expect(() => cluster.on('Heartbeat', { topic: 'orders' })).toThrow('Heartbeat names no topic');
    expect(() => cluster.on('Produce', { groupId: 'billing' })).toThrow('Produce names no group');
    expect(() => cluster.on('Produce', { times: 0 })).toThrow('times is a whole number, 1 or more');
    expect(() => cluster.on('Produce').delay('soon')).toThrow('"soon" is not a duration');
  });
});

describe('looking inside', () => {
  test('records of a topic, partition by partition, in order', async () => {
    const producer = await producerOf(client());
    const messages = [
      { partition: 2, key: 'Ada', value: '{"amount":1}', headers: { trace: 'abc' } },
      { partition: 0, value: '{"amount":2}' },
      { partition: 2, key: 'Ada', value: null },
    ];
    for (const message of messages) await producer.send({ topic: 'orders', messages: [message] });
    expect(await kafka.cluster.records('orders')).toEqual([
      { partition: 0, offset: 0, timestamp: expect.any(Number), key: null, value: '{"amount":2}', headers: {} },
      expect.objectContaining({
        partition: 2,
        offset: 0,
        value: '{"amount":1}',
        headers: { trace: 'abc' },
      }),
      expect.objectContaining({ partition: 2, offset: 1, key: 'Ada', value: null }),
    ]);
    const numbers = await kafka.cluster.records('orders', { partition: 2, value: (bytes) => bytes.length });
    expect(numbers.map(({ value }) => value)).toEqual([12, null]);
    await expect(kafka.cluster.records('order')).rejects.toThrow('there is no topic order: this cluster has orders');
    await expect(kafka.cluster.records('orders', { partition: 3 })).rejects.toThrow(
      'there is no partition 3 of topic orders',
    );
  });

  test('offsets, members and assignments of a group, and who is connected', async () => {
    expect(kafka.cluster.group('billing')).toBeUndefined();
    expect(kafka.cluster.committed('billing')).toEqual({});
    const producer = await producerOf(client());
    const message = { partition: 1, value: 'a book' };
    await producer.send({ topic: 'orders', messages: [message, message] });
    const { values } = await member(client('worker'));
    await kafka.world.until(() => values.length === 2);
    await kafka.world.until(() => kafka.cluster.committed('billing').orders?.[1] === 2);
    expect(kafka.cluster.groups().map(({ groupId }) => groupId)).toEqual(['billing']);
    const { members, ...group } = kafka.cluster.group('billing') ?? { members: [] };
    const { memberId } = members[0];
    expect(group).toEqual({
      groupId: 'billing',
      state: 'Stable',
      generationId: 1,
      protocolName: 'RoundRobinAssigner',
      leaderId: memberId,
    });
    expect(members).toEqual([
      {
        memberId: expect.stringMatching(/^worker-/),
        clientId: 'worker',
        clientHost: expect.stringContaining('127.0.0.1'),
        groupInstanceId: null,
        topics: ['orders'],
        assignment: { orders: [0, 1, 2] },
      },
    ]);
    const names = kafka.cluster.connections().map(({ clientId }) => clientId);
    expect(new Set(names)).toEqual(new Set(['shop', 'worker']));
  });

  test('nobody can tell that somebody has looked', async () => {
    const producer = await producerOf(client());
    await producer.send({ topic: 'orders', messages: [{ value: 'a book' }] });
    const before = kafka.cluster.requests.counts;
    const events = kafka.cluster.trace.events.length;
    await kafka.cluster.records('orders');
    kafka.cluster.groups();
    kafka.cluster.connections();
    expect(kafka.cluster.requests.counts).toEqual(before);
    expect(kafka.cluster.trace.events.length).toBe(events);
  });
});

describe('topics to begin with', () => {
  test('may have records, which nobody has sent', async () => {
    const records = [
      { key: 'Ada', value: 'a book', partition: 1 },
      { key: 'Bob', value: 'a pen', partition: 1, timestamp: 42, headers: { from: 'shop' } },
    ];
    await using own = await serve({ port: 0, topics: { orders: { partitions: 2, records }, empty: 1 } });
    expect(await own.cluster.records('orders')).toMatchObject([
      { partition: 1, offset: 0, key: 'Ada', value: 'a book' },
      { partition: 1, offset: 1, key: 'Bob', value: 'a pen', timestamp: 42, headers: { from: 'shop' } },
    ]);
    expect(await own.cluster.records('empty')).toEqual([]);
    expect(own.cluster.requests.counts).toEqual({});
  });

  test('that cannot be made leave nothing open', async () => {
    const records = [{ value: 'a book', partition: 7 }];
    await expect(serve({ port: 0, topics: { orders: { partitions: 2, records } } })).rejects.toThrow(/partition/);
  });
});

describe('clusters come and go', () => {
  test('several in one program share nothing', async () => {
    const clusters = await Promise.all([1, 2, 3].map(() => serve({ port: 0, topics: { orders: 1 } })));
    await Promise.all(clusters.map((one, number) => one.producer().send({ topic: 'orders', value: `of ${number}` })));
    const records = await Promise.all(clusters.map(({ cluster }) => cluster.records('orders')));
    expect(records.map((list) => list.map(({ value }) => value))).toEqual([['of 0'], ['of 1'], ['of 2']]);
    await Promise.all(clusters.map((one) => one.close()));
  });

  test('close lets go of what controls hold back, does not wait for it, and twice is harmless', async () => {
    const own = await serve({ port: 0, topics: { orders: 1 } });
    own.cluster.on('Produce', { times: 1 }).delay('1 h');
    own.cluster.on('Metadata', { times: 1 }).delayAnswer('1 ms');
    own.cluster.on('LeaveGroup').dropAnswer();
    const sending = own
      .producer()
      .send({ topic: 'orders', value: 'a book' })
      .catch(() => 'gave up');
    await own.world.until(() => own.cluster.requests.count('Produce') === 1);
    await Promise.all([own.close(), own.close()]);
    await own.close();
    await sending;
    expect(own.cluster.connections()).toEqual([]);
  });

  test('a block that ends closes it, where the runtime has await using', async () => {
    const own = await serve({ port: 0 });
    await own[Symbol.asyncDispose]();
    expect(() => own.producer()).toThrow('has been closed');
  });
});
