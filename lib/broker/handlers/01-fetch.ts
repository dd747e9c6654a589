/**
 * Fetch, versions 4-13: a consumer asks for batches.
 *
 * The broker answers with whole batches as they lie in the log, up to the high watermark, and holds the request back while there is less than the
 * consumer wants and time is left: that is how a consumer hears of a new record at once without asking all the time. The limits on size yield to
 * progress, so the first batch is sent however large it is (KIP-74).
 *
 * Not here: followers, aborted transactions.
 */
import type { Partition } from '../../cluster/partition.ts';
import type { Fetch } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import type { AnswerRoom } from '../answerMemory.ts';
import type { Handler } from '../dispatch.ts';
import type { FetchAnswer, FetchedPartition } from '../fetchSessions.ts';
import { epochError } from '../leaderEpoch.ts';
import type { Services } from '../services.ts';
import { errorOfRead } from '../storageErrors.ts';

type Responses = ResponseInput<typeof Fetch>['responses'];
type PartitionResponse = Responses[number]['partitions'][number];

const TOPIC_IDS_SINCE = 13;
const READ_COMMITTED = 1;

/** One partition that is asked for, with what was found under its name. */
interface Wanted {
  readonly wanted: FetchedPartition;
  readonly found: Partition | ErrorCode;
}

export const handleFetch: Handler<typeof Fetch> = async (services, request, { version, room }) => {
  const plan = services.fetchSessions.begin(request, version);
  if ('code' in plan) return { errorCode: plan.code, responses: [] };
  const all = plan.partitions.map((wanted) => ({ wanted, found: find(services, wanted, version) }));
  const maxBytes = Math.min(request.maxBytes, services.config['fetch.max.bytes']);
  const read = await readWhenReady(services, all, { ...request, maxBytes, room });
  const { error, sessionId, answers } = plan.finish(read);
  return { errorCode: error.code, sessionId, responses: byTopic(answers) };
};

interface Limits {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly isolationLevel: number;
  readonly room: AnswerRoom | undefined;
}

// #region readWhenReady
/** Reads at once, and a second time when there is more, unless what there is suffices or nothing can come. */
async function readWhenReady(services: Services, all: readonly Wanted[], limits: Limits): Promise<FetchAnswer[]> {
  const partitions = all.flatMap(({ found }) => ('code' in found ? [] : [found]));
  const committedBefore = partitions.map((partition) => ({ partition, bytes: partition.bytesCommitted }));
  const bytesBefore = await readOrCount(services, all, limits);
  if (typeof bytesBefore !== 'number') return bytesBefore;
  const ready = () =>
    committedBefore.some(({ partition }) => partition.isClosed) ||
    committedBefore.reduce((sum, { partition, bytes }) => sum + partition.bytesCommitted - bytes, bytesBefore) >=
      limits.minBytes;
  await services.purgatory.until(partitions, ready, limits.maxWaitMs);
  return (await readAll(services, all, limits)).answers;
}
// #endregion readWhenReady

/**
 * What there is, when that is the answer, else how many bytes it is. In a function of its own, since nothing but the number may outlive it: a thousand
 * clients that wait for more than there is must not hold all of it a thousand times.
 */
async function readOrCount(
  services: Services,
  all: readonly Wanted[],
  limits: Limits,
): Promise<FetchAnswer[] | number> {
  const { minBytes, maxWaitMs, room } = limits;
  const { answers, bytes, isUrgent } = await readAll(services, all, limits);
  const isEnough = isUrgent || bytes >= minBytes || all.every(({ found }) => 'code' in found);
  if (isEnough || maxWaitMs <= 0) return answers;
  room?.giveBack();
  return bytes;
}

