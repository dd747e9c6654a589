/** What can go wrong between a partition and its files. */
import { DiskFailed } from '../world/errors.ts';

/** The offset lies before the start or behind the end of the log. */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';

  constructor(offset: number, start: number, end: number) {
    super(`offset ${offset} is not in the log, which begins at ${start} and ends before ${end}`);
  }
}

/** The files of a partition cannot be written or read, or hold what was never written there (Kafka's KAFKA_STORAGE_ERROR). */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** The batch is larger than a whole segment may be (Kafka's RECORD_LIST_TOO_LARGE). */
export class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
}

/** To whoever uses a log, a disk that fails is one more storage error. */
export function asStorageError(error: unknown): unknown {
  return error instanceof DiskFailed ? new StorageError(error.message, { cause: error }) : error;
}

/** Whatever went wrong, as a storage error; `how` ends a sentence that begins with the log. */
export function storageErrorOf(error: unknown, how: string): StorageError {
  const known = asStorageError(error);
  if (known instanceof StorageError) return known;
  return new StorageError(`the log ${how}: ${known instanceof Error ? known.message : String(known)}`, {
    cause: known,
  });
}
