/** DeleteRecords: a partition forgets its oldest records, up to an offset (KIP-107). */
import { api, array, int16, int32, int64, string, struct } from '../schema.ts';

/** Instead of an offset: up to the high watermark, which is all that consumers can read. */
export const UP_TO_HIGH_WATERMARK = -1;

export const DeleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            offset: int64.about('The first offset to keep; -1: the high watermark.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
    timeoutMs: int32.default(60_000).about('How long to wait until all replicas have forgotten them.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            lowWatermark: int64.about('The first offset that every replica still has; -1 with an error.'),
            errorCode: int16.about('Why nothing was deleted, or 0.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
