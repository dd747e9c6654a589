/** CreateTopics. */
import { api, array, boolean, int8, int16, int32, NO_UUID, string, struct, uuid } from '../schema.ts';

export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: {
    topics: array(
      struct({
        name: string.about('The name of the new topic.'),
        numPartitions: int32.about("How many partitions; -1: the broker's default, or as assigned below."),
        replicationFactor: int16.about("How many copies; -1: the broker's default, or as assigned below."),
        assignments: array(
          struct({
            partitionIndex: int32.about('A partition.'),
            brokerIds: array(int32).about('The brokers that shall hold it.'),
          }),
        ).about('Who holds what; empty: the controller decides.'),
        configs: array(
          struct({
            name: string.about('A setting of the topic.'),
            value: string.nullable().about('Its value.'),
          }),
        ).about('Settings that differ from the default.'),
      }),
    ).about('One entry a topic.'),
    timeoutMs: int32.default(60_000).about('How long to wait until the topics are there.'),
    validateOnly: boolean.default(false).about('Whether only to check.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    topics: array(
      struct({
        name: string.about('The topic.'),
        topicId: uuid.since(7).default(NO_UUID).about('Its id.'),
        errorCode: int16.about('Why it was not created, or 0.'),
        errorMessage: string.nullable().default(null).about('The same in words.'),
        topicConfigErrorCode: int16.since(5).tagged(0).default(0).about('Why the settings are not shown.'),
        numPartitions: int32.since(5).default(-1).about('How many partitions it has.'),
        replicationFactor: int16.since(5).default(-1).about('How many copies.'),
        configs: array(
          struct({
            name: string.about('A setting.'),
            value: string.nullable().about('Its value.'),
            readOnly: boolean.about('Whether it is fixed.'),
            configSource: int8.default(-1).about('Where the value comes from.'),
            isSensitive: boolean.default(false).about('Whether it is secret.'),
          }),
        )
          .nullable()
          .since(5)
          .default([])
          .about('Its settings.'),
      }),
    ).about('One entry a topic.'),
  },
});
