/**
 * Requests of administration and of fetch sessions, one by one and as they are on the wire, put to Apache Kafka and to our broker: both must answer alike.
 * What cannot be alike (ids, ports, words) is left out of what is compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { memoryDisk } from '../../lib/node/memoryDisk.ts';
import { type ServedKafka, serve } from '../../lib/node/serve.ts';
import { hostIn, realTrace, realWorld } from '../../lib/node/world.ts';
import {
  AlterConfigs,
  BROKER_RESOURCE,
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DescribeCluster,
  DescribeConfigs,
  Fetch,
  FindCoordinator,
  IncrementalAlterConfigs,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetForLeaderEpoch,
  Produce,
  TOPIC_RESOURCE,
} from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import type { Api, Fields, Input, Output, RequestInput } from '../../lib/protocol/schema.ts';
import { batchesIn, encodeBatch } from '../../lib/records/batch.ts';
import { Connection } from '../../lib/wire/connection.ts';

type Topic = RequestInput<typeof Fetch>['topics'][number];
const nameOf = (errorCode: number) => errorOf(errorCode).name;

/** One broker, and a connection to it. */
class Subject {
  readonly world = realWorld(memoryDisk());
  readonly connection: Connection;
  brokerId = -1;
  #topics = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  static async open(bootstrap: string): Promise<Subject> {
    const [host, port] = bootstrap.split(':');
    const at = hostIn(realWorld(memoryDisk()), realTrace(), 'observer');
    const subject = new Subject(await Connection.open(at, { host, port: Number(port) }, { clientId: 'observer' }));
    const { brokers } = await subject.ask(Metadata, { topics: [] });
    subject.brokerId = brokers[0].nodeId;
    await subject.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    return subject;
  }

  ask<Q extends Fields, S extends Fields>(api: Api<Q, S>, body: Input<Q>, version?: number): Promise<Output<S>> {
    return this.connection.send(api, body, version === undefined ? {} : { version });
  }

  /** A new topic with this many records of its own batch in partition 0. */
  async topic(numPartitions = 1, records = 0): Promise<string> {
    const name = `observed-${++this.#topics}`;
    const wanted = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    const { topics } = await this.ask(CreateTopics, { topics: [wanted] });
    expect(topics[0].errorCode).toBe(0);
    await this.#seen(name, numPartitions);
    for (let count = 0; count < records; count++) await this.append(name);
    return name;
  }

  async append(name: string, index = 0): Promise<void> {
    const value = new TextEncoder().encode('value');
    const records = encodeBatch([{ timestamp: 1_000, key: null, value, headers: [] }], {}, this.world.codecs);
    const topicData = [{ name, partitionData: [{ index, records }] }];
    const { responses } = await this.ask(Produce, { acks: -1, timeoutMs: 5_000, topicData });
    expect(nameOf(responses[0].partitionResponses[0].errorCode)).toBe('NONE');
  }

  /** A broker hears of what the controller has noted a little later: it is there once it answers for all partitions. */
  async #seen(name: string, numPartitions: number): Promise<void> {
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1,
    }));
    for (;;) {
      const { topics } = await this.ask(ListOffsets, { topics: [{ name, partitions }] });
      if (topics[0].partitions.every(({ errorCode }) => errorCode === 0)) return;
      await sleep(20);
    }
  }
}

let apache: Subject;
let ours: Subject;
let served: ServedKafka;

beforeAll(async () => {
  served = await serve({ port: 0 });
  [apache, ours] = await Promise.all([inject('apacheKafka').bootstrap, served.bootstrap].map(Subject.open));
});

afterAll(async () => {
  apache.connection.close();
  ours.connection.close();
  await served.close();
});

/** `observe` must see the same on both, and something. */
function alike(what: string, observe: (subject: Subject) => Promise<unknown[]>): void {
  test(what, async () => {
    const [theirs, seen] = [await observe(apache), await observe(ours)];
    expect(seen).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(0);
  });
}

async function configsOf(subject: Subject, resourceType: number, resourceName: string) {
  const resources = [{ resourceType, resourceName }];
  return (await subject.ask(DescribeConfigs, { resources, includeSynonyms: true })).results[0].configs;
}

