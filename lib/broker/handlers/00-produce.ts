/**
 * Produce, versions 3-11: a producer hands over batches.
 *
 * The broker checks each batch by its header and checksum, gives it its offsets and writes its bytes; the records inside it does not open.
 * What `acks` says decides when to answer: 0 never, 1 when the leader has written it, -1 when all in-sync replicas have.
 *
 * Only where each record must have a key, in a compacted topic, it looks.
 *
 * Not here: transactions.
 */
import type { Appended, Partition } from '../../cluster/partition.ts';
import type { Produce } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import { type BatchHeader, CorruptBatch, checkBatch, decodeBatch } from '../../records/batch.ts';
import type { Codecs } from '../../world/world.ts';
import { topicSetting } from '../config.ts';
import { settlesWithin } from '../delayed.ts';
import { CloseConnection, type Handler, NO_ANSWER } from '../dispatch.ts';
import type { Services } from '../services.ts';
import { errorOfAppend } from '../storageErrors.ts';

type PartitionResponse = ResponseInput<typeof Produce>['responses'][number]['partitionResponses'][number];

const ZSTD_SINCE = 7;

export const handleProduce: Handler<typeof Produce> = async (services, request, { version }) => {
  const { acks, timeoutMs, transactionalId } = request;
  // Everything is appended before anything is waited for, so the order on the wire is the order in the logs.
  const appends = request.topicData.map(({ name, partitionData }) => ({
    name,
    partitions: partitionData.map(({ index, records }) => ({
      index,
      result: refuseAll(acks, transactionalId) ?? append(services, { topic: name, index, records, acks, version }),
    })),
  }));
  const responses = await Promise.all(
    appends.map(async ({ name, partitions }) => ({
      name,
      partitionResponses: await Promise.all(
        partitions.map(({ index, result }) => answer(services, index, result, acks, timeoutMs)),
      ),
    })),
  );
  if (acks !== 0) return { responses };
  const failed = responses
    .flatMap(({ partitionResponses }) => partitionResponses)
    .find(({ errorCode }) => errorCode !== 0);
  // Nobody waits for an answer in which the error could be said.
  if (failed) throw new CloseConnection(`a batch that came with acks=0 was refused: ${failed.errorMessage}`);
  return NO_ANSWER;
};

interface Refused {
  readonly error: ErrorCode;
  readonly message: string;
  /** The records that are to blame, where it is not the batch as a whole. */
  readonly recordErrors?: PartitionResponse['recordErrors'];
}

type Result = Refused | { readonly partition: Partition; readonly appended: Appended };

function refused(error: ErrorCode, message = error.message): Refused {
  return { error, message };
}

function refuseAll(acks: number, transactionalId: string | null): Refused | undefined {
  if (acks < -1 || acks > 1) return refused(Errors.INVALID_REQUIRED_ACKS);
  if (transactionalId !== null) return refused(Errors.INVALID_TXN_STATE, 'This broker has no transactions.');
  return undefined;
}

interface Batch {
  readonly topic: string;
  readonly index: number;
  readonly records: Uint8Array | null;
  readonly acks: number;
  readonly version: number;
}

