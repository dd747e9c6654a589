/** CreateTopics, versions 2-7. Each topic is made or refused by itself, but for a request that wants too many partitions in all. */
import { isInternal, topicNameProblem } from '../../cluster/topicName.ts';
import type { CreateTopics } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import { MAX_PARTITIONS_AT_ONCE, topicConfigProblem } from '../config.ts';
import { topicEntries } from '../configResources.ts';
import type { Handler } from '../dispatch.ts';
import { namedTwice } from '../namedTwice.ts';
import type { Services } from '../services.ts';
import { shortened } from '../shortened.ts';
import { errorOfAppend } from '../storageErrors.ts';

type WantedTopic = RequestOf<typeof CreateTopics>['topics'][number];
type TopicResponse = ResponseInput<typeof CreateTopics>['topics'][number];

export const handleCreateTopics: Handler<typeof CreateTopics> = async (services, request) => {
  const topics: TopicResponse[] = [];
  const twice = namedTwice(request.topics.map(({ name }) => name));
  const once = request.topics.filter(({ name }) => !twice.has(name));
  const partitions = once.map((topic) => Math.max(0, partitionsOf(services, topic)));
  if (partitions.reduce((sum, count) => sum + count, 0) > MAX_PARTITIONS_AT_ONCE) {
    const message = `No more than ${MAX_PARTITIONS_AT_ONCE} partitions can be made at once.`;
    return { topics: request.topics.map(({ name }) => failure(name, refuse(Errors.POLICY_VIOLATION, message))) };
  }
  for (const topic of once) topics.push(await create(services, topic, request.validateOnly));
  const twiceIsOnce = refuse(Errors.INVALID_REQUEST, 'The request names the topic twice.');
  return { topics: [...topics, ...[...twice].map((name) => failure(name, twiceIsOnce))] };
};

interface Problem {
  readonly error: ErrorCode;
  readonly message: string;
}

function refuse(error: ErrorCode, message = error.message): Problem {
  return { error, message };
}

function failure(name: string, { error, message }: Problem): TopicResponse {
  return { name, errorCode: error.code, errorMessage: shortened(message) };
}

// #region problemOf
function problemOf(services: Services, wanted: WantedTopic): Problem | undefined {
  const { topics } = services;
  const { name, numPartitions, replicationFactor, assignments, configs } = wanted;
  const nameProblem = topicNameProblem(name);
  if (nameProblem !== null) return refuse(Errors.INVALID_TOPIC_EXCEPTION, nameProblem);
  if (topics.named(name)) return refuse(Errors.TOPIC_ALREADY_EXISTS, `Topic ${name} exists.`);
  if (isInternal(name)) return refuse(Errors.INVALID_REQUEST, `The broker makes ${name} itself when it is needed.`);
  const other = topics.colliding(name);
  if (other) {
    return refuse(
      Errors.INVALID_TOPIC_EXCEPTION,
      `The name differs from ${other.name} only in . and _, which is not allowed.`,
    );
  }
  const empty = configs.find(({ value }) => value === null);
  if (empty) return refuse(Errors.INVALID_CONFIG, `${empty.name} is set to null, which is no value.`);
  const configProblem = topicConfigProblem(settingsOf(configs));
  if (configProblem !== null) return refuse(Errors.INVALID_CONFIG, configProblem);
  if (assignments.length > 0) return assignmentProblem(services, wanted);
  if (numPartitions !== -1 && numPartitions < 1) return refuse(Errors.INVALID_PARTITIONS);
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    return refuse(
      Errors.INVALID_REPLICATION_FACTOR,
      `There is 1 broker, so the replication factor cannot be ${replicationFactor}.`,
    );
  }
  return undefined;
}
// #endregion problemOf

/** Whoever says who holds what may not say how many as well, and must name each partition once and brokers that exist. */
function assignmentProblem({ brokerId }: Services, wanted: WantedTopic): Problem | undefined {
  const { assignments, numPartitions, replicationFactor } = wanted;
  if (numPartitions !== -1 || replicationFactor !== -1) {
    return refuse(Errors.INVALID_REQUEST, 'With an assignment, partitions and replication factor must be -1.');
  }
  const indexes = assignments.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  const wrong =
    indexes.some((index, at) => index !== at) ||
    assignments.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== brokerId);
  return wrong ? refuse(Errors.INVALID_REPLICA_ASSIGNMENT) : undefined;
}

/** How many partitions are asked for, whether there can be so many or not. */
function partitionsOf({ config }: Services, { assignments, numPartitions }: WantedTopic): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? config['num.partitions'] : numPartitions;
}

async function create(services: Services, wanted: WantedTopic, validateOnly: boolean): Promise<TopicResponse> {
  const problem = problemOf(services, wanted);
  if (problem) return failure(wanted.name, problem);
  const { name } = wanted;
  const numPartitions = partitionsOf(services, wanted);
  const settings = settingsOf(wanted.configs);
  const described = { name, numPartitions, replicationFactor: 1, configs: topicEntries(services.live, settings) };
  if (validateOnly) return { ...described, errorCode: Errors.NONE.code };
  try {
    const made = await services.topics.create(name, numPartitions, settings);
    // Another client was quicker: what it has made is a problem now.
    if (made === undefined) return create(services, wanted, validateOnly);
    return { ...described, errorCode: Errors.NONE.code, topicId: made.topicId };
  } catch (error) {
    return failure(name, refuse(errorOfAppend(error), error instanceof Error ? error.message : String(error)));
  }
}

function settingsOf(configs: WantedTopic['configs']): { readonly [name: string]: string } {
  return Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
}
