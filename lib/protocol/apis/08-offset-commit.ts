/** OffsetCommit: a group stores how far it has come. What is stored is the next offset to read, not the last one read. */
import { api, array, int16, int32, int64, string, struct } from '../schema.ts';

export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 9],
  flexibleSince: 8,
  request: {
    groupId: string.about('The group.'),
    generationIdOrMemberEpoch: int32
      .default(-1)
      .about("The member's generation; -1 for one outside the group protocol."),
    memberId: string.default('').about('The member; empty for one outside the group protocol.'),
    groupInstanceId: string.nullable().since(7).default(null).about("A static member's own name (KIP-345)."),
    retentionTimeMs: int64.until(4).default(-1).about('How long to keep the offsets; -1: as the broker is set.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            committedOffset: int64.about('The next offset to read.'),
            committedLeaderEpoch: int32.since(6).default(-1).about('The epoch of the last record read; -1: unknown.'),
            committedMetadata: string.nullable().default(null).about('Text kept with the offset.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            errorCode: int16.about('Why this offset was not stored, or 0.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
