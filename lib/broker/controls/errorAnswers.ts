/**
 * An answer that is an error, for every API: where in its response the code has its place.
 *
 * Kafka has one error code for a whole response in some APIs, one for each topic, partition, group or resource in others. Whatever the request names gets
 * the error here, as when the broker refuses all of it.
 *
 * Source: `getErrorResponse` of the request classes of Kafka's clients.
 */
import { Errors } from '../../protocol/errors.ts';
import type { ApiName, RequestBody, ResponseBody } from './requests.ts';

type ErrorAnswer<Name extends ApiName> = (
  request: RequestBody<Name>,
  errorCode: number,
  /** What the broker would answer: for responses that have to say more than the error. */
  handle: () => Promise<ResponseBody<Name>>,
) => ResponseBody<Name> | Promise<ResponseBody<Name>>;

type Resources = { readonly resources: readonly { readonly resourceType: number; readonly resourceName: string }[] };

/** Errors that are about the session of a fetch, and not about a partition. */
const SESSION_ERRORS: readonly number[] = [
  Errors.FETCH_SESSION_ID_NOT_FOUND.code,
  Errors.INVALID_FETCH_SESSION_EPOCH.code,
  Errors.FETCH_SESSION_TOPIC_ID_ERROR.code,
];

const wholeResponse = (_: unknown, errorCode: number) => ({ errorCode });
const refusedChanges = ({ resources }: Resources, errorCode: number) => ({
  responses: resources.map(({ resourceType, resourceName }) => ({ errorCode, resourceType, resourceName })),
});

export const errorAnswers: { readonly [Name in ApiName]: ErrorAnswer<Name> } = {
  Produce: ({ topicData }, errorCode) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  }),
  Fetch: ({ topics }, errorCode) => {
    // Within a session a request may name no partition, and then only the whole can fail.
    if (topics.length === 0 || SESSION_ERRORS.includes(errorCode)) return { errorCode, responses: [] };
    const nothing = { errorCode, highWatermark: -1, records: null };
    return {
      responses: topics.map(({ topic, topicId, partitions }) => ({
        ...{ topic, topicId },
        partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, ...nothing })),
      })),
    };
  },
  ListOffsets: ({ topics }, errorCode) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  // A client that is not told of brokers has nobody left to ask.
  Metadata: async (_, errorCode, handle) => {
    const { topics, ...rest } = await handle();
    return { ...rest, topics: topics.map((topic) => ({ ...topic, errorCode, partitions: [] })) };
  },
  OffsetCommit: ({ topics }, errorCode) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  OffsetFetch: ({ topics, groups }, errorCode) => ({
    errorCode,
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, errorCode })),
    })),
    groups: groups.map(({ groupId }) => ({ groupId, errorCode, topics: [] })),
  }),
  FindCoordinator: ({ coordinatorKeys }, errorCode) => ({
    errorCode,
    coordinators: coordinatorKeys.map((key) => ({ key, errorCode })),
  }),
  JoinGroup: ({ memberId }, errorCode) => ({ errorCode, memberId, members: [] }),
  Heartbeat: wholeResponse,
  LeaveGroup: wholeResponse,
  SyncGroup: wholeResponse,
  DescribeGroups: ({ groups }, errorCode) => {
    const nothing = { groupState: '', protocolType: '', protocolData: '', members: [] };
    return { groups: groups.map((groupId) => ({ errorCode, groupId, ...nothing })) };
  },
  ListGroups: (_, errorCode) => ({ errorCode, groups: [] }),
  ApiVersions: (_, errorCode) => ({ errorCode, apiKeys: [] }),
  SaslHandshake: (_, errorCode) => ({ errorCode, mechanisms: [] }),
  SaslAuthenticate: (_, errorCode) => ({ errorCode, errorMessage: null, authBytes: new Uint8Array(0) }),
  CreateTopics: ({ topics }, errorCode) => ({ topics: topics.map(({ name }) => ({ name, errorCode })) }),
  DeleteTopics: ({ topics, topicNames }, errorCode) => ({
    responses: [...topics, ...topicNames.map((name) => ({ name }))].map((topic) => ({ ...topic, errorCode })),
  }),
  DeleteRecords: ({ topics }, errorCode) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
  InitProducerId: (_, errorCode) => ({ errorCode, producerEpoch: -1 }),
  OffsetForLeaderEpoch: ({ topics }, errorCode) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
  DescribeConfigs: ({ resources }, errorCode) => ({
    results: resources.map(({ resourceType, resourceName }) => ({
      ...{ errorCode, resourceType, resourceName },
      configs: [],
    })),
  }),
  AlterConfigs: refusedChanges,
  IncrementalAlterConfigs: refusedChanges,
  CreatePartitions: ({ topics }, errorCode) => ({ results: topics.map(({ name }) => ({ name, errorCode })) }),
  DeleteGroups: ({ groupsNames }, errorCode) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
  OffsetDelete: (_, errorCode) => ({ errorCode, topics: [] }),
  DescribeCluster: (_, errorCode) => ({ errorCode, clusterId: '', brokers: [] }),
};
