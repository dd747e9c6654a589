/** Where partitions begin and end, and where records of a time are; and giving up the oldest. The leaders of the partitions answer. */
import {
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  ListOffsets,
  MAX_TIMESTAMP,
} from '../../protocol/apis/02-list-offsets.ts';
import { DeleteRecords, UP_TO_HIGH_WATERMARK } from '../../protocol/apis/21-delete-records.ts';
import { byTopic, nameOf, type TopicPartition } from '../topicPartition.ts';
import type { DeletedRecords, ListedOffset, OffsetSpec, RecordsToDelete } from './api.ts';
import { type Calls, check } from './calls.ts';

export function listOffsets(
  calls: Calls,
  partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
): Promise<ListedOffset[]> {
  return calls.atLeaders('list offsets', partitions, async (connection, led) => {
    const response = await connection.send(ListOffsets, {
      topics: byTopic(led).map(([name, entries]) => ({
        name,
        partitions: entries.map(({ partition, at }) => ({ partitionIndex: partition, timestamp: timestampOf(at) })),
      })),
    });
    return response.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch }) => {
        check(errorCode, `list an offset of ${nameOf({ topic, partition })}`);
        return { topic, partition, offset, timestamp, leaderEpoch };
      }),
    );
  });
}

function timestampOf(at: OffsetSpec): number {
  if (typeof at === 'number') return at;
  return { earliest: EARLIEST_TIMESTAMP, latest: LATEST_TIMESTAMP, maxTimestamp: MAX_TIMESTAMP }[at];
}

export function deleteRecords(calls: Calls, partitions: readonly RecordsToDelete[]): Promise<DeletedRecords[]> {
  return calls.atLeaders('delete records', partitions, async (connection, led) => {
    const response = await connection.send(DeleteRecords, {
      topics: byTopic(led).map(([name, entries]) => ({
        name,
        partitions: entries.map(({ partition, before }) => ({
          partitionIndex: partition,
          offset: before === 'all' ? UP_TO_HIGH_WATERMARK : before,
        })),
      })),
      timeoutMs: calls.requestTimeoutMs,
    });
    return response.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, errorCode, lowWatermark }) => {
        check(errorCode, `delete records of ${nameOf({ topic, partition })}`);
        return { topic, partition, lowWatermark };
      }),
    );
  });
}