function find({ topics }: Services, wanted: FetchedPartition, version: number): Partition | ErrorCode {
  const byId = version >= TOPIC_IDS_SINCE;
  const topic = byId ? topics.withId(wanted.topicId) : topics.named(wanted.topic);
  if (topic === undefined) return byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
  const found = topic.partitions[wanted.partition];
  if (found === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION;
  const epoch = epochError(Math.max(wanted.currentLeaderEpoch, -1), found);
  return epoch === Errors.NONE ? found : epoch;
}

interface Read {
  readonly answers: FetchAnswer[];
  readonly bytes: number;
  /** Whether there is something to tell beside records, for which nobody should wait. */
  readonly isUrgent: boolean;
}

// #region readAll
/** Waits for room first, where there is something to read. */
async function readAll(services: Services, all: readonly Wanted[], limits: Limits): Promise<Read> {
  const { maxBytes, isolationLevel, room } = limits;
  const most = mostBytes(all, maxBytes, services.config['message.max.bytes']);
  const waiting = most > 0 ? room?.reserve(most) : undefined;
  if (waiting !== undefined) await waiting;
  const answers: FetchAnswer[] = [];
  let bytes = 0;
  let isUrgent = false;
  for (const one of all) {
    const response = await readOne(one, maxBytes - bytes, bytes === 0, isolationLevel);
    bytes += lengthOf(response);
    // What is not here may come to be while the others are waited for; any other error is worth telling at once, and so is where a log parts from ours.
    isUrgent ||= response.errorCode !== Errors.NONE.code && !isUnknown(one.found);
    isUrgent ||= response.divergingEpoch !== undefined;
    answers.push({ wanted: one.wanted, response });
  }
  return { answers, bytes, isUrgent };
}

/** How much will be read at most, and nothing where there is nothing. At least it is a batch, which may be larger than what is wanted. */
function mostBytes(all: readonly Wanted[], maxBytes: number, batchBytes: number): number {
  let most = 0;
  for (const { found, wanted } of all) {
    if ('code' in found || wanted.fetchOffset >= found.highWatermark) continue;
    most = Math.max(most + Math.max(wanted.partitionMaxBytes, 0), batchBytes);
  }
  return Math.min(most, Math.max(maxBytes, batchBytes));
}

/** `first` says that nothing has been found so far: then one batch is sent even when it is larger than every limit. */
async function readOne(
  one: Wanted,
  bytesLeft: number,
  first: boolean,
  isolationLevel: number,
): Promise<PartitionResponse> {
  const { found, wanted } = one;
  const { partition: partitionIndex, fetchOffset } = wanted;
  if ('code' in found) {
    return { ...failure(partitionIndex, found), abortedTransactions: isUnknown(found) ? [] : null };
  }
  if (found.isClosed) return failure(partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const limit = Math.min(wanted.partitionMaxBytes, bytesLeft);
  const parting = partingOf(found, wanted);
  if (parting === 'unknown') return failure(partitionIndex, Errors.OFFSET_OUT_OF_RANGE);
  try {
    const read =
      (first || limit > 0) && parting === undefined ? await found.read(fetchOffset, Math.max(limit, 0)) : NOTHING;
    const records = first || read.length <= limit ? read : NOTHING;
    const { highWatermark, log } = found;
    const marks = { highWatermark, lastStableOffset: highWatermark, logStartOffset: log.logStartOffset };
    const abortedTransactions = isolationLevel === READ_COMMITTED ? [] : null;
    const divergingEpoch = parting && { epoch: parting.leaderEpoch, endOffset: parting.endOffset };
    return { partitionIndex, errorCode: Errors.NONE.code, ...marks, abortedTransactions, divergingEpoch, records };
  } catch (error) {
    return failure(partitionIndex, errorOfRead(error));
  }
}
// #endregion readAll

const NOTHING = new Uint8Array(0);

function lengthOf({ records }: PartitionResponse): number {
  return records instanceof Uint8Array ? records.length : 0;
}

function isUnknown(found: Partition | ErrorCode): boolean {
  return found === Errors.UNKNOWN_TOPIC_OR_PARTITION || found === Errors.UNKNOWN_TOPIC_ID;
}

/**
 * Where the log of a client that says in which epoch it read last parts from this one; nothing, when it does not part (KIP-595). `unknown`: there is no
 * such epoch here.
 */
function partingOf(partition: Partition, { lastFetchedEpoch, fetchOffset }: FetchedPartition) {
  if (lastFetchedEpoch < 0) return undefined;
  const end = partition.endOfEpoch(lastFetchedEpoch);
  if (end === null) return 'unknown';
  return end.endOffset < fetchOffset ? end : undefined;
}

function failure(partitionIndex: number, error: ErrorCode): PartitionResponse {
  return { partitionIndex, errorCode: error.code, highWatermark: -1, records: NOTHING };
}

/** Neighbours of one topic together. A topic may come twice: in a session the order is that in which partitions take their turns. */
function byTopic(answers: readonly FetchAnswer[]): Responses {
  const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
  for (const { wanted, response } of answers) {
    const { topic, topicId } = wanted;
    const last = responses.at(-1);
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(response);
    else responses.push({ topic, topicId, partitions: [response] });
  }
  return responses;
}
