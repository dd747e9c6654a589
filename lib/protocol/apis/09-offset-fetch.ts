/** OffsetFetch: how far has a group come? From version 8 on one request may ask for several groups (KIP-709). */
import { api, array, boolean, int16, int32, int64, string, struct } from '../schema.ts';

const wantedTopics = array(
  struct({
    name: string.about('The topic.'),
    partitionIndexes: array(int32).about('Its partitions.'),
  }),
);

const foundTopics = array(
  struct({
    name: string.about('The topic.'),
    partitions: array(
      struct({
        partitionIndex: int32.about('The partition.'),
        committedOffset: int64.about('The next offset to read; -1: none stored.'),
        committedLeaderEpoch: int32.since(5).default(-1).about('The epoch of the last record read.'),
        metadata: string.nullable().default('').about('Text kept with the offset.'),
        errorCode: int16.about('An error of this partition, or 0.'),
      }),
    ).about('One entry a partition.'),
  }),
);

export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 9],
  flexibleSince: 6,
  request: {
    groupId: string.until(7).about('The group.'),
    topics: wantedTopics.nullable(2).until(7).about('The partitions wanted; null: all that the group has.'),
    groups: array(
      struct({
        groupId: string.about('The group.'),
        memberId: string.nullable().since(9).default(null).about('The member that asks (KIP-848); null: nobody.'),
        memberEpoch: int32.since(9).default(-1).about('Its epoch; -1: none.'),
        topics: wantedTopics.nullable().about('The partitions wanted; null: all that the group has.'),
      }),
    )
      .since(8)
      .about('One entry a group.'),
    requireStable: boolean
      .since(7)
      .default(false)
      .about('Whether to refuse offsets that an open transaction may still change.'),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0).about('How long a quota held the request back.'),
    topics: foundTopics.until(7).about('One entry a topic.'),
    errorCode: int16.since(2).until(7).default(0).about('An error of the whole request.'),
    groups: array(
      struct({
        groupId: string.about('The group.'),
        topics: foundTopics.about('One entry a topic.'),
        errorCode: int16.default(0).about('An error of this group.'),
      }),
    )
      .since(8)
      .about('One entry a group.'),
  },
});
