/** Stock @platformatic/kafka, driven by lines: `node driver.mjs BOOTSTRAP MODULE`. See ../driver.ts. */
import { readFileSync } from 'node:fs';
import { answer, base64, bytes, until } from '../lines.mjs';

const [, , bootstrap, entry] = process.argv;
const { Admin, Consumer, Producer } = await import(entry);
const settings = {
  clientId: 'interop-platformatic',
  bootstrapBrokers: [bootstrap],
  retries: 5,
  retryDelay: 100,
  ...security(),
};
const admin = new Admin(settings);
const topicResource = 2;
/** What stands for a timestamp in ListOffsets. */
const [LATEST, EARLIEST, MAX_TIMESTAMP] = [-1, -2, -3];
/** @type {Map<string, { consumer: any, stream: any, received: number[][], life: any }>} */
const members = new Map();
let groups = 0;

const operations = {
  /** @param {any} request */
  async createTopic({ topic, partitions, configs }) {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries });
  },
  listTopics: () => admin.listTopics(),
  /** @param {any} request */
  async describeTopic({ topic }) {
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
    const partitions = topics
      .get(topic)
      .partitions.map((/** @type {any} */ { leader, replicas, isr }, /** @type {number} */ partition) => ({
        ...{ partition, leader, replicas, isr },
      }));
    return { partitions };
  },
  /** @param {any} request */
  addPartitions: ({ topic, count }) => admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] }),
  /** @param {any} request */
  async describeConfigs({ topic }) {
    const resources = [{ resourceType: topicResource, resourceName: topic, configurationKeys: null }];
    const [{ configs }] = await admin.describeConfigs({ resources });
    return Object.fromEntries(configs.map((/** @type {any} */ { name, value }) => [name, value]));
  },
  /** @param {any} request */
  async alterConfig({ topic, name, value }) {
    const configs = [{ name, configOperation: 0, value }];
    await admin.incrementalAlterConfigs({ resources: [{ resourceType: topicResource, resourceName: topic, configs }] });
  },
  /** @param {any} request */
  deleteTopic: ({ topic }) => admin.deleteTopics({ topics: [topic] }),
  async describeCluster() {
    const {
      id: clusterId,
      controllerId: controller,
      brokers,
    } = await admin.metadata({ topics: [], forceUpdate: true });
    const places = [...brokers].map(([id, { host, port }]) => ({ id, host, port }));
    return { clusterId, controller, brokers: places };
  },
  async listGroups() {
    return [...(await admin.listGroups()).keys()];
  },
  /** @param {any} request */
  async describeGroup({ group }) {
    const { state, protocol, members } = (await admin.describeGroups({ groups: [group] })).get(group);
    return { state, protocol, members: members.size };
  },
  /** @param {any} request */
  async groupOffsets({ group, topic, partitions }) {
    const groups = [{ groupId: group, topics: [{ name: topic, partitionIndexes: partitions }] }];
    const [{ topics }] = await admin.listConsumerGroupOffsets({ groups });
    const found = topics.flatMap((/** @type {any} */ each) => each.partitions);
    const committed = found.filter((/** @type {any} */ { committedOffset }) => committedOffset >= 0n);
    return Object.fromEntries(
      committed.map((/** @type {any} */ { partitionIndex, committedOffset }) => [
        partitionIndex,
        Number(committedOffset),
      ]),
    );
  },
  /** @param {any} request */
  async alterGroupOffsets({ group, topic, offsets }) {
    const partitionOffsets = Object.entries(offsets).map(([partition, offset]) => ({
      ...{ partition: Number(partition), offset: BigInt(offset) },
    }));
    await admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] });
  },
  /** @param {any} request */
  async deleteGroupOffsets({ group, topic, partitions }) {
    const topics = [{ name: topic, partitionIndexes: partitions }];
    await admin.deleteConsumerGroupOffsets({ groupId: group, topics });
  },
  /** @param {any} request */
  deleteGroup: ({ group }) => admin.deleteGroups({ groups: [group] }),
  /** @param {any} request */
  async deleteRecords({ topic, partition, before }) {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }] });
  },
  /** @param {any} request */
  async listOffset({ topic, partition, at }) {
    if (typeof at === 'number') return offsetAt(topic, partition, at);
    return offsetAt(topic, partition, at === 'earliest' ? EARLIEST : LATEST);
  },
  /** @param {any} request */
  offsetOfMaxTimestamp: ({ topic, partition }) => offsetAt(topic, partition, MAX_TIMESTAMP),
  /** @param {any} request */
  async produce({ topic, codec, acks, idempotent, records }) {
    const producer = new Producer({ ...settings, idempotent, autocreateTopics: false });
    const messages = records.map((/** @type {any} */ { partition, key, value, headers, timestamp }) => ({
      topic,
      ...(partition === null ? {} : { partition }),
      key: bytes(key) ?? undefined,
      value: bytes(value) ?? undefined,
      headers: new Map(headers.map((/** @type {any} */ [name, each]) => [Buffer.from(name), bytes(each)])),
      timestamp: BigInt(timestamp),
    }));
    try {
      const { offsets = [] } = await producer.send({ messages, acks, compression: codec });
      if (acks === 0) return [];
      return offsets.map((/** @type {any} */ { partition, offset }) => ({ partition, offset: Number(offset) }));
    } finally {
      await producer.close();
    }
  },
  /** Its streams belong to a group, so each time there is a new one. @param {any} request */
  async read({ topic, partition, from, count }) {
    groups += 1;
    const consumer = new Consumer({ ...settings, groupId: `read-platformatic-${groups}`, maxWaitTime: 100 });
    /** @type {any[]} */
    const records = [];
    try {
      const { topics } = await consumer.metadata({ topics: [topic] });
      const offsets = Array.from({ length: topics.get(topic).partitions.length }, (_, index) => ({
        ...{ topic, partition: index, offset: index === partition ? BigInt(from) : 0n },
      }));
      const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets, autocommit: false });
      /** @type {unknown} */
      let failure;
      stream.on('error', (/** @type {unknown} */ error) => {
        failure = error;
      });
      stream.on('data', (/** @type {any} */ message) => {
        if (message.partition === partition) records.push(recordOf(message));
      });
      await until(records, count, () => failure);
    } finally {
      await consumer.close(true);
    }
    return records.slice(0, count);
  },
  /** @param {any} request */
  async join({ member, group, topic, instanceId }) {
    const groupSettings = { groupId: group, sessionTimeout: 6_000, heartbeatInterval: 200, maxWaitTime: 100 };
    // Its subscriptions have the fields of version 0. That they are of version 1 is what it says by itself, and no leader of another kind can read them.
    const readable = { groupInstanceId: instanceId, protocols: [{ name: 'roundrobin', version: 0 }] };
    const consumer = new Consumer({ ...settings, ...groupSettings, ...(instanceId && readable) });
    /** @type {{ calls: unknown[], failure: string | null }} */
    const life = { calls: [], failure: null };
    consumer.on('consumer:group:join', (/** @type {any} */ { assignments }) => {
      life.calls.push(['assigned', partitionsIn(assignments)]);
    });
    consumer.on('consumer:heartbeat:error', (/** @type {any} */ { error }) => {
      life.failure = `error ${codeOf(error)}: ${error}`;
    });
    const how = { mode: 'committed', fallbackMode: 'earliest', autocommit: false };
    const stream = await consumer.consume({ topics: [topic], ...how });
    /** @type {number[][]} */
    const received = [];
    stream.on('error', () => {});
    stream.on('data', (/** @type {any} */ { partition, offset }) => received.push([partition, Number(offset)]));
    members.set(member, { consumer, stream, received, life });
  },
  /** @param {any} request */
  state({ member }) {
    const { consumer, received } = memberNamed(member);
    return { partitions: partitionsIn(consumer.assignments), received };
  },
  /** @param {any} request */
  life({ member }) {
    const { consumer, life } = memberNamed(member);
    return { generation: consumer.generationId, ...life };
  },
  /** @param {any} request */
  async commit({ member, topic, offsets }) {
    const places = Object.entries(offsets).map(([partition, offset]) => ({
      ...{ topic, partition: Number(partition), offset: BigInt(offset), leaderEpoch: -1 },
    }));
    await memberNamed(member).consumer.commit({ offsets: places });
  },
  /** @param {any} request */
  async leave({ member }) {
    await memberNamed(member).consumer.close(true);
    members.delete(member);
  },
};

