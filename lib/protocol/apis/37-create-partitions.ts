/** CreatePartitions: a topic gets more partitions. It cannot get fewer, and a key may belong to another partition from then on (KIP-195). */
import { api, array, boolean, int16, int32, string, struct } from '../schema.ts';

export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: {
    topics: array(
      struct({
        name: string.about('The topic.'),
        count: int32.about('How many partitions it shall have, the old ones counted.'),
        assignments: array(
          struct({
            brokerIds: array(int32).about('The brokers that shall hold it.'),
          }),
        )
          .nullable()
          .default(null)
          .about('One entry a new partition; null: the controller decides.'),
      }),
    ).about('One entry a topic.'),
    timeoutMs: int32.default(60_000).about('How long to wait until the partitions are there.'),
    validateOnly: boolean.default(false).about('Whether only to check.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    results: array(
      struct({
        name: string.about('The topic.'),
        errorCode: int16.about('Why nothing was added, or 0.'),
        errorMessage: string.nullable().default(null).about('The same in words.'),
      }),
    ).about('One entry a topic.'),
  },
});
