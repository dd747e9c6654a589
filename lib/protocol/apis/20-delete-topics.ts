/** DeleteTopics. By name or, since version 6, by id. */
import { api, array, int16, int32, NO_UUID, string, struct, uuid } from '../schema.ts';

export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  request: {
    topics: array(
      struct({
        name: string.nullable().default(null).about('The topic by name.'),
        topicId: uuid.default(NO_UUID).about('The topic by id.'),
      }),
    )
      .since(6)
      .about('The topics.'),
    topicNames: array(string).until(5).about('The topics by name.'),
    timeoutMs: int32.default(60_000).about('How long to wait until the topics are gone.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    responses: array(
      struct({
        name: string.nullable(6).about('The topic.'),
        topicId: uuid.since(6).default(NO_UUID).about('Its id.'),
        errorCode: int16.about('Why it was not deleted, or 0.'),
        errorMessage: string.nullable().since(5).default(null).about('The same in words.'),
      }),
    ).about('One entry a topic.'),
  },
});
