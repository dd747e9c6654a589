/** OffsetDelete, version 0. Partitions that do not exist are answered here; the rest is the group's business. */
import type { DeleteOffsetsEvent, DeleteOffsetsResponse } from '../../coordinators/events.ts';
import type { OffsetDelete } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof OffsetDelete>;
type Response = ResponseInput<typeof OffsetDelete>;

export const handleOffsetDelete: Handler<typeof OffsetDelete> = async (services, request) => {
  const { groupId } = request;
  if (groupId === '') return failure(Errors.INVALID_GROUP_ID);
  const unavailable = services.groups.errorFor(groupId);
  if (unavailable !== Errors.NONE) return failure(unavailable);
  try {
    return await deleteOffsets(services, request);
  } catch {
    return failure(Errors.NOT_COORDINATOR);
  }
};

async function deleteOffsets({ groups, topics }: Services, { groupId, topics: wanted }: Request): Promise<Response> {
  const exists = (topic: string, partition: number) => topics.partition(topic, partition) !== undefined;
  const known = await groups.read(groupId, (shard) => shard.offsets(groupId));
  const event = (to: number): DeleteOffsetsEvent => ({
    type: 'deleteOffsets',
    to,
    groupId,
    topics: wanted.map(({ name, partitions }) => ({
      name,
      partitions: partitions
        .filter(({ partitionIndex }) => exists(name, partitionIndex))
        .map(({ partitionIndex }) => ({ partitionIndex, hasOffset: known.get(name)?.has(partitionIndex) ?? false })),
    })),
  });
  const response = (await groups.ask(groupId, event)) as DeleteOffsetsResponse;
  if (response.errorCode !== Errors.NONE.code) return response;
  // An entry for each partition of the request, in its order.
  return {
    ...response,
    topics: wanted.map(({ name, partitions }, at) => {
      const decided = response.topics[at].partitions.values();
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode:
            (exists(name, partitionIndex) ? decided.next().value?.errorCode : undefined) ??
            Errors.UNKNOWN_TOPIC_OR_PARTITION.code,
        })),
      };
    }),
  };
}

function failure({ code }: ErrorCode): Response {
  return { errorCode: code, topics: [] };
}