/** Kafka sets the first for the whole cluster when its storage is formatted, and has the defaults of the others from properties in hours. */
const fromElsewhere = ['min.insync.replicas', 'retention.ms', 'segment.ms'];

describe('settings', () => {
  alike('of a topic: values, kinds, sources and the names they have in the broker', async (subject) => {
    const known = (await configsOf(ours, TOPIC_RESOURCE, await ours.topic())).map(({ name }) => name);
    const configs = await configsOf(subject, TOPIC_RESOURCE, await subject.topic());
    return configs
      .filter(({ name }) => known.includes(name))
      .map(({ name, value, configType, readOnly, isSensitive, configSource, synonyms }) => {
        const origin = fromElsewhere.includes(name) ? [] : [configSource, synonyms[0]?.name];
        return [name, value, configType, readOnly, isSensitive, ...origin].join(' ');
      })
      .sort();
  });

  alike('of a broker: kinds, and which can be changed while it runs', async (subject) => {
    const known = (await configsOf(ours, BROKER_RESOURCE, String(ours.brokerId))).map(({ name }) => name);
    return (await configsOf(subject, BROKER_RESOURCE, String(subject.brokerId)))
      .filter(({ name }) => known.includes(name))
      .map(({ name, configType, readOnly }) => [name, configType, readOnly].join(' '))
      .sort();
  });

  alike('that are changed one by one: what is refused, and how', async (subject) => {
    const ledger = { resourceType: TOPIC_RESOURCE, resourceName: await subject.topic() };
    const broker = { resourceType: BROKER_RESOURCE, resourceName: String(subject.brokerId) };
    const seen: string[] = [];
    const change = async (resource: typeof ledger, ...operations: [string, number, string | null][]) => {
      const configs = operations.map(([name, configOperation, value]) => ({ name, configOperation, value }));
      const { responses } = await subject.ask(IncrementalAlterConfigs, { resources: [{ ...resource, configs }] });
      seen.push(nameOf(responses[0].errorCode));
    };
    await change(ledger, ['segment.bytes', 0, '2000000']);
    await change(ledger, ['segment.bytes', 0, 'many']);
    await change(ledger, ['segment.bytes', 0, null]);
    await change(ledger, ['segment.bytes', 2, '1']);
    await change(ledger, ['no.such', 0, '1']);
    await change(ledger, ['no.such', 1, null]);
    await change(ledger, ['cleanup.policy', 2, 'compact']);
    await change(ledger, ['cleanup.policy', 3, 'delete']);
    await change(ledger, ['max.message.bytes', 0, '5000'], ['segment.bytes', 0, 'many']);
    await change({ ...ledger, resourceName: 'missing' }, ['segment.bytes', 0, '2000000']);
    await change({ ...ledger, resourceName: 'a b' }, ['segment.bytes', 0, '2000000']);
    await change({ ...broker, resourceName: '77' }, ['message.max.bytes', 0, '2000000']);
    await change(broker, ['num.partitions', 0, '2']);
    await change(broker, ['message.max.bytes', 0, 'many']);
    await sleep(200);
    const names = ['segment.bytes', 'cleanup.policy', 'max.message.bytes'];
    const configs = await configsOf(subject, TOPIC_RESOURCE, ledger.resourceName);
    return [...seen, ...names.map((name) => configs.find((one) => one.name === name)?.value)];
  });

  alike('that are changed all together', async (subject) => {
    const resource = { resourceType: TOPIC_RESOURCE, resourceName: await subject.topic() };
    const seen: unknown[] = [];
    const replace = async (texts: Record<string, string | null>) => {
      const configs = Object.entries(texts).map(([name, value]) => ({ name, value }));
      const { responses } = await subject.ask(AlterConfigs, { resources: [{ ...resource, configs }] });
      seen.push(nameOf(responses[0].errorCode));
    };
    await replace({ 'segment.bytes': '2000000', 'max.message.bytes': '5000' });
    await replace({ 'segment.bytes': '3000000' });
    await replace({ 'segment.bytes': null });
    await replace({ 'no.such': '1' });
    await sleep(200);
    const configs = await configsOf(subject, TOPIC_RESOURCE, resource.resourceName);
    const own = configs.filter(({ configSource }) => configSource === 1).map(({ name, value }) => `${name}=${value}`);
    return [...seen, ...own];
  });

  alike('that are asked for of what is not there', async (subject) => {
    const seen: string[] = [];
    for (const [resourceType, resourceName] of [
      [TOPIC_RESOURCE, 'missing'],
      [TOPIC_RESOURCE, 'a b'],
      [BROKER_RESOURCE, '77'],
      [BROKER_RESOURCE, 'many'],
    ] as const) {
      const { results } = await subject.ask(DescribeConfigs, { resources: [{ resourceType, resourceName }] });
      seen.push(nameOf(results[0].errorCode));
    }
    return seen;
  });
});

