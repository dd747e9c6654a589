/** ListOffsets: which offset is the first, the last, or the first at or after a time? */
import { api, array, int8, int16, int32, int64, string, struct } from '../schema.ts';

/** Instead of a time: the log end as this isolation level sees it. */
export const LATEST_TIMESTAMP = -1;
/** Instead of a time: the log start. */
export const EARLIEST_TIMESTAMP = -2;
/** Instead of a time: the record with the largest timestamp (KIP-734). */
export const MAX_TIMESTAMP = -3;

export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 7],
  flexibleSince: 6,
  request: {
    replicaId: int32.default(-1).about('The broker that follows; -1 for a consumer.'),
    isolationLevel: int8.since(2).default(0).about('0: up to the high watermark; 1: only committed transactions.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            currentLeaderEpoch: int32
              .since(4)
              .default(-1)
              .about("The leader's epoch as the client knows it; -1: unknown."),
            timestamp: int64.about('A time in ms since 1970, or -1 latest, -2 earliest, -3 largest timestamp.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
  response: {
    throttleTimeMs: int32.since(2).default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            errorCode: int16.about('An error of this partition, or 0.'),
            timestamp: int64.default(-1).about('The time of the record found; -1 when none or not asked by time.'),
            offset: int64.default(-1).about('The offset found; -1 when there is none.'),
            leaderEpoch: int32.since(4).default(-1).about('The epoch of the record found.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
