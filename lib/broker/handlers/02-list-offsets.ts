/** ListOffsets, versions 1-7: where does a partition begin and end, and where is the first record of a time? Consumers see it up to the high watermark. */
import type { Partition } from '../../cluster/partition.ts';
import { recordsSince } from '../../log/timeLookup.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type ListOffsets, MAX_TIMESTAMP } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import { type Batch, batchesIn, lastOffsetOf } from '../../records/batch.ts';
import type { Codecs } from '../../world/world.ts';
import type { Handler } from '../dispatch.ts';
import { epochError } from '../leaderEpoch.ts';
import type { Services } from '../services.ts';
import { errorOfRead } from '../storageErrors.ts';

type PartitionResponse = ResponseInput<typeof ListOffsets>['topics'][number]['partitions'][number];
type Found = Omit<PartitionResponse, 'partitionIndex' | 'errorCode'>;

const READ_BYTES = 1 << 20;
const NONE_FOUND: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 };

const MAX_TIMESTAMP_SINCE = 7;

export const handleListOffsets: Handler<typeof ListOffsets> = async (services, request, { version }) => ({
  topics: await Promise.all(
    [...questionsIn(request)].map(async ([name, questions]) => {
      const answers = [...questions].map(([index, question]) =>
        question === 'twice' ? failure(index, Errors.INVALID_REQUEST) : answer(services, question, version),
      );
      return { name, partitions: await Promise.all(answers) };
    }),
  ),
});

interface Question {
  readonly name: string;
  readonly partitionIndex: number;
  readonly currentLeaderEpoch: number;
  readonly timestamp: number;
}

/** What is asked of each partition of each topic. A topic may have several entries; a partition may be asked for once. */
function questionsIn({ topics }: RequestOf<typeof ListOffsets>): Map<string, Map<number, Question | 'twice'>> {
  const all = new Map<string, Map<number, Question | 'twice'>>();
  for (const { name, partitions } of topics) {
    const questions = all.get(name) ?? new Map<number, Question | 'twice'>();
    all.set(name, questions);
    for (const one of partitions) {
      const { partitionIndex } = one;
      questions.set(partitionIndex, questions.has(partitionIndex) ? 'twice' : { name, ...one });
    }
  }
  return all;
}

async function answer(services: Services, question: Question, version: number): Promise<PartitionResponse> {
  const { partitionIndex, timestamp } = question;
  const partition = services.topics.partition(question.name, partitionIndex);
  if (partition === undefined) return failure(partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const epoch = epochError(question.currentLeaderEpoch, partition);
  if (epoch !== Errors.NONE) return failure(partitionIndex, epoch);
  const oldest = version < MAX_TIMESTAMP_SINCE ? EARLIEST_TIMESTAMP : MAX_TIMESTAMP;
  if (timestamp < oldest) return failure(partitionIndex, Errors.UNSUPPORTED_VERSION);
  try {
    return { partitionIndex, errorCode: Errors.NONE.code, ...(await look(services, partition, timestamp)) };
  } catch (error) {
    return failure(partitionIndex, errorOfRead(error));
  }
}

async function look(services: Services, partition: Partition, timestamp: number): Promise<Found> {
  const { leaderEpoch, highWatermark, log } = partition;
  if (timestamp === LATEST_TIMESTAMP) return { timestamp: -1, offset: highWatermark, leaderEpoch };
  if (timestamp === EARLIEST_TIMESTAMP) return { timestamp: -1, offset: log.logStartOffset, leaderEpoch };
  if (timestamp === MAX_TIMESTAMP) return largestTimestamp(services, partition);
  const found = await log.offsetForTime(timestamp);
  // What lies above the high watermark may still go away.
  return found === null || found.offset >= highWatermark ? NONE_FOUND : found;
}

/** Headers say the largest timestamp of their batch; only the batch that has it is opened. */
async function largestTimestamp({ host }: Services, partition: Partition): Promise<Found> {
  let best: { readonly bytes: Uint8Array; readonly maxTimestamp: number; readonly leaderEpoch: number } | undefined;
  const { logStartOffset } = partition.log;
  let offset = logStartOffset;
  for (;;) {
    const read = await partition.read(offset, READ_BYTES);
    if (read.length === 0) break;
    for (const batch of batchesIn(read)) {
      const { bytes, header } = batch;
      const maxTimestamp = largestOf(batch, logStartOffset, host.codecs);
      const { partitionLeaderEpoch: leaderEpoch } = header;
      if (best === undefined || maxTimestamp > best.maxTimestamp) best = { bytes, maxTimestamp, leaderEpoch };
      offset = lastOffsetOf(header) + 1;
    }
  }
  if (best === undefined) return NONE_FOUND;
  const { maxTimestamp, leaderEpoch } = best;
  for (const { timestamp, offset } of recordsSince(logStartOffset, best.bytes, host.codecs)) {
    if (timestamp === maxTimestamp) return { timestamp: maxTimestamp, offset, leaderEpoch };
  }
  return NONE_FOUND;
}

/** Where the log begins inside of a batch, its header may speak of a record that has been deleted. */
function largestOf({ header, bytes }: Batch, logStartOffset: number, codecs: Codecs): number {
  if (header.baseOffset >= logStartOffset) return header.maxTimestamp;
  let largest = -Infinity;
  for (const { timestamp } of recordsSince(logStartOffset, bytes, codecs)) largest = Math.max(largest, timestamp);
  return largest;
}

function failure(partitionIndex: number, error: ErrorCode): PartitionResponse {
  return { partitionIndex, errorCode: error.code };
}
