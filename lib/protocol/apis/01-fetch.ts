/** Fetch: consumers and followers ask for batches from an offset on; the broker may hold the request until there is enough (KIP-74, KIP-227). */
import { api, array, int8, int16, int32, int64, NO_UUID, records, string, struct, uuid } from '../schema.ts';

export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 13],
  flexibleSince: 12,
  request: {
    clusterId: string
      .nullable()
      .since(12)
      .tagged(0)
      .default(null)
      .about('The cluster that a follower believes it is in.'),
    replicaId: int32.default(-1).about('The broker that follows; -1 for a consumer.'),
    maxWaitMs: int32.about('How long to hold the request when there is less than minBytes.'),
    minBytes: int32.about('How much must be there, in all partitions together, for an answer at once.'),
    maxBytes: int32.default(0x7fffffff).about('Limit of the whole answer. The first batch is sent even when larger.'),
    isolationLevel: int8.default(0).about('0: up to the high watermark; 1: only committed transactions.'),
    sessionId: int32.since(7).default(0).about('The fetch session to go on with; 0: none.'),
    sessionEpoch: int32.since(7).default(-1).about('Position in the session; 0: begin one, -1: no session.'),
    topics: array(
      struct({
        topic: string.until(12).about('The topic by name.'),
        topicId: uuid.since(13).default(NO_UUID).about('The topic by id.'),
        partitions: array(
          struct({
            partition: int32.about('The partition.'),
            currentLeaderEpoch: int32
              .since(9)
              .default(-1)
              .about("The leader's epoch as the client knows it; -1: unknown."),
            fetchOffset: int64.about('The first offset wanted.'),
            lastFetchedEpoch: int32.since(12).default(-1).about('The epoch of the last record that a follower has.'),
            logStartOffset: int64.since(5).default(-1).about("A follower's first offset; -1 for a consumer."),
            partitionMaxBytes: int32.about('Limit for this partition. The first batch is sent even when larger.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('What is wanted; in a session: what has changed.'),
    forgottenTopicsData: array(
      struct({
        topic: string.until(12).about('The topic by name.'),
        topicId: uuid.since(13).default(NO_UUID).about('The topic by id.'),
        partitions: array(int32).about('Partitions to drop from the session.'),
      }),
    )
      .since(7)
      .about('What the session shall forget.'),
    rackId: string.since(11).default('').about('The rack of the consumer, for reading from a near replica (KIP-392).'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    errorCode: int16.since(7).default(0).about('An error of the whole request.'),
    sessionId: int32.since(7).default(0).about('The fetch session; 0: none.'),
    responses: array(
      struct({
        topic: string.until(12).about('The topic by name.'),
        topicId: uuid.since(13).default(NO_UUID).about('The topic by id.'),
        partitions: array(
          struct({
            partitionIndex: int32.about('The partition.'),
            errorCode: int16.about('An error of this partition, or 0.'),
            highWatermark: int64.about('The first offset that is not yet safe to read.'),
            lastStableOffset: int64
              .default(-1)
              .about('The first offset of an open transaction, or the high watermark.'),
            logStartOffset: int64.since(5).default(-1).about('The first offset that the partition still has.'),
            divergingEpoch: struct({
              epoch: int32.default(-1).about('The newest epoch that both sides can agree on.'),
              endOffset: int64.default(-1).about('Where that epoch ends on the leader.'),
            })
              .since(12)
              .tagged(0)
              .about("Where a follower's log parts from the leader's (KIP-595)."),
            currentLeader: struct({
              leaderId: int32.default(-1).about('The leader now; -1 when unknown.'),
              leaderEpoch: int32.default(-1).about('Its epoch.'),
            })
              .since(12)
              .tagged(1)
              .about('Where to go instead.'),
            snapshotId: struct({
              endOffset: int64.default(-1).about('End of the snapshot.'),
              epoch: int32.default(-1).about('Epoch of the snapshot.'),
            })
              .since(12)
              .tagged(2)
              .about('A snapshot to load first; for the metadata log only.'),
            abortedTransactions: array(
              struct({
                producerId: int64.about('Whose transaction.'),
                firstOffset: int64.about('Its first offset.'),
              }),
            )
              .nullable()
              .default(null)
              .about('Aborted transactions in the range, for consumers that must skip them.'),
            preferredReadReplica: int32.since(11).default(-1).about('A nearer replica to read from; -1: stay.'),
            records: records.about('Whole batches; the first may begin before the offset asked for.'),
          }),
        ).about('One entry a partition.'),
      }),
    ).about('One entry a topic.'),
  },
});
