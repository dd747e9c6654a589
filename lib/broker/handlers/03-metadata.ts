/**
 * Metadata, versions 0-12: which brokers and topics are there? A topic that is asked for by name and missing is made, if both the broker
 * (`auto.create.topics.enable`) and the client allow it. Kafka answers UNKNOWN_TOPIC_OR_PARTITION while it makes one; here it is there in the answer.
 */
import { OFFSETS_TOPIC, topicNameProblem } from '../../cluster/topicName.ts';
import type { Topic } from '../../cluster/topics.ts';
import type { Metadata } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import { NO_UUID, type RequestOf, type ResponseInput } from '../../protocol/schema.ts';
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from '../allowedOperations.ts';
import type { Handler } from '../dispatch.ts';
import { ensureOffsetsTopic } from '../offsetsTopic.ts';
import type { Services } from '../services.ts';
import { errorOfAppend } from '../storageErrors.ts';

/** The versions 10 and 11 have a place for ids of topics, and no way to answer them (KIP-516). */
const IDS_SINCE = 12;

type TopicResponse = ResponseInput<typeof Metadata>['topics'][number];
type WantedTopic = NonNullable<RequestOf<typeof Metadata>['topics']>[number];

export const handleMetadata: Handler<typeof Metadata> = async (services, request, { version }) => {
  const { brokerId, address, topics: known } = services;
  const wanted = version === 0 && request.topics?.length === 0 ? null : request.topics;
  if (version < IDS_SINCE && wanted?.some(({ name, topicId }) => name === null || topicId !== NO_UUID)) {
    const refused = wanted.map(({ name, topicId }) => failure(name ?? '', topicId, Errors.INVALID_REQUEST));
    return { brokers: [], clusterId: null, controllerId: -1, topics: refused };
  }
  const topics: TopicResponse[] = [];
  if (wanted === null) for (const topic of known.all) topics.push(describe(topic));
  else for (const topic of once(wanted)) topics.push(await answer(services, topic, request.allowAutoTopicCreation));
  return {
    brokers: [{ nodeId: brokerId, host: address.host, port: address.port }],
    clusterId: known.clusterId,
    controllerId: brokerId,
    topics: request.includeTopicAuthorizedOperations ? topics.map(withOperations) : topics,
    ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
  };
};

function withOperations(topic: TopicResponse): TopicResponse {
  return { ...topic, topicAuthorizedOperations: TOPIC_OPERATIONS };
}

/** What is asked for twice is answered once. Where there is a name, the id beside it does not count. */
function once(wanted: readonly WantedTopic[]): Iterable<WantedTopic> {
  return new Map(wanted.map((topic) => [topic.name ? topic.name : `${topic.topicId} ${topic.name}`, topic])).values();
}

async function answer(services: Services, { name, topicId }: WantedTopic, mayCreate: boolean): Promise<TopicResponse> {
  const { topics, config } = services;
  if (name === null || (name === '' && topicId !== NO_UUID)) {
    const topic = topics.withId(topicId);
    return topic ? describe(topic) : failure(name, topicId, Errors.UNKNOWN_TOPIC_ID);
  }
  const known = topics.named(name);
  if (known) return describe(known);
  if (topicNameProblem(name) !== null) return failure(name, topicId, Errors.INVALID_TOPIC_EXCEPTION);
  if (!mayCreate || !config['auto.create.topics.enable']) {
    return failure(name, topicId, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }
  try {
    if (name === OFFSETS_TOPIC) return describe(await ensureOffsetsTopic(services));
    if (topics.colliding(name)) return failure(name, topicId, Errors.INVALID_TOPIC_EXCEPTION);
    const made = await topics.create(name, config['num.partitions']);
    // Another client was quicker, with this name or with one that collides.
    return made ? describe(made) : answer(services, { name, topicId }, mayCreate);
  } catch (error) {
    return failure(name, topicId, errorOfAppend(error));
  }
}

function describe({ name, topicId, isInternal, partitions }: Topic): TopicResponse {
  return {
    errorCode: Errors.NONE.code,
    name,
    topicId,
    isInternal,
    partitions: partitions.map(({ index, leaderId, leaderEpoch, inSyncReplicas }) => ({
      errorCode: Errors.NONE.code,
      partitionIndex: index,
      leaderId,
      leaderEpoch,
      replicaNodes: [leaderId],
      isrNodes: inSyncReplicas,
      offlineReplicas: [],
    })),
  };
}

function failure(name: string | null, topicId: string, error: ErrorCode): TopicResponse {
  return { errorCode: error.code, name, topicId, partitions: [] };
}