describe('partitions and records', () => {
  alike('partitions that are added, and those that cannot be', async (subject) => {
    const ledger = await subject.topic(2);
    const seen: string[] = [];
    const add = async (name: string, count: number, assignments: { brokerIds: number[] }[] | null = null) => {
      const { results } = await subject.ask(CreatePartitions, { topics: [{ name, count, assignments }] });
      seen.push(nameOf(results[0].errorCode));
    };
    await add(ledger, 2);
    await add(ledger, 1);
    await add(ledger, -1);
    await add('missing', 2);
    await add(ledger, 3, []);
    await add(ledger, 3, [{ brokerIds: [77] }]);
    await add(ledger, 3, [{ brokerIds: [] }]);
    await add(ledger, 3, [{ brokerIds: [subject.brokerId] }]);
    await add(ledger, 5);
    const twice = { name: ledger, count: 9 };
    const { results } = await subject.ask(CreatePartitions, { topics: [twice, twice] });
    return [...seen, ...results.map(({ errorCode }) => nameOf(errorCode))];
  });

  alike('records that are deleted, and those that cannot be', async (subject) => {
    const ledger = await subject.topic(1, 3);
    const seen: unknown[] = [];
    const deleteBefore = async (offset: number, name = ledger, partitionIndex = 0) => {
      const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
      const [one] = (await subject.ask(DeleteRecords, { topics, timeoutMs: 5_000 })).topics[0].partitions;
      seen.push(`${nameOf(one.errorCode)} ${one.lowWatermark}`);
    };
    await deleteBefore(2);
    await deleteBefore(1);
    await deleteBefore(4);
    await deleteBefore(-2);
    await deleteBefore(0, ledger, 7);
    await deleteBefore(0, 'missing');
    await deleteBefore(0, '__consumer_offsets');
    await deleteBefore(-1);
    const look = async (timestamp: number) => {
      const topics = [{ name: ledger, partitions: [{ partitionIndex: 0, timestamp }] }];
      const [one] = (await subject.ask(ListOffsets, { topics })).topics[0].partitions;
      seen.push([nameOf(one.errorCode), one.offset, one.timestamp]);
    };
    // Asked for the largest timestamp, Kafka names a record that has been deleted; ours says that there is none.
    for (const timestamp of [-1, -2, 0]) await look(timestamp);
    return seen;
  });

  alike('the ends of leader epochs', async (subject) => {
    const ledger = await subject.topic(1, 3);
    const seen: unknown[] = [];
    for (const [currentLeaderEpoch, leaderEpoch, partition] of [
      [-1, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
      [-1, 1, 0],
      [-1, -1, 0],
      [-1, 0, 7],
    ]) {
      const topics = [{ topic: ledger, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }];
      const response = await subject.ask(OffsetForLeaderEpoch, { replicaId: -1, topics });
      const [one] = response.topics[0].partitions;
      seen.push([nameOf(one.errorCode), one.leaderEpoch, one.endOffset]);
    }
    return seen;
  });
});

describe('groups and the cluster', () => {
  alike('offsets that are deleted, and a group in the list', async (subject) => {
    const ledger = await subject.topic(2);
    const groupId = `observed-${ledger}`;
    const seen: unknown[] = [];
    const forget = async (id: string, name: string, ...indexes: number[]) => {
      const partitions = indexes.map((partitionIndex) => ({ partitionIndex }));
      const { errorCode, topics } = await subject.ask(OffsetDelete, { groupId: id, topics: [{ name, partitions }] });
      const each = topics.flatMap((topic) =>
        topic.partitions.map((one) => `${one.partitionIndex} ${nameOf(one.errorCode)}`),
      );
      seen.push([nameOf(errorCode), ...each.sort()]);
    };
    await forget(groupId, ledger, 0);
    const offsets = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 7 }));
    const topics = [{ name: ledger, partitions: offsets }];
    await subject.ask(OffsetCommit, { groupId, memberId: '', generationIdOrMemberEpoch: -1, topics });
    await forget(groupId, ledger, 0, 9);
    await forget(groupId, 'missing', 0);
    await forget('', ledger, 0);
    const { groups } = await subject.ask(ListGroups, {});
    return [...seen, groups.find((group) => group.groupId === groupId)?.groupType];
  });

  alike('who asks for controllers, or for what does not exist', async (subject) => {
    const codes: number[] = [];
    for (const endpointType of [1, 2, 9]) codes.push((await subject.ask(DescribeCluster, { endpointType })).errorCode);
    return codes.map(nameOf);
  });
});

