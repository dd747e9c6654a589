/**
 * DeleteTopics, versions 1-6. Topics that the broker keeps for itself cannot be deleted, other than in Kafka: groups live in one. Groups forget their
 * offsets in a topic that goes.
 */
import type { Topic, Topics } from '../../cluster/topics.ts';
import type { DeleteTopics } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import { NO_UUID, type ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import { errorOfAppend } from '../storageErrors.ts';

type TopicResponse = ResponseInput<typeof DeleteTopics>['responses'][number];

const BY_ID_SINCE = 6;

export const handleDeleteTopics: Handler<typeof DeleteTopics> = async (services, request, { version }) => {
  const { topics, config, groups } = services;
  const responses: TopicResponse[] = [];
  const byName = request.topicNames.map((name) => ({ name, topicId: NO_UUID }));
  for (const { name, topicId, misnamed } of questions(version >= BY_ID_SINCE ? request.topics : byName)) {
    const unknown = name === null ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    const topic = name === null ? topics.withId(topicId) : topics.named(name);
    const problem = misnamed ? Errors.INVALID_REQUEST : problemOf(topic, unknown, config['delete.topic.enable']);
    const said = topic && problem === Errors.NONE ? await remove(topics, topic, unknown) : problem;
    if (topic && said === Errors.NONE) groups.everywhere((shard, now) => shard.topicDeleted(topic.name, now));
    const identity = misnamed
      ? { name, topicId }
      : { name: name ?? topic?.name ?? null, topicId: topic?.topicId ?? topicId };
    responses.push({ ...identity, errorCode: said.code, errorMessage: said === Errors.NONE ? null : said.message });
  }
  return { responses };
};

interface Question {
  readonly name: string | null;
  readonly topicId: string;
  /** By name and id, by neither, or twice. */
  readonly misnamed: boolean;
}

/** Each topic once, whether it is named by its name or by its id. */
function questions(wanted: readonly Pick<Question, 'name' | 'topicId'>[]): Iterable<Question> {
  const all = new Map<string, Question>();
  for (const { name, topicId } of wanted) {
    const key = `${name} ${topicId}`;
    const misnamed = (name === null) === (topicId === NO_UUID) || all.has(key);
    all.set(key, { name, topicId, misnamed });
  }
  return all.values();
}

async function remove(topics: Topics, topic: Topic, unknown: ErrorCode): Promise<ErrorCode> {
  try {
    return (await topics.delete(topic)) ? Errors.NONE : unknown;
  } catch (error) {
    return errorOfAppend(error);
  }
}

function problemOf(topic: Topic | undefined, unknown: ErrorCode, enabled: boolean): ErrorCode {
  if (!enabled) return Errors.TOPIC_DELETION_DISABLED;
  if (topic === undefined) return unknown;
  return topic.isInternal ? Errors.INVALID_REQUEST : Errors.NONE;
}