// #region append
function append(services: Services, { topic, index, records, acks, version }: Batch): Result {
  const { config, host, topics } = services;
  const partition = topics.partition(topic, index);
  if (partition === undefined) return refused(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  if (records === null || records.length === 0) return refused(Errors.INVALID_RECORD, 'There is no batch.');
  const configs = topics.named(topic)?.configs ?? {};
  if (acks === -1 && partition.inSyncReplicas.length < topicSetting(config, configs, 'min.insync.replicas')) {
    return refused(Errors.NOT_ENOUGH_REPLICAS);
  }
  if (records.length > topicSetting(config, configs, 'max.message.bytes')) return refused(Errors.MESSAGE_TOO_LARGE);
  const header = checked(records);
  if ('error' in header) return header;
  if (header.codec === 'zstd' && version < ZSTD_SINCE) return refused(Errors.UNSUPPORTED_COMPRESSION_TYPE);
  const { timestampType, compact } = partition.log.settings;
  if (timestampType === 'create') {
    const latest = host.clock.wallMs() + topicSetting(config, configs, 'message.timestamp.after.max.ms');
    if (header.maxTimestamp > latest) return refused(Errors.INVALID_TIMESTAMP);
    if (header.timestampType === 'append') return refused(Errors.INVALID_TIMESTAMP, 'Only brokers set an append time.');
  }
  const problem = compact ? keyProblem(records, host.codecs) : undefined;
  if (problem !== undefined) return problem;
  const verdict = partition.log.producers.check(header);
  if (verdict === 'append') return appendTo(partition, records, header);
  if ('error' in verdict) return refused(Errors[verdict.error]);
  // Written before: the producer did not get the answer, and gets it now.
  const committed = partition.allCommitted();
  const { duplicateOf: baseOffset, lastOffset } = verdict;
  return { partition, appended: { baseOffset, lastOffset, written: committed, committed } };
}
// #endregion append

/** A record without a key would be the last of nothing, and compaction could never tell what to do with it. */
function keyProblem(records: Uint8Array, codecs: Codecs): Refused | undefined {
  const message = 'A topic that is compacted takes no record without a key.';
  try {
    const batchIndexes = decodeBatch(records, codecs).flatMap(({ key }, index) => (key === null ? [index] : []));
    if (batchIndexes.length === 0) return undefined;
    const recordErrors = batchIndexes.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: message }));
    return { ...refused(Errors.INVALID_RECORD, message), recordErrors };
  } catch (error) {
    return refused(Errors.INVALID_RECORD, error instanceof Error ? error.message : String(error));
  }
}

function appendTo(partition: Partition, records: Uint8Array, header: BatchHeader): Result {
  try {
    return { partition, appended: partition.append(records, header) };
  } catch (error) {
    return refused(errorOfAppend(error), error instanceof Error ? error.message : String(error));
  }
}

/** The header of the one batch that there must be, with all that can be checked without opening it. */
function checked(records: Uint8Array): BatchHeader | Refused {
  try {
    const header = checkBatch(records);
    const problem = problemOf(header);
    return problem === undefined ? header : refused(Errors.INVALID_RECORD, problem);
  } catch (error) {
    if (error instanceof CorruptBatch) return refused(Errors.CORRUPT_MESSAGE, error.message);
    throw error;
  }
}

function problemOf(header: BatchHeader): string | undefined {
  if (header.isControl) return 'Clients cannot write control batches.';
  if (header.isTransactional) return 'This broker has no transactions.';
  if (header.recordCount < 1) return 'The batch has no records.';
  if (header.lastOffsetDelta !== header.recordCount - 1)
    return 'The last offset delta does not fit the number of records.';
  if (header.producerId >= 0 && header.baseSequence < 0)
    return 'The batch of an idempotent producer has no sequence number.';
  return undefined;
}

// #region answer
async function answer(
  { host }: Services,
  index: number,
  result: Result,
  acks: number,
  timeoutMs: number,
): Promise<PartitionResponse> {
  if ('error' in result) return failure(index, result);
  const { partition, appended } = result;
  try {
    if (acks === 1) await appended.written;
    if (acks === -1 && !(await settlesWithin(host.clock, appended.committed, timeoutMs))) {
      return failure(index, refused(Errors.REQUEST_TIMED_OUT));
    }
  } catch (error) {
    return failure(index, refused(errorOfAppend(error), error instanceof Error ? error.message : String(error)));
  }
  const { baseOffset, logAppendTimeMs = -1 } = appended;
  return {
    index,
    errorCode: Errors.NONE.code,
    baseOffset,
    logAppendTimeMs,
    logStartOffset: partition.log.logStartOffset,
    recordErrors: [],
  };
}
// #endregion answer

function failure(index: number, { error, message, recordErrors = [] }: Refused): PartitionResponse {
  return { index, errorCode: error.code, baseOffset: -1, recordErrors, errorMessage: message };
}
