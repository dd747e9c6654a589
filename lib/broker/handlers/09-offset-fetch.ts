/**
 * OffsetFetch, versions 1-9: how far has a group come? It is answered when the high watermark has reached the log end that this request found: a
 * commit that the coordinator has accepted is then either safe and seen, or gone for good.
 *
 * A group that is named twice is answered once, for what it was named with the last time.
 *
 * Not here: offsets in open transactions (`requireStable`), of which there are none.
 */
import { PartitionClosed } from '../../cluster/partition.ts';
import type { GroupOffsets } from '../../coordinators/groupShard.ts';
import type { CommittedOffset } from '../../coordinators/offsetRecord.ts';
import type { OffsetFetch } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

type WantedTopics = RequestOf<typeof OffsetFetch>['groups'][number]['topics'];
type GroupAnswer = NonNullable<ResponseInput<typeof OffsetFetch>['groups']>[number];

const SEVERAL_GROUPS_SINCE = 8;
const GROUP_ERROR_SINCE = 2;

export const handleOffsetFetch: Handler<typeof OffsetFetch> = async (services, request, { version }) => {
  if (version >= SEVERAL_GROUPS_SINCE) {
    const wanted = new Map(request.groups.map(({ groupId, topics }) => [groupId, topics]));
    return {
      groups: await Promise.all([...wanted].map(([groupId, topics]) => answer(services, groupId, topics))),
    };
  }
  const { topics, errorCode = 0 } = await answer(services, request.groupId, request.topics);
  if (version >= GROUP_ERROR_SINCE || errorCode === 0) return { topics, errorCode };
  // Version 1 has no place for an error of the group, only of its partitions.
  return { topics: noOffsets(request.topics, errorCode) };
};

async function answer(services: Services, groupId: string, wanted: WantedTopics): Promise<GroupAnswer> {
  if (groupId === '') return failure(groupId, Errors.INVALID_GROUP_ID);
  const error = services.groups.errorFor(groupId);
  if (error !== Errors.NONE) return failure(groupId, error);
  try {
    const offsets = await services.groups.read(groupId, (shard) => select(shard.offsets(groupId), wanted));
    return { groupId, topics: offsets };
  } catch (lost) {
    if (lost instanceof PartitionClosed) return failure(groupId, Errors.NOT_COORDINATOR);
    return failure(groupId, Errors.COORDINATOR_NOT_AVAILABLE);
  }
}

function select(offsets: GroupOffsets, wanted: WantedTopics): GroupAnswer['topics'] {
  if (wanted === null) {
    return [...offsets].map(([name, partitions]) => ({
      name,
      partitions: [...partitions].map(([partition, offset]) => found(partition, offset)),
    }));
  }
  return wanted.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => found(partition, offsets.get(name)?.get(partition))),
  }));
}

function found(partitionIndex: number, committed: CommittedOffset | undefined) {
  const { offset = -1, leaderEpoch = -1, metadata = '' } = committed ?? {};
  return {
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode: Errors.NONE.code,
  };
}

function noOffsets(wanted: WantedTopics, errorCode: number): GroupAnswer['topics'] {
  return (wanted ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, errorCode })),
  }));
}

function failure(groupId: string, error: ErrorCode): GroupAnswer {
  return { groupId, topics: [], errorCode: error.code };
}
