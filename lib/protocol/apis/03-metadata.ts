/** Metadata: which brokers are there, which topics, and who leads each partition. The first question of every client. */
import { api, array, boolean, int16, int32, NO_UUID, string, struct, uuid } from '../schema.ts';

/** "Nobody asked which operations are allowed": the smallest 32-bit integer. */
const OPERATIONS_NOT_ASKED = -0x80000000;

export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 12],
  flexibleSince: 9,
  request: {
    topics: array(
      struct({
        topicId: uuid.since(10).default(NO_UUID).about('The topic by id.'),
        name: string.nullable(10).about('The topic by name; null when asked by id.'),
      }),
    )
      .nullable(1)
      .about('The topics wanted. Null (in version 0: none named) means all.'),
    allowAutoTopicCreation: boolean.since(4).default(true).about('Whether asking for a missing topic may create it.'),
    includeClusterAuthorizedOperations: boolean
      .since(8)
      .until(10)
      .about('Whether to say what is allowed on the cluster.'),
    includeTopicAuthorizedOperations: boolean.since(8).about('Whether to say what is allowed on each topic.'),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0).about('How long a quota held the request back.'),
    brokers: array(
      struct({
        nodeId: int32.about('The broker.'),
        host: string.about('Where clients reach it.'),
        port: int32.about('Its port.'),
        rack: string.nullable().since(1).default(null).about('Its rack.'),
      }),
    ).about('The living brokers.'),
    clusterId: string.nullable().since(2).default(null).about('The cluster.'),
    controllerId: int32.since(1).default(-1).about('The broker to ask for changes; -1: none.'),
    topics: array(
      struct({
        errorCode: int16.about('An error of this topic, or 0.'),
        name: string.nullable(12).about('Its name.'),
        topicId: uuid.since(10).default(NO_UUID).about('Its id.'),
        isInternal: boolean.since(1).default(false).about('Whether Kafka keeps it for itself.'),
        partitions: array(
          struct({
            errorCode: int16.about('An error of this partition, or 0.'),
            partitionIndex: int32.about('The partition.'),
            leaderId: int32.about('Its leader; -1: none.'),
            leaderEpoch: int32.since(7).default(-1).about("The leader's epoch."),
            replicaNodes: array(int32).about('The brokers that hold it.'),
            isrNodes: array(int32).about('Those of them that are in sync.'),
            offlineReplicas: array(int32).since(5).about('Those that are not alive.'),
          }),
        ).about('Its partitions.'),
        topicAuthorizedOperations: int32.since(8).default(OPERATIONS_NOT_ASKED).about('What is allowed, as bits.'),
      }),
    ).about('The topics asked for.'),
    clusterAuthorizedOperations: int32
      .since(8)
      .until(10)
      .default(OPERATIONS_NOT_ASKED)
      .about('What is allowed, as bits.'),
  },
});
