import { expect } from 'vitest';
import type { KafkaError, OffsetSpec } from '../../lib/index.ts';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

const nameOf = async (run: Promise<unknown>) => ((await failure(run)) as KafkaError).error.name;

export const admin = [
  scenario('a topic can be described, by name, with leaders and replicas', async ({ kafka, topic }) => {
    const ledger = await topic(3);
    const [described] = await kafka.admin().describeTopics([ledger]);
    expect(described.name).toBe(ledger);
    expect(described.topicId).toMatch(/^[\w-]{22}$/);
    expect(described.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    for (const { leader, replicas, isr } of described.partitions) {
      expect(replicas).toEqual([leader]);
      expect(isr).toEqual([leader]);
    }
  }),

  scenario('a topic cannot be created twice', async ({ kafka, topic }) => {
    const ledger = await topic();
    expect(await nameOf(kafka.admin().createTopics({ [ledger]: 1 }))).toBe('TOPIC_ALREADY_EXISTS');
  }),

  scenario('a name with a space, and a topic without partitions, are refused', async ({ kafka, group }) => {
    const admin = kafka.admin();
    expect(await nameOf(admin.createTopics({ 'my topic': 1 }))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(await nameOf(admin.createTopics({ [group()]: 0 }))).toBe('INVALID_PARTITIONS');
    expect(await nameOf(admin.createTopics([{ name: group(), partitions: 1, replicationFactor: 7 }]))).toBe(
      'INVALID_REPLICATION_FACTOR',
    );
  }),

  scenario('a deleted topic is gone, and a new one of its name begins at offset 0', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    const admin = kafka.admin();
    await admin.deleteTopics([ledger]);
    await kafka.world.until(async () => !(await admin.listTopics()).includes(ledger));
    await admin.createTopics({ [ledger]: 1 });
    await kafka.world.until(async () => (await admin.listTopics()).includes(ledger));
    expect((await kafka.producer().send({ topic: ledger, value: 'new' })).offset).toBe(0);
  }),

  scenario('deleting or describing a topic that is not there says so', async ({ kafka, group }) => {
    const admin = kafka.admin();
    const missing = group();
    expect(await nameOf(admin.deleteTopics([missing]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await nameOf(admin.describeTopics([missing]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  }),

  scenario(
    'a topic that gets more partitions has them for producers and consumers at once',
    async ({ kafka, topic }) => {
      const ledger = await topic(1);
      await send(kafka, ledger, ['a'], 0);
      const admin = kafka.admin();
      await admin.createPartitions({ [ledger]: 3 });
      const [{ partitions }] = await admin.describeTopics([ledger]);
      expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      await send(kafka, ledger, ['b', 'c'], 2);
      const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
      await consumer.assign([0, 1, 2].map((partition) => ({ topic: ledger, partition })));
      expect(valuesOf(await read(kafka, consumer, 3)).sort()).toEqual(['a', 'b', 'c']);
    },
  ),

  scenario('partitions can only become more', async ({ kafka, topic, group }) => {
    const admin = kafka.admin();
    const ledger = await topic(2);
    expect(await nameOf(admin.createPartitions({ [ledger]: 2 }))).toBe('INVALID_PARTITIONS');
    expect(await nameOf(admin.createPartitions({ [ledger]: 1 }))).toBe('INVALID_PARTITIONS');
    expect(await nameOf(admin.createPartitions({ [group()]: 2 }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect((await admin.describeTopics([ledger]))[0].partitions).toHaveLength(2);
  }),

  scenario('deleted records are gone for readers, and the offsets of the others stay', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c', 'd']);
    const admin = kafka.admin();
    const at = { topic: ledger, partition: 0 };
    expect(await admin.deleteRecords([{ ...at, before: 3 }])).toEqual([{ ...at, lowWatermark: 3 }]);
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
    await consumer.assign([at]);
    expect((await read(kafka, consumer, 1)).map(({ offset, value }) => [offset, value])).toEqual([[3, 'd']]);
    expect(await admin.deleteRecords([{ ...at, before: 1 }])).toEqual([{ ...at, lowWatermark: 3 }]);
    expect(await admin.deleteRecords([{ ...at, before: 'all' }])).toEqual([{ ...at, lowWatermark: 4 }]);
    const ends = await admin.listOffsets([{ ...at, at: 'earliest' }]);
    expect(ends.map(({ offset }) => offset)).toEqual([4]);
    expect((await kafka.producer().send({ ...at, value: 'e' })).offset).toBe(4);
  }),

  scenario('a reader behind deleted records goes on at the first one that is left', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c']);
    await kafka.admin().deleteRecords([{ topic: ledger, partition: 0, before: 2 }]);
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    expect(valuesOf(await read(kafka, consumer, 1))).toEqual(['c']);
  }),

  scenario('records that are not there cannot be deleted', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a']);
    const admin = kafka.admin();
    const before = (offset: number, partition = 0) =>
      admin.deleteRecords([{ topic: ledger, partition, before: offset }]);
    expect(await nameOf(before(2))).toBe('OFFSET_OUT_OF_RANGE');
    expect(await nameOf(before(-2))).toBe('OFFSET_OUT_OF_RANGE');
    expect(await nameOf(before(0, 1))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  }),

  scenario('offsets are listed by name and by time', async ({ kafka, topic }) => {
    const ledger = await topic(2);
    const producer = kafka.producer();
    for (const timestamp of [1_000, 3_000, 2_000]) {
      await producer.send({ topic: ledger, partition: 1, value: 'x', timestamp });
    }
    const at = { topic: ledger, partition: 1 };
    const listed = await kafka.admin().listOffsets([{ topic: ledger, partition: 0, at: 'latest' }]);
    expect(listed).toMatchObject([{ topic: ledger, partition: 0, offset: 0, timestamp: -1 }]);
    const ask = async (spec: OffsetSpec) => {
      const [{ offset, timestamp }] = await kafka.admin().listOffsets([{ ...at, at: spec }]);
      return [offset, timestamp];
    };
    expect(await ask('earliest')).toEqual([0, -1]);
    expect(await ask('latest')).toEqual([3, -1]);
    expect(await ask('maxTimestamp')).toEqual([1, 3_000]);
    expect(await ask(1_500)).toEqual([1, 3_000]);
    expect(await ask(0)).toEqual([0, 1_000]);
    expect(await ask(4_000)).toEqual([-1, -1]);
  }),

  scenario('a setting of a topic can be changed and taken back, and holds at once', async ({ kafka, topic }) => {
    const ledger = await topic();
    const admin = kafka.admin();
    const resource = { type: 'topic', name: ledger } as const;
    const limit = async () => (await admin.describeConfigs([resource]))[0].configs['max.message.bytes'];
    expect(await limit()).toEqual({ value: '1048588', source: 'DEFAULT_CONFIG', isReadOnly: false });
    await admin.alterConfigs([{ ...resource, set: { 'max.message.bytes': '200', 'min.insync.replicas': '1' } }]);
    await kafka.world.until(async () => (await limit()).value === '200');
    expect((await limit()).source).toBe('DYNAMIC_TOPIC_CONFIG');
    const large = () => kafka.producer().send({ topic: ledger, value: 'x'.repeat(300) });
    expect(await nameOf(large())).toBe('MESSAGE_TOO_LARGE');
    await admin.alterConfigs([{ ...resource, delete: ['max.message.bytes'] }]);
    await kafka.world.until(async () => (await limit()).source === 'DEFAULT_CONFIG');
    expect((await large()).offset).toBe(0);
    const [{ configs }] = await admin.describeConfigs([resource]);
    expect(configs['min.insync.replicas']).toMatchObject({ value: '1', source: 'DYNAMIC_TOPIC_CONFIG' });
  }),

  scenario('settings that are not there, or make no sense, change nothing', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const admin = kafka.admin();
    const resource = { type: 'topic', name: ledger } as const;
    const set = (name: string, value: string, more = {}) =>
      admin.alterConfigs([{ ...resource, set: { [name]: value, ...more } }]);
    expect(await nameOf(set('no.such.setting', '1'))).toBe('INVALID_CONFIG');
    expect(await nameOf(set('segment.bytes', 'many', { 'max.message.bytes': '77' }))).toBe('INVALID_CONFIG');
    const missing = { type: 'topic', name: group() } as const;
    expect(await nameOf(admin.alterConfigs([{ ...missing, set: { 'max.message.bytes': '77' } }]))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
    expect(await nameOf(admin.describeConfigs([missing]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    const [{ configs }] = await admin.describeConfigs([resource]);
    expect(configs['max.message.bytes'].source).toBe('DEFAULT_CONFIG');
  }),

  scenario('a broker tells its settings, and which of them can be changed', async ({ kafka }) => {
    const admin = kafka.admin();
    const { brokers } = await admin.describeCluster();
    const [{ configs }] = await admin.describeConfigs([{ type: 'broker', name: String(brokers[0].id) }]);
    expect(configs['message.max.bytes'].isReadOnly).toBe(false);
    expect(configs['socket.request.max.bytes']).toMatchObject({ value: '104857600', isReadOnly: true });
    expect(configs['max.incremental.fetch.session.cache.slots'].value).toBe('1000');
    const name = String(brokers[0].id);
    const change = { type: 'broker', name, set: { 'socket.request.max.bytes': '1000' } } as const;
    expect(await nameOf(admin.alterConfigs([change]))).toBe('INVALID_REQUEST');
  }),

  scenario('the cluster names its brokers, one of them the controller', async ({ kafka, topic }) => {
    const { clusterId, controller, brokers } = await kafka.admin().describeCluster();
    expect(clusterId).toMatch(/^[\w-]{22}$/);
    const ids = brokers.map(({ id }) => id);
    expect(ids).toContain(controller);
    const [{ partitions }] = await kafka.admin().describeTopics([await topic()]);
    expect(ids).toContain(partitions[0].leader);
    expect(kafka.bootstrap).toContain(String(brokers[0].port));
  }),

  scenario('groups are listed with their state, and an empty one can be deleted', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a']);
    const groupId = group();
    const admin = kafka.admin();
    const consumer = kafka.consumer({ groupId, autoOffsetReset: 'earliest' });
    await consumer.subscribe([ledger]);
    await read(kafka, consumer, 1);
    await consumer.commitSync();
    const listed = async () => (await admin.listGroups()).find((one) => one.groupId === groupId);
    expect(await listed()).toEqual({ groupId, protocolType: 'consumer', state: 'Stable' });
    expect(await nameOf(admin.deleteGroups([groupId]))).toBe('NON_EMPTY_GROUP');
    await consumer.close();
    await kafka.world.until(async () => (await listed())?.state === 'Empty');
    await admin.deleteGroups([groupId]);
    expect(await listed()).toBeUndefined();
    expect(await nameOf(admin.deleteGroups([groupId]))).toBe('GROUP_ID_NOT_FOUND');
    expect(await admin.listConsumerGroupOffsets(groupId)).toEqual([]);
  }),

  scenario('offsets of a group are listed, and deleted where nobody reads', async ({ kafka, topic, group }) => {
    const [ledger, other] = [await topic(2), await topic()];
    await send(kafka, ledger, ['a', 'b']);
    const groupId = group();
    const admin = kafka.admin();
    const consumer = kafka.consumer({ groupId, autoOffsetReset: 'earliest' });
    await consumer.subscribe([ledger]);
    await read(kafka, consumer, 2);
    await consumer.commitSync([
      { topic: ledger, partition: 0, offset: 2, metadata: 'so far' },
      { topic: other, partition: 0, offset: 0 },
    ]);
    const offsets = async () =>
      (await admin.listConsumerGroupOffsets(groupId))
        .map(({ topic, partition, offset, metadata }) => [topic, partition, offset, metadata])
        .sort();
    const all = [
      [ledger, 0, 2, 'so far'],
      [other, 0, 0, ''],
    ].sort();
    await kafka.world.until(async () => (await offsets()).length === 2);
    expect(await offsets()).toEqual(all);
    const [first] = await admin.listConsumerGroupOffsets(groupId, [
      { topic: ledger, partition: 0 },
      { topic: ledger, partition: 1 },
    ]);
    expect(first).toMatchObject({ topic: ledger, partition: 0, offset: 2 });
    const forget = (name: string, partition = 0) =>
      admin.deleteConsumerGroupOffsets(groupId, [{ topic: name, partition }]);
    expect(await nameOf(forget(ledger))).toBe('GROUP_SUBSCRIBED_TO_TOPIC');
    expect(await nameOf(forget(other, 7))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    await forget(other);
    expect(await offsets()).toEqual([[ledger, 0, 2, 'so far']]);
    await consumer.close();
    await kafka.world.until(async () => (await admin.describeGroups([groupId]))[0].state === 'Empty');
    await forget(ledger);
    expect((await offsets()).filter(([name]) => name === ledger)).not.toContainEqual([ledger, 0, 2, 'so far']);
    expect(await nameOf(admin.deleteConsumerGroupOffsets(group(), [{ topic: ledger, partition: 0 }]))).toBe(
      'GROUP_ID_NOT_FOUND',
    );
  }),
];
