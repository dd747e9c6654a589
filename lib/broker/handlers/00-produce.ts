/**
 * Produce, versions 3-11: a producer hands over batches.
 *
 * The broker checks each batch by its header and checksum, gives it its offsets and writes its bytes; the records inside it does not open unless it
 * has to (producedBatch.ts, repackedBatch.ts). What `acks` says decides when to answer: 0 never, 1 when the leader has written it, -1 when all in-sync replicas have.
 *
 * Not here: transactions.
 */
import type { Appended, Partition } from '../../cluster/partition.ts';
import { isInternal } from '../../cluster/topicName.ts';
import type { Configs } from '../../cluster/topics.ts';
import type { Produce } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import { type BatchHeader, readBatchHeader } from '../../records/batch.ts';
import { topicSetting } from '../config.ts';
import { settlesWithin } from '../delayed.ts';
import { CloseConnection, type Handler, NO_ANSWER } from '../dispatch.ts';
import {
  checkedHeader,
  type Demands,
  isTransactional,
  onlyBatch,
  type Refused,
  recordProblem,
  refused,
} from '../producedBatch.ts';
import { repacked } from '../repackedBatch.ts';
import type { RequestContext, Services } from '../services.ts';
import { errorOfAppend } from '../storageErrors.ts';

type PartitionResponse = ResponseInput<typeof Produce>['responses'][number]['partitionResponses'][number];
type Responses = { name: string; partitionResponses: PartitionResponse[] }[];

const ZSTD_SINCE = 7;
/** Who calls itself so may write into the broker's own topics (`AdminUtils.ADMIN_CLIENT_ID`). */
const ADMIN_CLIENT_ID = '__admin_client';

export const handleProduce: Handler<typeof Produce> = async (services, request, context) => {
  const { acks, timeoutMs } = request;
  const refusal = refusalOfAll(request);
  // Everything is appended before anything is waited for, so the order on the wire is the order in the logs.
  const appends = request.topicData.map(({ name, partitionData }) => ({
    name,
    partitions: partitionData.map(({ index, records }) => ({
      index,
      result: refusal ?? append(services, { topic: name, index, records, acks }, context),
    })),
  }));
  const answers = appends.map(({ name, partitions }) => ({
    name,
    underWay: partitions.map(({ index, result }) => answer(services, index, result, acks, timeoutMs)),
  }));
  const responses: Responses = [];
  for (const { name, underWay } of answers) {
    const partitionResponses: PartitionResponse[] = [];
    for (const one of underWay) partitionResponses.push(await one);
    responses.push({ name, partitionResponses });
  }
  if (acks !== 0) return { responses };
  const failed = responses
    .flatMap(({ partitionResponses }) => partitionResponses)
    .find(({ errorCode }) => errorCode !== 0);
  // Nobody waits for an answer in which the error could be said.
  if (failed) throw new CloseConnection(`a batch that came with acks=0 was refused: ${failed.errorMessage}`);
  return NO_ANSWER;
};

/** A refusal, with the start of the log when the batch got as far as that. */
interface Refusal extends Refused {
  readonly logStartOffset?: number;
}

type Result = Refusal | { readonly partition: Partition; readonly appended: Appended };

/** A transaction has a name; a batch that claims to be part of one must come with it. */
function refusalOfAll({ transactionalId, topicData }: RequestOf<typeof Produce>): Refused | undefined {
  const inTransaction = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => isTransactional(records)),
  );
  if (!inTransaction) return undefined;
  if (transactionalId === null) return refused(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  return refused(Errors.INVALID_TXN_STATE, 'This broker has no transactions.');
}

interface Batch {
  readonly topic: string;
  readonly index: number;
  readonly records: Uint8Array | null;
  readonly acks: number;
}

// #region append
function append(services: Services, { topic, index, records, acks }: Batch, context: RequestContext): Result {
  const { host, topics } = services;
  const found = topics.named(topic);
  if (found === undefined) return refused(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const batch = onlyBatch(records);
  if ('error' in batch) return batch;
  if (context.version < ZSTD_SINCE && readBatchHeader(batch).codec === 'zstd')
    return refused(Errors.UNSUPPORTED_COMPRESSION_TYPE);
  if (acks < -1 || acks > 1) return refused(Errors.INVALID_REQUIRED_ACKS);
  if (isInternal(topic) && context.clientId !== ADMIN_CLIENT_ID) return refused(Errors.INVALID_TOPIC_EXCEPTION);
  const partition = found.partitions[index];
  if (partition === undefined) return refused(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const { logStartOffset } = partition.log;
  const maxBytes = topicSetting(services.config, found.configs, 'max.message.bytes');
  const header = checkedHeader(batch, maxBytes);
  if ('error' in header) return header.error === Errors.INVALID_RECORD ? { ...header, logStartOffset } : header;
  const problem = recordProblem(batch, header, demandsOf(services, partition, found.configs), host.codecs);
  if (problem !== undefined) return { ...problem, logStartOffset };
  const verdict = partition.log.producers.check(header);
  if (verdict === 'append') {
    const packed = repacked(
      batch,
      topicSetting(services.config, found.configs, 'compression.type'),
      maxBytes,
      host.codecs,
    );
    if ('error' in packed) return { ...packed, logStartOffset };
    return appendTo(partition, packed, packed === batch ? header : readBatchHeader(packed));
  }
  if ('error' in verdict) return { ...refused(Errors[verdict.error]), logStartOffset };
  // Written before: the producer did not get the answer, and gets it now.
  const committed = partition.allCommitted();
  const { duplicateOf: baseOffset, lastOffset, timestamp: logAppendTimeMs } = verdict;
  return { partition, appended: { baseOffset, lastOffset, logAppendTimeMs, written: committed, committed } };
}
// #endregion append

function demandsOf({ config, host }: Services, { log }: Partition, configs: Configs): Demands {
  const { timestampType, compact } = log.settings;
  const now = host.clock.wallMs();
  return {
    keys: compact,
    timestampType,
    earliest: now - topicSetting(config, configs, 'message.timestamp.before.max.ms'),
    latest: now + topicSetting(config, configs, 'message.timestamp.after.max.ms'),
  };
}

function appendTo(partition: Partition, batch: Uint8Array, header: BatchHeader): Result {
  try {
    return { partition, appended: partition.append(batch, header) };
  } catch (error) {
    return refused(errorOfAppend(error), error instanceof Error ? error.message : String(error));
  }
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
    // Also where nobody waits for an answer: until it is written it takes memory, and the connection may have only so much of that.
    if (acks !== -1) await appended.written;
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

function failure(index: number, { error, message, recordErrors = [], logStartOffset }: Refusal): PartitionResponse {
  return { index, errorCode: error.code, baseOffset: -1, logStartOffset, recordErrors, errorMessage: message };
}
