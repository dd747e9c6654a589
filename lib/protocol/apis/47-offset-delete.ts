/** OffsetDelete: a group forgets how far it has come in partitions that none of its members reads (KIP-496). */
import { api, array, int16, int32, string, struct } from '../schema.ts';

export const OffsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  // It came before the flexible versions and has had none since.
  flexibleSince: Infinity,
  request: {
    groupId: string.about('The group.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
  response: {
    errorCode: int16.about('An error of the whole request, or 0.'),
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            errorCode: int16.about('Why the offset is still there, or 0.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
