/** Names, keys and what a client has to be told: topics of Kafka itself, partitions by key, settings that are needed. */
import { expect, test } from 'vitest';
import { errorOf, inWorld, ledger0, some, upTo } from './stage.ts';

const keys = upTo(100).map((index) => `k${index + 1}`);

test(
  'C-05, E-100: a key keeps its partition while their number stays: it is a hash and no remainder of the key, and an explicit partition wins',
  inWorld(
    async (at) => {
      const producer = at.kafka.producer();
      const places = async () => {
        const sent = await Promise.all(keys.map((key) => producer.send({ topic: 'ledger', key, value: '' })));
        return sent.map(({ partition }) => partition);
      };
      const before = await places();
      expect(await places()).toEqual(before);
      const numbers = await Promise.all(
        upTo(9).map((n) => producer.send({ topic: 'ledger', key: String(n), value: '' })),
      );
      expect(numbers.map(({ partition }) => partition)).not.toEqual(upTo(9).map((n) => n % 3));
      const sent = { topic: 'ledger', key: 'k1', value: '', partition: (before[0] + 1) % 3 };
      expect(await producer.send(sent)).toMatchObject({ partition: sent.partition });

      await at.kafka.admin().createPartitions({ ledger: 4 });
      await producer.close();
      const moved = await at.kafka
        .producer()
        .send(keys.map((key) => ({ topic: 'ledger', key, value: '' })))
        .then((after) => after.filter(({ partition }, index) => partition !== before[index]).length);
      expect(moved).toBeGreaterThan(60);
      expect(moved).toBeLessThan(90);
    },
    { topics: { ledger: 3 } },
  ),
);

test(
  'C-08: a broker that does not lead a partition forwards nothing: the producer has to find the leader by itself',
  inWorld(async (at) => {
    const producer = at.kafka.producer({ clientId: 'writer' });
    await producer.send({ topic: 'ledger', value: 'first' });
    const asked = at.asked('Metadata', 'writer');
    const refused = at.kafka.cluster.on('Produce', { times: 1 }).answerError('NOT_LEADER_OR_FOLLOWER');
    const sent = producer.send({ topic: 'ledger', value: 'second' });
    await at.kafka.world.until(() => refused.count === 1);
    expect(await at.kafka.cluster.records('ledger')).toHaveLength(1);
    expect(await sent).toMatchObject({ offset: 1 });
    expect(at.asked('Metadata', 'writer')).toBeGreaterThan(asked);
  }),
);

test(
  'E-101: of two producers that send at once the second may be written first',
  inWorld(async (at) => {
    const [slow, quick] = [at.kafka.producer({ clientId: 'slow' }), at.kafka.producer({ clientId: 'quick' })];
    for (const producer of [slow, quick]) await producer.send({ topic: 'ledger', value: 'connect' });
    at.kafka.cluster.on('Produce', { clientId: 'slow' }).delay('100 ms');
    const both = [slow, quick].map((producer, index) => producer.send({ topic: 'ledger', value: 'AB'[index] }));
    await Promise.all(both);
    const written = (await at.kafka.cluster.records('ledger')).map(({ value }) => value);
    expect(written.slice(2)).toEqual(['B', 'A']);
  }),
);

test(
  'C-11, E-35: offsets are kept in a topic named __consumer_offsets, compacted, of fifty partitions, made when it is first needed',
  inWorld(async (at) => {
    const admin = at.kafka.admin();
    const offsets = '__consumer_offsets';
    expect((await errorOf(admin.describeTopics([offsets]))).message).toMatch(/UNKNOWN_TOPIC_OR_PARTITION/);
    const consumer = at.reader({ enableAutoCommit: false });
    await consumer.subscribe(['ledger']);
    await consumer.poll('4 s');
    await consumer.commitSync([{ ...ledger0, offset: 1 }]);
    const [{ partitions }] = await admin.describeTopics([offsets]);
    expect(partitions).toHaveLength(50);
    const [{ configs }] = await admin.describeConfigs([{ type: 'topic', name: offsets }]);
    expect([configs['cleanup.policy'].value, configs['segment.bytes'].value]).toEqual(['compact', '104857600']);
    for (const wrong of ['__commit_offset', '__consumer_offset']) {
      expect((await errorOf(admin.describeTopics([wrong]))).message).toMatch(/UNKNOWN_TOPIC_OR_PARTITION/);
    }
  }),
);

test(
  'C-41: an address is enough to read; to subscribe and to commit a group is needed too',
  inWorld(async (at) => {
    await at.write(2);
    const consumer = at.kafka.consumer();
    await consumer.assign([ledger0]);
    await consumer.seek({ ...ledger0, offset: 0 });
    expect(await some(consumer)).toHaveLength(2);
    expect((await errorOf(consumer.commitSync())).message).toMatch(/needs a group.*groupId/);
  }),
);

test(
  'C-42: a client id is a name for logs: members may share one, each has an id of its own, and without one they are numbered',
  inWorld(
    async (at) => {
      const consumers = [{ clientId: 'same' }, { clientId: 'same' }, { clientId: undefined }].map(({ clientId }) =>
        at.kafka.consumer({ groupId: 'bank', ...(clientId && { clientId }) }),
      );
      for (const consumer of consumers) await consumer.subscribe(['ledger']);
      for (let rounds = 0; rounds < 20; rounds++) await Promise.all(consumers.map((one) => one.poll('500 ms')));
      expect(at.members).toEqual(['consumer-1', 'same', 'same']);
      const ids = at.kafka.cluster.group('bank')?.members.map(({ memberId }) => memberId) ?? [];
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(id).toMatch(/^(same|consumer-1)-/);
    },
    { topics: { ledger: 3 } },
  ),
);

test(
  'C-43: no group is needed to read partitions by assign; an empty name is no group',
  inWorld(async (at) => {
    const consumer = at.kafka.consumer();
    expect((await errorOf(consumer.subscribe(['ledger']))).message).toMatch(/groupId/);
    await consumer.assign([ledger0]);
    expect(await consumer.poll('1 s')).toEqual([]);
    expect(() => at.kafka.consumer({ groupId: '' })).toThrow(/groupId is empty/);
  }),
);

test(
  'B-12, B-13, B-14, B-16, B-18, B-19: the defaults of fetches, polls and sessions, as they go over the wire',
  inWorld(async (at) => {
    await at.write(600);
    const joins = at.kafka.cluster.on('JoinGroup').observe();
    const fetches = at.kafka.cluster.on('Fetch').observe();
    const { consumer, records } = await at.reading();
    expect(records).toHaveLength(500);
    expect(joins.requests[0].request).toMatchObject({ sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 300_000 });
    const { minBytes, maxWaitMs, topics } = fetches.requests[0].request;
    expect([minBytes, maxWaitMs, topics[0].partitions[0].partitionMaxBytes]).toEqual([1, 500, 1_048_576]);
    await consumer.poll('1 s');
    const before = at.asked('Fetch', 'reader');
    await consumer.poll('10 s');
    expect(at.asked('Fetch', 'reader') - before).toBe(20);
  }),
);

test(
  'E-13: heartbeats have to be more frequent than sessions are long, which is looked at before anything is sent',
  inWorld(async (at) => {
    const times = { sessionTimeoutMs: 10_000, heartbeatIntervalMs: 10_000 };
    expect(() => at.kafka.consumer(times)).toThrow(/heartbeatIntervalMs.*below sessionTimeoutMs/);
    expect(() => at.kafka.consumer({ ...times, heartbeatIntervalMs: 9_999 })).not.toThrow();
  }),
);
