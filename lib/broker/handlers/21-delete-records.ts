/**
 * DeleteRecords, versions 0-2: partitions give up their oldest records. Only what is safe can be given up, so an offset may reach up to the high
 * watermark. The answer comes when a crash can no longer bring the records back.
 */
import { isInternal } from '../../cluster/topicName.ts';
import type { DeleteRecords } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';
import { errorOfRead } from '../storageErrors.ts';

type PartitionResult = ResponseInput<typeof DeleteRecords>['topics'][number]['partitions'][number];

export const handleDeleteRecords: Handler<typeof DeleteRecords> = async (services, request) => ({
  topics: await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(({ partitionIndex, offset }) => deleteRecords(services, name, partitionIndex, offset)),
      ),
    })),
  ),
});

async function deleteRecords(
  { topics }: Services,
  topic: string,
  partitionIndex: number,
  offset: number,
): Promise<PartitionResult> {
  // What the broker keeps for itself is read as a whole when it starts: without its beginning it would mean something else.
  if (isInternal(topic)) return failure(partitionIndex, Errors.INVALID_TOPIC_EXCEPTION);
  const partition = topics.partition(topic, partitionIndex);
  if (partition === undefined) return failure(partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  // A log that is only compacted keeps the last record of every key, for ever.
  const { compact, delete: deletes } = partition.log.settings;
  if (compact && !deletes) return failure(partitionIndex, Errors.POLICY_VIOLATION);
  try {
    const lowWatermark = await partition.deleteRecords(offset);
    return { partitionIndex, lowWatermark, errorCode: Errors.NONE.code };
  } catch (error) {
    return failure(partitionIndex, errorOfRead(error));
  }
}

function failure(partitionIndex: number, error: ErrorCode): PartitionResult {
  return { partitionIndex, lowWatermark: -1, errorCode: error.code };
}
