/** DescribeCluster: which brokers are there, and which of them is the controller? (KIP-700) */
import { api, array, boolean, int8, int16, int32, string, struct } from '../schema.ts';

/** What kind of nodes is asked for (KIP-919). */
export const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    includeClusterAuthorizedOperations: boolean.default(false).about('Whether to say what is allowed.'),
    endpointType: int8.since(1).default(EndpointType.BROKERS).about('1: the brokers; 2: the controllers.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    errorCode: int16.default(0).about('An error of the whole request, or 0.'),
    errorMessage: string.nullable().default(null).about('The same in words.'),
    endpointType: int8.since(1).default(EndpointType.BROKERS).about('What is listed, as asked.'),
    clusterId: string.about('The id of the cluster.'),
    controllerId: int32.default(-1).about('The broker that takes changes of topics; -1: unknown.'),
    brokers: array(
      struct({
        brokerId: int32.about('A broker.'),
        host: string.about('Where to connect to it.'),
        port: int32.about('On which port.'),
        rack: string.nullable().default(null).about('Its rack, or null.'),
      }),
    ).about('The living brokers.'),
    clusterAuthorizedOperations: int32.default(-0x80000000).about('What is allowed, as bits.'),
  },
});
