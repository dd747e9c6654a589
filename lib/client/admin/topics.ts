/** Topics and the cluster: created, grown, looked at and deleted. */
import { CreateTopics } from '../../protocol/apis/19-create-topics.ts';
import { DeleteTopics } from '../../protocol/apis/20-delete-topics.ts';
import { CreatePartitions } from '../../protocol/apis/37-create-partitions.ts';
import { DescribeCluster } from '../../protocol/apis/60-describe-cluster.ts';
import { Errors, KafkaError } from '../../protocol/errors.ts';
import { NO_UUID } from '../../protocol/schema.ts';
import { topicInfo } from '../metadata.ts';
import type { ClusterDescription, NewTopic, TopicDescription } from './api.ts';
import { type Calls, check, isMissing, missing } from './calls.ts';

export async function createTopics(
  calls: Calls,
  topics: Readonly<Record<string, number>> | readonly NewTopic[],
): Promise<void> {
  const wanted = listOf(topics);
  await calls.attempt('create topics', async () => {
    const connection = await calls.controller();
    const response = await connection.send(CreateTopics, {
      topics: wanted.map(({ name, partitions, replicationFactor = -1, configs = {} }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      })),
      timeoutMs: calls.requestTimeoutMs,
    });
    for (const { name, errorCode, errorMessage } of response.topics)
      check(errorCode, `create topic ${name}`, errorMessage);
  });
  await seen(calls, new Map(wanted.map(({ name }) => [name, 1])));
}

export async function createPartitions(calls: Calls, counts: Readonly<Record<string, number>>): Promise<void> {
  const wanted = Object.entries(counts);
  const results = await calls.attempt('create partitions', async () => {
    const connection = await calls.controller();
    const response = await connection.send(CreatePartitions, {
      topics: wanted.map(([name, count]) => ({ name, count })),
      timeoutMs: calls.requestTimeoutMs,
    });
    for (const { name, errorCode, errorMessage } of response.results) {
      if (!isMissing(errorCode)) check(errorCode, `add partitions to ${name}`, errorMessage);
    }
    return response.results;
  });
  const gone = results.find(({ errorCode }) => isMissing(errorCode));
  if (gone) throw missing(`add partitions to ${gone.name}`, `topic ${gone.name}`);
  await seen(calls, new Map(wanted));
}

/** The controller has noted the change; brokers hear of it a little later. Waits until these topics have so many partitions, each with a leader. */
function seen(calls: Calls, counts: ReadonlyMap<string, number>): Promise<void> {
  return calls.attempt('see the new partitions', async () => {
    for (const { name, errorCode, partitions } of await calls.topics([...counts.keys()])) {
      check(errorCode, `see topic ${name}`);
      const led = partitions.filter(({ leaderId }) => leaderId >= 0).length;
      if (led < partitions.length || led < (counts.get(name ?? '') ?? 0)) {
        throw new KafkaError(Errors.LEADER_NOT_AVAILABLE, `write to all partitions of ${name}`);
      }
    }
  });
}

export async function deleteTopics(calls: Calls, names: readonly string[]): Promise<void> {
  const results = await calls.attempt('delete topics', async () => {
    const connection = await calls.controller();
    const { responses } = await connection.send(DeleteTopics, {
      topics: names.map((name) => ({ name, topicId: NO_UUID })),
      topicNames: names,
      timeoutMs: calls.requestTimeoutMs,
    });
    for (const { name, errorCode, errorMessage } of responses) {
      if (!isMissing(errorCode)) check(errorCode, `delete topic ${name}`, errorMessage);
    }
    return responses;
  });
  for (const { name, errorCode, errorMessage } of results) check(errorCode, `delete topic ${name}`, errorMessage);
}

export async function describeTopics(calls: Calls, names: readonly string[]): Promise<TopicDescription[]> {
  const found = await calls.attempt('describe topics', async () => {
    const topics = await calls.topics(names);
    for (const { name, errorCode } of topics) {
      if (!isMissing(errorCode)) check(errorCode, `describe topic ${name}`);
    }
    return new Map(topics.map((topic) => [topic.name, topic]));
  });
  return names.map((name) => {
    const topic = found.get(name);
    if (topic === undefined || isMissing(topic.errorCode)) throw missing(`describe topic ${name}`, `topic ${name}`);
    const { topicId, partitions } = topicInfo(topic);
    return { name, topicId, partitions };
  });
}

export function listTopics(calls: Calls): Promise<string[]> {
  return calls.attempt('list topics', async () => {
    const topics = await calls.topics(null);
    const names = topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name ?? '');
    return names.sort();
  });
}

export function describeCluster(calls: Calls): Promise<ClusterDescription> {
  return calls.attempt('describe the cluster', async () => {
    const connection = await calls.any();
    const response = await connection.send(DescribeCluster, {});
    check(response.errorCode, 'describe the cluster', response.errorMessage);
    const brokers = response.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }));
    return {
      clusterId: response.clusterId,
      controller: response.controllerId,
      brokers: brokers.sort((a, b) => a.id - b.id),
    };
  });
}

function listOf(topics: Readonly<Record<string, number>> | readonly NewTopic[]): readonly NewTopic[] {
  if (Array.isArray(topics)) return topics as readonly NewTopic[];
  return Object.entries(topics as Readonly<Record<string, number>>).map(([name, partitions]) => ({ name, partitions }));
}