/** @param {string} topic @param {number} partition @param {number} timestamp */
async function offsetAt(topic, partition, timestamp) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: BigInt(timestamp) }] }];
  const [{ partitions }] = await admin.listOffsets({ topics });
  return Number(partitions[0].offset);
}

/** @param {any[] | null} assignments @returns {number[]} */
function partitionsIn(assignments) {
  return (assignments ?? []).flatMap(({ partitions }) => partitions);
}

/** How the driver shows who it is, if it has to. */
function security() {
  const wanted = process.env.INTEROP_SECURITY;
  if (wanted === undefined) return {};
  const { ca, username, password } = JSON.parse(wanted);
  return { tls: { ca: readFileSync(ca, 'utf8') }, sasl: { mechanism: 'SCRAM-SHA-512', username, password } };
}

/** @param {string} name */
function memberNamed(name) {
  const member = members.get(name);
  if (!member) throw new Error(`no member ${name}`);
  return member;
}

/** @param {any} message */
function recordOf({ partition, offset, timestamp, key, value, headers }) {
  const pairs = [...headers].map(([name, each]) => [String(name), base64(each)]);
  const place = { partition, offset: Number(offset), timestamp: Number(timestamp) };
  return { ...place, key: base64(key), value: base64(value), headers: pairs };
}

/** @param {any} error @returns {number | null} */
function codeOf(error) {
  if (typeof error?.apiCode === 'number') return error.apiCode;
  const inner = error?.errors?.[0] ?? error?.cause;
  return inner ? codeOf(inner) : null;
}

// A connection that is refused and then reset tells so to nobody, which would end the process (@platformatic/kafka, Connection.#onError).
process.on('uncaughtException', (/** @type {any} */ error) => {
  if (error.code === 'PLT_KFK_NETWORK') return;
  console.error(error);
  process.exit(1);
});

await answer(operations, codeOf);
