/** The Produce request: batches of several partitions for one broker, and its answers, one for each of them. */
import type { Produce } from '../../protocol/apis/00-produce.ts';
import type { RequestInput, ResponseOf } from '../../protocol/schema.ts';
import { encodeBatch } from '../../records/batch.ts';
import type { CodecName, Codecs } from '../../world/world.ts';
import { byTopic, nameOf } from '../topicPartition.ts';
import type { ProducerBatch } from './batch.ts';
import type { PartitionQueue } from './partitionQueue.ts';

/** A batch that leaves its queue. */
export interface Departure {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

export interface ProduceSettings {
  readonly acks: 0 | 1 | -1;
  readonly requestTimeoutMs: number;
  readonly compressionType: CodecName;
}

export function produceRequest(
  departures: readonly Departure[],
  settings: ProduceSettings,
  codecs: Codecs,
): RequestInput<typeof Produce> {
  const batches = departures.map(({ queue: { topic, partition }, batch }) => {
    return { topic, partition, records: encoded(batch, settings, codecs) };
  });
  return {
    acks: settings.acks,
    timeoutMs: settings.requestTimeoutMs,
    topicData: byTopic(batches).map(([name, entries]) => ({
      name,
      partitionData: entries.map(({ partition, records }) => ({ index: partition, records })),
    })),
  };
}

export type ProduceAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

/** What became of each batch, by the name of its partition. */
export function answersByPartition(response: ResponseOf<typeof Produce>): Map<string, ProduceAnswer> {
  const answers = new Map<string, ProduceAnswer>();
  for (const { name, partitionResponses } of response.responses) {
    for (const answer of partitionResponses) answers.set(nameOf({ topic: name, partition: answer.index }), answer);
  }
  return answers;
}

function encoded(batch: ProducerBatch, settings: ProduceSettings, codecs: Codecs): Uint8Array {
  const records = batch.records.map(({ data }) => data);
  const { identity, baseSequence } = batch.place ?? {};
  return encodeBatch(
    records,
    {
      codec: settings.compressionType,
      producerId: identity?.producerId,
      producerEpoch: identity?.epoch,
      baseSequence,
    },
    codecs,
  );
}
