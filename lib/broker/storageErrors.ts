/** What a client is told when a log refuses. */
import { PartitionClosed } from '../cluster/partition.ts';
import { BatchTooLarge, OffsetOutOfRange } from '../log/errors.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';

export function errorOfAppend(error: unknown): ErrorCode {
  if (error instanceof PartitionClosed) return Errors.NOT_LEADER_OR_FOLLOWER;
  if (error instanceof BatchTooLarge) return Errors.RECORD_LIST_TOO_LARGE;
  return Errors.KAFKA_STORAGE_ERROR;
}

export function errorOfRead(error: unknown): ErrorCode {
  if (error instanceof OffsetOutOfRange) return Errors.OFFSET_OUT_OF_RANGE;
  return errorOfAppend(error);
}
