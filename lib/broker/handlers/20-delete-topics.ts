/** DeleteTopics, versions 1-6. Topics that the broker keeps for itself cannot be deleted, other than in Kafka: groups live in one. */
import type { Topic } from '../../cluster/topics.ts';
import type { DeleteTopics } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';

type TopicResponse = ResponseInput<typeof DeleteTopics>['responses'][number];

const BY_ID_SINCE = 6;

export const handleDeleteTopics: Handler<typeof DeleteTopics> = async ({ topics, config }, request, { version }) => {
  const responses: TopicResponse[] = [];
  const wanted =
    version >= BY_ID_SINCE ? request.topics : request.topicNames.map((name) => ({ name, topicId: undefined }));
  for (const { name, topicId } of wanted) {
    const unknown = name === null ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    const topic = name === null ? topics.withId(topicId ?? '') : topics.named(name);
    const error = problemOf(topic, unknown, config['delete.topic.enable']);
    const gone = topic && error === Errors.NONE ? await topics.delete(topic) : true;
    const said = gone ? error : unknown;
    const identity = {
      name: name ?? topic?.name ?? null,
      ...(topicId === undefined ? {} : { topicId: topic?.topicId ?? topicId }),
    };
    responses.push({ ...identity, errorCode: said.code, errorMessage: said === Errors.NONE ? null : said.message });
  }
  return { responses };
};

function problemOf(topic: Topic | undefined, unknown: ErrorCode, enabled: boolean): ErrorCode {
  if (!enabled) return Errors.TOPIC_DELETION_DISABLED;
  if (topic === undefined) return unknown;
  return topic.isInternal ? Errors.INVALID_REQUEST : Errors.NONE;
}
