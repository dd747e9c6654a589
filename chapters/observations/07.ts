/** Chapter 07: a group divides whole partitions, and other readers are none of its business. */
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { read, type Scene, sharesOf } from './scene.ts';

const articles = ['one', 'two', 'three'];

/** A topic of two partitions with three articles in each. */
async function newsroom(scene: Scene): Promise<string> {
  await scene.topic(2);
  await fill(scene);
  return scene.name;
}

async function fill(scene: Scene): Promise<void> {
  for (const partition of [0, 1])
    await scene.send(
      articles.map((title) => `${title} of ${partition}`),
      partition,
    );
}

export const observations: ChapterObservations = {
  sources: [
    consumerApiSource('KafkaConsumer.java'),
    consumerApiSource('RangeAssignor.java'),
    consumerSource('ConsumerCoordinator.java'),
    coordinatorSource('GroupMetadataManager.java'),
    kip(62, 'Allow consumer to send heartbeats from a background thread'),
    kip(735, 'Increase default consumer session timeout'),
  ],
  observations: [
    {
      id: 'three',
      says: 'Three copies in one group share two partitions: the third has nothing, and each article is shown once.',
      cell: 'three',
      async sees(scene) {
        await scene.topic(2);
        const copies = ['website 1', 'website 2', 'website 3'].map((copy) => scene.start(copy));
        await scene.shared(copies, '0 1 1');
        await fill(scene);
        const shown = () => copies.flatMap(({ values }) => values).sort();
        await scene.kafka.world.until(() => shown().length >= 6);
        return [`partitions: ${sharesOf(copies)}`, `articles: ${shown().join(', ')}`];
      },
    },
    {
      id: 'heir',
      says: 'When a copy is killed, its partition is read again by those who are left.',
      cell: 'heir',
      async sees(scene) {
        await newsroom(scene);
        const copies = ['website 1', 'website 2', 'website 3'].map((copy) =>
          scene.start(copy, { sessionTimeoutMs: 3000 }),
        );
        await scene.shared(copies, '0 1 1');
        const [reader] = copies.filter(({ owned }) => owned.length > 0);
        reader.task.crash();
        const left = copies.filter((copy) => copy !== reader);
        const read = () => left.map(({ owned }) => owned.join(' ')).sort();
        await scene.kafka.world.until(() => read().join(', ') === '0, 1');
        return read();
      },
    },
    {
      id: 'archive',
      says: 'A second group gets every article too, and has a place of its own.',
      cell: 'archive',
      async sees(scene) {
        await newsroom(scene);
        const website = await scene.join('website', 2);
        await scene.kafka.world.until(() => website.values.length === 6);
        const archive = scene.start('archive', {
          groupId: `${scene.name}-archive`,
          work: async (_, consumer) => consumer.commitSync(),
        });
        await scene.kafka.world.until(() => archive.values.length === 6);
        await scene.close(archive);
        const committed = await scene.kafka.admin().listConsumerGroupOffsets(`${scene.name}-archive`);
        return [
          `archive: ${archive.values.length} articles, committed ${committed.map(({ offset }) => offset).join(' ')}`,
          `website: committed ${(await scene.committed()) ?? 'nothing'}`,
        ];
      },
    },
    {
      id: 'visitors',
      says: 'Whoever names a partition itself gets its records, beside the member that the group has for it.',
      cell: 'assign',
      async sees(scene) {
        const topic = await newsroom(scene);
        const website = await scene.join('website', 2);
        const lines: string[] = [];
        for (const visitor of ['visitor 1', 'visitor 2']) {
          const consumer = scene.kafka.consumer({ autoOffsetReset: 'earliest' });
          await consumer.assign([{ topic, partition: 0 }]);
          const came = await read(scene.kafka, consumer, 3);
          lines.push(`${visitor}: ${came.map(({ value }) => value).join(', ')}`);
        }
        return [...lines, `website has partitions ${website.owned.join(' ')}`];
      },
    },
    {
      id: 'four',
      says: 'By `range`, four members of two topics with two partitions each are two that work and two that wait.',
      cell: 'four',
      async sees(scene) {
        const pictures = `${scene.name}-pictures`;
        await scene.kafka.admin().createTopics({ [scene.name]: 2, [pictures]: 2 });
        const topics = [scene.name, pictures];
        const members = ['one', 'two', 'three', 'four'].map((name) => scene.start(name, { topics }));
        await scene.shared(members, '0 0 2 2');
        return [`partitions: ${sharesOf(members)}`];
      },
    },
  ],
};
