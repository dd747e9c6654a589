/** OffsetCommit, versions 2-9. Partitions that do not exist are answered here; the rest is the group's business. */
import type { CommitEvent, CommitResponse } from '../../coordinators/events.ts';
import { refusedCommit } from '../../coordinators/refusal.ts';
import type { OffsetCommit } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

/** Before this version clients do not know GROUP_ID_NOT_FOUND as an answer to a commit. */
const GROUP_ID_NOT_FOUND_SINCE = 9;
const AS_THE_BROKER_IS_SET = -1;

export const handleOffsetCommit: Handler<typeof OffsetCommit> = async (services, request, { version }) => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
  const unavailable = services.groups.errorFor(groupId);
  if (unavailable !== Errors.NONE) return refusedCommit(request.topics, unavailable);
  const sorted = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => ({
      partition,
      exists: services.topics.partition(name, partition.partitionIndex) !== undefined,
    })),
  }));
  const topics = sorted.map(({ name, partitions }) => ({
    name,
    partitions: partitions.filter(({ exists }) => exists).map(({ partition }) => partition),
  }));
  const identity = { groupId, memberId, groupInstanceId, generationId };
  const { retentionTimeMs } = request;
  const kept = retentionTimeMs === AS_THE_BROKER_IS_SET ? {} : { retentionTimeMs };
  const event = (to: number): CommitEvent => ({ type: 'commit', to, ...identity, ...kept, topics });
  const response = (await services.groups.ask(groupId, event)) as CommitResponse;
  // An entry for each partition of the request, in its order.
  return {
    topics: sorted.map(({ name, partitions }, at) => {
      const decided = response.topics[at].partitions.values();
      return {
        name,
        partitions: partitions.map(({ partition: { partitionIndex }, exists }) => {
          const errorCode = exists ? decided.next().value?.errorCode : undefined;
          return { partitionIndex, errorCode: errorCodeFor(errorCode, version) };
        }),
      };
    }),
  };
};

function errorCodeFor(decided: number | undefined, version: number): number {
  if (decided === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION.code;
  const tooNew = decided === Errors.GROUP_ID_NOT_FOUND.code && version < GROUP_ID_NOT_FOUND_SINCE;
  return tooNew ? Errors.ILLEGAL_GENERATION.code : decided;
}
