/** Produce: a producer hands record batches to the leaders of their partitions. Versions 0-2 carry formats older than record batches v2. */
import { api, array, int16, int32, int64, records, string, struct } from '../schema.ts';

export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 11],
  flexibleSince: 9,
  request: {
    transactionalId: string
      .nullable()
      .default(null)
      .about('The transaction that the batches belong to; null outside one.'),
    acks: int16.about(
      'Who must have the records before the answer: 0 nobody (there is no answer), 1 the leader, -1 all in-sync replicas.',
    ),
    timeoutMs: int32.about('How long the leader may wait for the replicas.'),
    topicData: array(
      struct({
        name: string.about('The topic.'),
        partitionData: array(
          struct({
            index: int32.about('The partition.'),
            records: records.about('Record batches, as they will lie in the log.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
  response: {
    responses: array(
      struct({
        name: string.about('The topic.'),
        partitionResponses: array(
          struct({
            index: int32.about('The partition.'),
            errorCode: int16.about('Why the batch was refused, or 0.'),
            baseOffset: int64.about('The offset of the first record; -1 after an error.'),
            logAppendTimeMs: int64
              .default(-1)
              .about('When the broker appended, if the topic uses append time; else -1.'),
            logStartOffset: int64.since(5).default(-1).about('The first offset that the partition still has.'),
            recordErrors: array(
              struct({
                batchIndex: int32.about('Which record of the batch.'),
                batchIndexErrorMessage: string.nullable().default(null).about('What is wrong with it.'),
              }),
            )
              .since(8)
              .about('The records that caused the refusal.'),
            errorMessage: string.nullable().since(8).default(null).about('The refusal in words.'),
            currentLeader: struct({
              leaderId: int32.default(-1).about('The leader now; -1 when unknown.'),
              leaderEpoch: int32.default(-1).about('Its epoch.'),
            })
              .since(10)
              .tagged(0)
              .about('Where to go instead, after NOT_LEADER_OR_FOLLOWER.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    nodeEndpoints: array(
      struct({
        nodeId: int32.about('The broker.'),
        host: string.about('Where it listens.'),
        port: int32.about('Its port.'),
        rack: string.nullable().default(null).about('Its rack.'),
      }),
    )
      .since(10)
      .tagged(0)
      .about('Addresses of the leaders named above.'),
  },
});
