/**
 * Fetch, versions 4-13: a consumer asks for batches.
 *
 * The broker answers with whole batches as they lie in the log, up to the high watermark, and holds the request back while there is less than the
 * consumer wants and time is left: that is how a consumer hears of a new record at once without asking all the time. The limits on size yield to
 * progress, so the first batch is sent however large it is (KIP-74).
 *
 * Not here: fetch sessions (KIP-227; every answer says session 0, so clients send full requests), followers, aborted transactions.
 */
import type { Partition } from '../../cluster/partition.ts';
import type { Fetch } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import { NO_UUID, type RequestOf, type ResponseInput } from '../../protocol/schema.ts';
import { batchesIn } from '../../records/batch.ts';
import type { Handler } from '../dispatch.ts';
import { epochError } from '../leaderEpoch.ts';
import type { Services } from '../services.ts';
import { errorOfRead } from '../storageErrors.ts';

type PartitionResponse = ResponseInput<typeof Fetch>['responses'][number]['partitions'][number];
type WantedPartition = RequestOf<typeof Fetch>['topics'][number]['partitions'][number];

const ZSTD_SINCE = 10;
const TOPIC_IDS_SINCE = 13;

/** One partition that is asked for, with what was found under its name. */
interface Wanted extends WantedPartition {
  readonly found: Partition | ErrorCode;
}

interface WantedTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly Wanted[];
}

export const handleFetch: Handler<typeof Fetch> = async (services, request, { version }) => {
  if (request.sessionId !== 0) return { errorCode: Errors.FETCH_SESSION_ID_NOT_FOUND.code, responses: [] };
  const topics = request.topics.map((topic) => find(services, topic, version));
  const maxBytes = Math.min(request.maxBytes, services.config['fetch.max.bytes']);
  const committedBefore = partitionsOf(topics).map((partition) => ({ partition, bytes: partition.bytesCommitted }));
  const first = await readAll(topics, maxBytes, version);
  if (first.failed || first.bytes >= request.minBytes || request.maxWaitMs <= 0) return { responses: first.responses };
  const ready = () =>
    committedBefore.some(({ partition }) => partition.isClosed) ||
    committedBefore.reduce((sum, { partition, bytes }) => sum + partition.bytesCommitted - bytes, first.bytes) >=
      request.minBytes;
  await services.purgatory.until(partitionsOf(topics), ready, request.maxWaitMs);
  return { responses: (await readAll(topics, maxBytes, version)).responses };
};

function find(
  { topics }: Services,
  { topic, topicId, partitions }: RequestOf<typeof Fetch>['topics'][number],
  version: number,
): WantedTopic {
  const byId = version >= TOPIC_IDS_SINCE;
  const known = byId ? topics.withId(topicId) : topics.named(topic);
  const unknown = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
  return {
    topic,
    topicId: topicId === NO_UUID ? (known?.topicId ?? NO_UUID) : topicId,
    partitions: partitions.map((wanted) => {
      const found = known?.partitions[wanted.partition];
      if (found === undefined) return { ...wanted, found: known ? Errors.UNKNOWN_TOPIC_OR_PARTITION : unknown };
      const epoch = epochError(wanted.currentLeaderEpoch, found);
      return { ...wanted, found: epoch === Errors.NONE ? found : epoch };
    }),
  };
}

function partitionsOf(topics: readonly WantedTopic[]): Partition[] {
  return topics.flatMap(({ partitions }) => partitions.flatMap(({ found }) => ('code' in found ? [] : [found])));
}

interface Read {
  readonly responses: ResponseInput<typeof Fetch>['responses'];
  readonly bytes: number;
  readonly failed: boolean;
}

// #region readAll
async function readAll(topics: readonly WantedTopic[], maxBytes: number, version: number): Promise<Read> {
  const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
  let bytes = 0;
  let failed = false;
  for (const { topic, topicId, partitions } of topics) {
    const answered: PartitionResponse[] = [];
    for (const wanted of partitions) {
      const response = await readOne(wanted, maxBytes - bytes, bytes === 0, version);
      bytes += lengthOf(response);
      failed ||= response.errorCode !== Errors.NONE.code;
      answered.push(response);
    }
    responses.push({ topic, topicId, partitions: answered });
  }
  return { responses, bytes, failed };
}

/** `first` says that nothing has been found so far: then one batch is sent even when it is larger than every limit. */
async function readOne(wanted: Wanted, bytesLeft: number, first: boolean, version: number): Promise<PartitionResponse> {
  const { found, partition: partitionIndex, fetchOffset } = wanted;
  if ('code' in found) return failure(partitionIndex, found);
  if (found.isClosed) return failure(partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const limit = Math.min(wanted.partitionMaxBytes, bytesLeft);
  try {
    const read = first || limit > 0 ? await found.read(fetchOffset, Math.max(limit, 0)) : NOTHING;
    const records = first || read.length <= limit ? read : NOTHING;
    if (version < ZSTD_SINCE && hasZstd(records)) return failure(partitionIndex, Errors.UNSUPPORTED_COMPRESSION_TYPE);
    const { highWatermark, log } = found;
    const marks = { highWatermark, lastStableOffset: highWatermark, logStartOffset: log.logStartOffset };
    return { partitionIndex, errorCode: Errors.NONE.code, ...marks, records };
  } catch (error) {
    return failure(partitionIndex, errorOfRead(error));
  }
}
// #endregion readAll

const NOTHING = new Uint8Array(0);

function lengthOf({ records }: PartitionResponse): number {
  return records instanceof Uint8Array ? records.length : 0;
}

function hasZstd(records: Uint8Array): boolean {
  for (const { header } of batchesIn(records)) if (header.codec === 'zstd') return true;
  return false;
}

function failure(partitionIndex: number, error: ErrorCode): PartitionResponse {
  return { partitionIndex, errorCode: error.code, highWatermark: -1, records: NOTHING };
}