describe('fetch sessions', () => {
  const from = (fetchOffset: number, partition = 0) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 });

  /** Asks within a session and tells what came; answers the id of the session. */
  async function fetch(
    subject: Subject,
    seen: unknown[],
    [sessionId, sessionEpoch]: [number, number],
    topics: readonly Topic[],
    forgottenTopicsData: RequestInput<typeof Fetch>['forgottenTopicsData'] = [],
    maxBytes = 1 << 20,
  ): Promise<number> {
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes, sessionId, sessionEpoch, topics, forgottenTopicsData };
    const response = await subject.ask(Fetch, request, 12);
    const partitions = response.responses.flatMap((topic) =>
      topic.partitions.map((one) => {
        const bases = [...batchesIn(one.records ?? new Uint8Array(0))].map(({ header }) => header.baseOffset);
        return `${one.partitionIndex} ${nameOf(one.errorCode)} [${one.logStartOffset} ${one.highWatermark}] ${bases}`;
      }),
    );
    seen.push([nameOf(response.errorCode), response.sessionId === 0 ? 'none' : 'session', ...partitions]);
    return response.sessionId;
  }

  alike('what is told in each step of a session', async (subject) => {
    const ledger = await subject.topic(3, 1);
    const seen: unknown[] = [];
    const wanted = (...partitions: ReturnType<typeof from>[]) => [{ topic: ledger, partitions }];
    const id = await fetch(subject, seen, [0, 0], wanted(from(0), from(0, 1), from(0, 2)));
    await fetch(subject, seen, [id, 1], wanted(from(1)));
    await subject.append(ledger, 2);
    await fetch(subject, seen, [id, 2], []);
    await fetch(subject, seen, [id, 3], []);
    await fetch(subject, seen, [id, 4], wanted(from(5, 1)));
    await fetch(subject, seen, [id, 5], wanted(from(0, 1), from(1, 2)));
    await fetch(subject, seen, [id, 6], [], [{ topic: ledger, partitions: [2] }]);
    await fetch(subject, seen, [id, 7], [{ topic: 'missing', partitions: [from(0)] }]);
    await fetch(subject, seen, [id, 9], []);
    await fetch(subject, seen, [id, 7], []);
    await fetch(subject, seen, [12345, 1], []);
    await fetch(subject, seen, [id, -1], wanted(from(0)));
    await fetch(subject, seen, [id, 8], []);
    const short = await fetch(subject, seen, [0, 0], wanted(from(1)));
    await fetch(subject, seen, [short, 1], [], [{ topic: ledger, partitions: [0] }]);
    await fetch(subject, seen, [short, 2], []);
    return seen;
  });

  alike('whose turn it is when there is room for one batch', async (subject) => {
    const ledger = await subject.topic(3);
    for (const partition of [0, 1, 2]) await subject.append(ledger, partition);
    const seen: unknown[] = [];
    const all = [{ topic: ledger, partitions: [from(0), from(0, 1), from(0, 2)] }];
    const id = await fetch(subject, seen, [0, 0], all, [], 1);
    for (let epoch = 1; epoch <= 4; epoch++) await fetch(subject, seen, [id, epoch], [], [], 1);
    return seen;
  });
});
