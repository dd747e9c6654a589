/** Chapter 02: where records lie, and what becomes of them when a topic gets another partition. */
import type { Kafka } from '../../lib/index.ts';
import { events } from '../tools/card.ts';
import { type ChapterObservations, kip, producerSource, source } from './observation.ts';
import { read } from './scene.ts';

/** What lies in each partition, a line each. */
async function layout(kafka: Kafka, topic: string, partitions: number, count: number): Promise<string[]> {
  const reader = kafka.consumer({ autoOffsetReset: 'earliest' });
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  await reader.assign(all);
  const came = await read(kafka, reader, count);
  await reader.close();
  return all.map(({ partition }) => {
    const here = came.filter((record) => record.partition === partition);
    return `${partition}: ${here.map(({ key, value }) => `${key} ${value}`).join(', ')}`.trimEnd();
  });
}

export const observations: ChapterObservations = {
  sources: [
    kip(480, 'Sticky Partitioner'),
    kip(794, 'Strictly Uniform Sticky Partitioner'),
    kip(98, 'Exactly Once Delivery and Transactional Messaging', ' - '),
    kip(679, 'Producer will enable the strongest delivery guarantee by default'),
    producerSource('BuiltInPartitioner.java'),
    source('clients/src/main/java/org/apache/kafka/common/utils', 'Utils.java'),
  ],
  observations: [
    {
      id: 'keyed',
      says: 'Events with one key lie in one partition, in the order in which they were appended.',
      cell: 'keyed',
      async sees({ kafka, name }) {
        await kafka.admin().createTopics({ [name]: 3 });
        const writer = kafka.producer();
        for (const value of events)
          for (const key of ['Ada', 'Ben', 'Eve']) await writer.send({ topic: name, key, value });
        return layout(kafka, name, 3, 9);
      },
    },
    {
      id: 'not-waited-for',
      says: 'Events that are sent without waiting for an answer lie in the order of the calls, if the producer numbers its batches as ours does.',
      cell: 'sends',
      async sees({ kafka, name }) {
        await kafka.admin().createTopics({ [name]: 1 });
        const writer = kafka.producer();
        await Promise.all(events.map((value) => writer.send({ topic: name, key: 'Ada', value })));
        return layout(kafka, name, 1, 3);
      },
    },
    {
      id: 'one-more',
      says: 'When three partitions become four no event moves, and about three quarters of the keys go elsewhere from then on.',
      cell: 'more',
      async sees({ kafka, name }) {
        await kafka.admin().createTopics({ [name]: 3 });
        const deposits = Array.from({ length: 200 }, (_, n) => ({ topic: name, key: `account ${n}`, value: '+1' }));
        const before = await kafka.producer().send(deposits);
        await kafka.admin().createPartitions({ [name]: 4 });
        const after = await kafka.producer().send(deposits);
        const moved = after.filter(({ partition }, n) => partition !== before[n].partition);
        const fresh = moved.filter(({ partition }) => partition === 3);
        const held = (await layout(kafka, name, 4, 400)).map((line) => line.split(',').length);
        return [
          `${moved.length} of 200 keys moved, ${fresh.length} to the new partition`,
          `events in each partition: ${held.join(' ')}`,
        ];
      },
    },
    {
      id: 'anywhere',
      says: 'The broker takes an event wherever its producer puts it, and does not ask about its key.',
      cell: 'machine',
      async sees({ kafka, name }) {
        await kafka.admin().createTopics({ [name]: 2 });
        const writer = kafka.producer();
        await writer.send({ topic: name, partition: 0, key: 'Ada', value: '+100' });
        await writer.send({ topic: name, partition: 1, key: 'Ada', value: '-120' });
        return layout(kafka, name, 2, 2);
      },
    },
  ],
};
