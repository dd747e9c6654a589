/**
 * Every client makes, looks at, changes and deletes topics, and deletes records, with the requests of its own kind. On Apache
 * Kafka a change is acknowledged a moment before the broker shows it, so what was changed is looked for more than once.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { Driver, Missing } from './driver.ts';
import { anyOf, codeOf, createTopic, eventually, numbered } from './observe.ts';

const { bootstrap, nodeId, clients } = inject('interop');

/** The client refused by itself, which is its right. */
const unasked = null;
const TOPIC_ALREADY_EXISTS = 36;
const INVALID_TOPIC_EXCEPTION = 17;
const INVALID_PARTITIONS = 37;
const INVALID_CONFIG = 40;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const OFFSET_OUT_OF_RANGE = 1;

describe.each(clients)('$name', (client) => {
  let topic = '';
  let driver: Driver;

  beforeAll(() => {
    driver = new Driver(client);
  });

  afterAll(() => driver.close());

  test('finds the cluster and its broker', async () => {
    const { clusterId, controller, brokers } = await driver.do('describeCluster', {});
    const [host, port] = bootstrap.split(':');
    expect(brokers).toEqual([{ id: nodeId, host, port: Number(port) }]);
    expect(controller).toBe(nodeId);
    expect(clusterId).toMatch(/^[\w-]{22}$/);
  });

  test('creates a topic with settings, and is told of what makes no sense', async () => {
    topic = fresh(`admin-${client.name}`);
    const configs = { 'segment.bytes': '2000000', 'cleanup.policy': 'compact' };
    await driver.do('createTopic', { topic, partitions: 3, configs });
    const create = (name: string, partitions: number, settings = {}) =>
      codeOf(driver.do('createTopic', { topic: name, partitions, configs: settings }));
    expect(await create(topic, 3)).toBe(TOPIC_ALREADY_EXISTS);
    expect(await create('no name', 3)).toBe(INVALID_TOPIC_EXCEPTION);
    expect(await create(`${topic}-none`, 0)).toSatisfy(anyOf(INVALID_PARTITIONS, unasked));
    expect(await create(`${topic}-odd`, 1, { 'segment.bytes': 'many' })).toBe(INVALID_CONFIG);
    const topics = await eventually(
      () => driver.do('listTopics', {}),
      (names) => names.includes(topic),
    );
    expect(topics).toContain(topic);
    expect(topics).not.toContain(`${topic}-odd`);
    const { 'segment.bytes': bytes, 'cleanup.policy': policy } = await driver.do('describeConfigs', { topic });
    expect({ bytes, policy }).toEqual({ bytes: '2000000', policy: 'compact' });
  });

  test('describes partitions and adds some', async () => {
    const partition = (index: number) => ({ partition: index, leader: nodeId, replicas: [nodeId], isr: [nodeId] });
    const described = async () =>
      (await driver.do('describeTopic', { topic })).partitions.sort((one, other) => one.partition - other.partition);
    expect(await described()).toEqual([0, 1, 2].map(partition));
    await driver.do('addPartitions', { topic, count: 5 });
    expect(await eventually(described, ({ length }) => length === 5)).toEqual([0, 1, 2, 3, 4].map(partition));
    expect(await codeOf(driver.do('addPartitions', { topic, count: 4 }))).toBe(INVALID_PARTITIONS);
    expect(await codeOf(driver.do('addPartitions', { topic: 'nowhere', count: 4 }))).toBe(UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('changes a setting', async () => {
    await driver.do('alterConfig', { topic, name: 'retention.ms', value: '1234567' });
    const retention = async () => (await driver.do('describeConfigs', { topic }))['retention.ms'];
    expect(await eventually(retention, (value) => value === '1234567')).toBe('1234567');
    const refused = driver.do('alterConfig', { topic, name: 'retention.ms', value: 'long' });
    expect(await codeOf(refused)).toBe(INVALID_CONFIG);
  });

  test('looks offsets up by time, and deletes the oldest records', async () => {
    const its = fresh(`records-${client.name}`);
    await createTopic(driver, its, 1);
    const records = numbered(10, 0);
    await driver.do('produce', { topic: its, codec: 'none', acks: -1, idempotent: false, records });
    const offset = (at: 'earliest' | 'latest' | number) => driver.do('listOffset', { topic: its, partition: 0, at });
    expect([await offset('earliest'), await offset('latest')]).toEqual([0, 10]);
    expect(await offset(records[3].timestamp)).toBe(3);
    expect(await offset(records[3].timestamp + 1)).toBe(4);
    expect(await offset(0)).toBe(0);

    const old = [{ ...records[0], timestamp: records[8].timestamp }];
    await driver.do('produce', { topic: its, codec: 'none', acks: -1, idempotent: false, records: old });
    const youngest = driver.do('offsetOfMaxTimestamp', { topic: its, partition: 0 });
    if (client.lacks.includes('offsetOfMaxTimestamp')) await expect(youngest).rejects.toThrow(Missing);
    else expect(await youngest).toBe(9);

    await driver.do('deleteRecords', { topic: its, partition: 0, before: 4 });
    expect([await offset('earliest'), await offset('latest')]).toEqual([4, 11]);
    expect(await offset(0)).toBe(4);
    const rest = await driver.do('read', { topic: its, partition: 0, from: 4, count: 6 });
    expect(rest.map(({ offset, value }) => ({ offset, value }))).toEqual(
      records.slice(4).map(({ value }, index) => ({ offset: index + 4, value })),
    );
    const beyond = driver.do('deleteRecords', { topic: its, partition: 0, before: 12 });
    expect(await codeOf(beyond)).toBe(OFFSET_OUT_OF_RANGE);
  });

  test('deletes a topic, once', async () => {
    await driver.do('deleteTopic', { topic });
    const topics = () => driver.do('listTopics', {});
    expect(await eventually(topics, (names) => !names.includes(topic))).not.toContain(topic);
    // @platformatic/kafka says so in words of its own.
    expect(await codeOf(driver.do('describeTopic', { topic }))).toSatisfy(anyOf(UNKNOWN_TOPIC_OR_PARTITION, unasked));
    expect(await codeOf(driver.do('deleteTopic', { topic }))).toBe(UNKNOWN_TOPIC_OR_PARTITION);
  });
});
