/** OffsetForLeaderEpoch: where did the records of a leader end? Who has more than that of this leader has to cut it off (KIP-101, KIP-320). */
import { api, array, int16, int32, int64, string, struct } from '../schema.ts';

export const OffsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleSince: 4,
  request: {
    replicaId: int32
      .since(3)
      .default(-2)
      .about('The broker that follows; -1: a consumer, -2: somebody who looks for errors.'),
    topics: array(
      struct({
        topic: string.about('The topic.'),
        partitions: array(
          struct({
            partition: int32.about('The partition.'),
            currentLeaderEpoch: int32.default(-1).about("The leader's epoch as the client knows it; -1: unknown."),
            leaderEpoch: int32.about('The epoch whose end is wanted.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        topic: string.about('The topic.'),
        partitions: array(
          struct({
            errorCode: int16.about('An error of this partition, or 0.'),
            partition: int32.about('The partition.'),
            leaderEpoch: int32
              .default(-1)
              .about('The newest epoch up to the one asked for that has records; -1: none.'),
            endOffset: int64.default(-1).about('The first offset behind that epoch; -1: unknown.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
