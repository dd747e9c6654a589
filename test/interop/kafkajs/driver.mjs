/** Stock kafkajs, driven by lines: `node driver.mjs BOOTSTRAP`. See ../driver.ts. */
import kafkajs from 'kafkajs';
import { answer, base64, bytes, until } from '../lines.mjs';

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel, Partitioners } = kafkajs;
const kafka = new Kafka({
  clientId: 'interop-kafkajs',
  brokers: [process.argv[2]],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 8 },
});
const admin = kafka.admin();
/** @type {Map<string, { consumer: kafkajs.Consumer, partitions: number[], received: number[][] }>} */
const members = new Map();
let groups = 0;

const operations = {
  /** @param {any} request */
  async createTopic({ topic, partitions, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value: String(value) }));
    const created = await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
    if (!created) throw Object.assign(new Error('kafkajs answers false for a topic that exists'), { code: 36 });
  },
  listTopics: () => admin.listTopics(),
  /** @param {any} request */
  async describeTopic({ topic }) {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0].partitions.map(({ partitionId: partition, leader, replicas, isr }) => ({
      ...{ partition, leader, replicas, isr },
    }));
    return { partitions };
  },
  /** @param {any} request */
  addPartitions: ({ topic, count }) => admin.createPartitions({ topicPartitions: [{ topic, count }] }),
  /** @param {any} request */
  async describeConfigs({ topic }) {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
    const { resources: described } = await admin.describeConfigs({ resources, includeSynonyms: false });
    return Object.fromEntries(
      described[0].configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  },
  /** @param {any} request */
  async alterConfig({ topic, name, value }) {
    const configEntries = [{ name, value }];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ resources, validateOnly: false });
  },
  /** @param {any} request */
  deleteTopic: ({ topic }) => admin.deleteTopics({ topics: [topic] }),
  async describeCluster() {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    return { clusterId, controller, brokers: brokers.map(({ nodeId: id, host, port }) => ({ id, host, port })) };
  },
  async listGroups() {
    return (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  },
  /** @param {any} request */
  async describeGroup({ group }) {
    const { state, protocol, members } = (await admin.describeGroups([group])).groups[0];
    return { state, protocol, members: members.length };
  },
  /** @param {any} request */
  async groupOffsets({ group, topic }) {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const committed = partitions.filter(({ offset }) => offset !== '-1');
    return Object.fromEntries(committed.map(({ partition, offset }) => [partition, Number(offset)]));
  },
  /** @param {any} request */
  async alterGroupOffsets({ group, topic, offsets }) {
    const partitions = Object.entries(offsets).map(([partition, offset]) => ({
      partition: Number(partition),
      offset: String(offset),
    }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  },
  /** @param {any} request */
  deleteGroup: ({ group }) => admin.deleteGroups([group]),
  /** @param {any} request */
  deleteRecords: ({ topic, partition, before }) =>
    admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] }),
  /** @param {any} request */
  async listOffset({ topic, partition, at }) {
    const found =
      typeof at === 'number'
        ? (await admin.fetchTopicOffsetsByTimestamp(topic, at)).map((each) => ({ ...each, low: '' }))
        : await admin.fetchTopicOffsets(topic);
    const its = found.find((each) => each.partition === partition);
    return Number(at === 'earliest' ? its?.low : its?.offset);
  },
  /** @param {any} request */
  async produce({ topic, codec, acks, idempotent, records }) {
    const producer = kafka.producer({ idempotent, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = records.map((/** @type {any} */ { partition, key, value, headers, timestamp }) => ({
      partition: partition ?? undefined,
      key: bytes(key),
      value: bytes(value),
      headers: Object.fromEntries(headers.map((/** @type {any} */ [name, each]) => [name, bytes(each)])),
      timestamp: String(timestamp),
    }));
    const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
    const written = await producer.send({ topic, acks, compression, messages });
    await producer.disconnect();
    if (acks === 0) return [];
    return written.map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset) }));
  },
  /** kafkajs reads in groups only, so each time there is a new one. @param {any} request */
  async read({ topic, partition, from, count }) {
    groups += 1;
    const consumer = kafka.consumer({ groupId: `read-kafkajs-${groups}`, maxWaitTimeInMs: 100 });
    /** @type {any[]} */
    const records = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    /** @type {unknown} */
    let crash;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) crash = payload.error;
    });
    /** @type {unknown[]} */
    const joins = [];
    consumer.on(consumer.events.GROUP_JOIN, (join) => joins.push(join));
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition: its, message: { offset, timestamp, key, value, headers } }) => {
        if (its !== partition || Number(offset) < from) return;
        const place = { partition: its, offset: Number(offset), timestamp: Number(timestamp) };
        records.push({ ...place, key: base64(key), value: base64(value), headers: headersOf(headers) });
      },
    });
    try {
      await until(joins, 1, () => crash);
      consumer.seek({ topic, partition, offset: String(from) });
      await until(records, count, () => crash);
    } finally {
      await consumer.disconnect();
    }
    return records.slice(0, count);
  },
  /** @param {any} request */
  async join({ member, group, topic }) {
    const settings = { groupId: group, sessionTimeout: 10_000, heartbeatInterval: 200, maxWaitTimeInMs: 100 };
    const consumer = kafka.consumer(settings);
    /** @type {{ consumer: kafkajs.Consumer, partitions: number[], received: number[][] }} */
    const state = { consumer, partitions: [], received: [] };
    members.set(member, state);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      state.partitions = payload.memberAssignment[topic] ?? [];
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        state.received.push([partition, Number(message.offset)]);
      },
    });
  },
  /** @param {any} request */
  state({ member }) {
    const { partitions, received } = memberNamed(member);
    return { partitions, received };
  },
  /** @param {any} request */
  async commit({ member, topic, offsets }) {
    const places = Object.entries(offsets).map(([partition, offset]) => ({
      ...{ topic, partition: Number(partition), offset: String(offset) },
    }));
    await memberNamed(member).consumer.commitOffsets(places);
  },
  /** @param {any} request */
  async leave({ member }) {
    await memberNamed(member).consumer.disconnect();
    members.delete(member);
  },
};

/** @param {string} name */
function memberNamed(name) {
  const member = members.get(name);
  if (!member) throw new Error(`no member ${name}`);
  return member;
}

/** @param {kafkajs.IHeaders | undefined} headers */
function headersOf(headers = {}) {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, base64(/** @type {Buffer | undefined} */ (value))]),
  );
}

/** @param {any} error @returns {number | null} */
function codeOf(error) {
  if (typeof error?.code === 'number') return error.code;
  const inner = error?.errors?.[0] ?? error?.groups?.[0]?.error ?? error?.partitions?.[0]?.error ?? error?.cause;
  return inner ? codeOf(inner) : null;
}

await admin.connect();
await answer(operations, codeOf);
