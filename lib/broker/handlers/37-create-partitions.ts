/** CreatePartitions, versions 0-3. The topic in which groups are kept stays as it is: its size decides where each group lives. */
import type { CreatePartitions } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import { MAX_PARTITIONS_AT_ONCE } from '../config.ts';
import type { Handler } from '../dispatch.ts';
import { namedTwice } from '../namedTwice.ts';
import type { Services } from '../services.ts';
import { errorOfAppend } from '../storageErrors.ts';

type WantedTopic = RequestOf<typeof CreatePartitions>['topics'][number];
type TopicResult = ResponseInput<typeof CreatePartitions>['results'][number];

export const handleCreatePartitions: Handler<typeof CreatePartitions> = async (services, request) => {
  const results: TopicResult[] = [];
  let left = MAX_PARTITIONS_AT_ONCE;
  const twice = namedTwice(request.topics.map(({ name }) => name));
  for (const wanted of new Map(request.topics.map((topic) => [topic.name, topic])).values()) {
    if (twice.has(wanted.name)) {
      results.push(failure(wanted, Errors.INVALID_REQUEST, 'The request names the topic twice.'));
      continue;
    }
    left -= addedBy(services, wanted);
    results.push(await add(services, wanted, request.validateOnly, left < 0));
  }
  return { results };
};

function addedBy({ topics }: Services, { name, count }: WantedTopic): number {
  return Math.max(0, count - (topics.named(name)?.partitions.length ?? count));
}

// #region add
/** `tooMany`: with this topic the request wants more partitions than are made at once. */
async function add(
  services: Services,
  wanted: WantedTopic,
  validateOnly: boolean,
  tooMany: boolean,
): Promise<TopicResult> {
  const topic = services.topics.named(wanted.name);
  if (topic === undefined) return failure(wanted, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  const { name, count, assignments } = wanted;
  if (topic.isInternal)
    return failure(wanted, Errors.INVALID_REQUEST, `${name} keeps the partitions it was made with.`);
  const added = count - topic.partitions.length;
  if (added <= 0) {
    const has = `Topic ${name} has ${topic.partitions.length} partitions, and it can only get more.`;
    return failure(wanted, Errors.INVALID_PARTITIONS, has);
  }
  if (tooMany) {
    return failure(wanted, Errors.POLICY_VIOLATION, `No more than ${MAX_PARTITIONS_AT_ONCE} can be added at once.`);
  }
  const misplaced = assignments?.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== services.brokerId);
  if (assignments !== null && (assignments.length !== added || misplaced)) {
    return failure(wanted, Errors.INVALID_REPLICA_ASSIGNMENT);
  }
  if (validateOnly) return { name, errorCode: Errors.NONE.code };
  try {
    const grown = await services.topics.addPartitions(topic, count);
    // Another client was quicker, and the topic is to be looked at again.
    return grown ? { name, errorCode: Errors.NONE.code } : add(services, wanted, validateOnly, tooMany);
  } catch (error) {
    return failure(wanted, errorOfAppend(error), error instanceof Error ? error.message : String(error));
  }
}
// #endregion add

function failure({ name }: WantedTopic, error: ErrorCode, message = error.message): TopicResult {
  return { name, errorCode: error.code, errorMessage: message };
}
