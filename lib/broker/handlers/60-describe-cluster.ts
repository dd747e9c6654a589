/** DescribeCluster, versions 0-1. */
import { type DescribeCluster, EndpointType } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import { CLUSTER_OPERATIONS } from '../allowedOperations.ts';
import type { Handler } from '../dispatch.ts';

export const handleDescribeCluster: Handler<typeof DescribeCluster> = (services, request) => {
  const { endpointType, includeClusterAuthorizedOperations } = request;
  // The controller lives in the broker and has no address of its own (compare KIP-919).
  if (endpointType === EndpointType.CONTROLLERS) return failure(Errors.MISMATCHED_ENDPOINT_TYPE);
  if (endpointType !== EndpointType.BROKERS) return failure(Errors.UNSUPPORTED_ENDPOINT_TYPE);
  const { address, brokerId, topics } = services;
  const brokers = [{ brokerId, host: address.host, port: address.port }];
  return {
    clusterId: topics.clusterId,
    controllerId: brokerId,
    brokers,
    ...(includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
  };
};

function failure({ code, message }: ErrorCode): ResponseInput<typeof DescribeCluster> {
  return { errorCode: code, errorMessage: message, clusterId: '', brokers: [] };
}
