/** The answer to a request that goes no further than its error code, in the form of that request. */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { CommitResponse, GroupRequest, GroupResponse, JoinResponse } from './events.ts';
import { NOTHING } from './group.ts';

export function refusal(event: GroupRequest, error: ErrorCode): GroupResponse {
  switch (event.type) {
    case 'join':
      return refusedJoin(event.memberId, error.code);
    case 'sync':
      return { errorCode: error.code, assignment: NOTHING };
    case 'heartbeat':
      return { errorCode: error.code };
    case 'leave':
      return { errorCode: error.code, members: [] };
    case 'commit':
      return refusedCommit(event.topics, error);
    case 'delete':
      return { groupId: event.groupId, errorCode: error.code };
    case 'deleteOffsets':
      return { errorCode: error.code, topics: [] };
  }
}

export function refusedJoin(memberId: string, errorCode: number): JoinResponse {
  return { errorCode, memberId, generationId: -1, protocolType: null, protocolName: null, leader: '', members: [] };
}

export function refusedCommit(
  topics: readonly { name: string; partitions: readonly { readonly partitionIndex: number }[] }[],
  error: Pick<ErrorCode, 'code'>,
): CommitResponse {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
    })),
  };
}

/**
 * What a client is told when its group's record could not be written. The error of the log means something else to a client of the
 * coordinator: "no leader for the partition" is about `__consumer_offsets`, not about the client's own topic.
 */
export function groupErrorOf(appendError: number): number {
  switch (appendError) {
    case Errors.UNKNOWN_TOPIC_OR_PARTITION.code:
    case Errors.NOT_ENOUGH_REPLICAS.code:
    case Errors.REQUEST_TIMED_OUT.code:
      return Errors.COORDINATOR_NOT_AVAILABLE.code;
    case Errors.NOT_LEADER_OR_FOLLOWER.code:
    case Errors.KAFKA_STORAGE_ERROR.code:
      return Errors.NOT_COORDINATOR.code;
    case Errors.MESSAGE_TOO_LARGE.code:
    case Errors.RECORD_LIST_TOO_LARGE.code:
    case Errors.INVALID_FETCH_SIZE.code:
      return Errors.UNKNOWN_SERVER_ERROR.code;
    default:
      return appendError;
  }
}

/** As `groupErrorOf`, for offsets: too much data has a code of its own. */
export function commitErrorOf(appendError: number): number {
  const error = groupErrorOf(appendError);
  return error === Errors.UNKNOWN_SERVER_ERROR.code ? Errors.INVALID_COMMIT_OFFSET_SIZE.code : error;
}
