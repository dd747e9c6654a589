/**
 * Produce, versions 0-2: refused, but politely.
 *
 * These versions carry record formats that Kafka 4 has dropped. They are announced all the same, because librdkafka takes a broker that does not
 * announce version 0 for one that cannot compress (KAFKA-18659). Whoever does send one gets UNSUPPORTED_VERSION in the form of its version.
 */
import { Errors } from '../../protocol/errors.ts';
import { api, array, int16, int32, int64, records, string, struct } from '../../protocol/schema.ts';
import { CloseConnection, type Handler } from '../dispatch.ts';

export const OldProduce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 2],
  flexibleSince: 9,
  request: {
    acks: int16,
    timeoutMs: int32,
    topicData: array(struct({ name: string, partitionData: array(struct({ index: int32, records })) })),
  },
  response: {
    responses: array(
      struct({
        name: string,
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64.default(-1),
            logAppendTimeMs: int64.since(2).default(-1),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32.since(1).default(0),
  },
});

export const handleOldProduce: Handler<typeof OldProduce> = (_, { acks, topicData }, { version }) => {
  if (acks === 0) throw new CloseConnection(`Produce version ${version} is not supported`);
  const errorCode = Errors.UNSUPPORTED_VERSION.code;
  const responses = topicData.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode })),
  }));
  return { responses };
};
