/** Chapter 06: a batch whose fourth event fails, and what a commit covers. */
import type { ConsumerRecord } from '../../lib/index.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, kip } from './observation.ts';
import { read, type Scene, shortSession, type Work } from './scene.ts';

const pennies = Array.from({ length: 12 }, () => '+1');
const offsetsOf = (events: readonly ConsumerRecord[]) => events.map(({ offset }) => offset).join(' ');

/** A consumer that was handed the first ten of twelve. */
async function handedTen(scene: Scene, settings = {}) {
  const topic = await scene.topic(1, pennies);
  const consumer = scene.consumer({ maxPollRecords: 10, ...settings });
  await consumer.subscribe([topic]);
  return { topic, consumer, ten: await read(scene.kafka, consumer, 10) };
}

export const observations: ChapterObservations = {
  sources: [
    kip(41, 'KafkaConsumer Max Records'),
    consumerApiSource('KafkaConsumer.java'),
    consumerSource('FetchCollector.java'),
    consumerSource('ConsumerCoordinator.java'),
  ],
  observations: [
    {
      id: 'reads-on',
      says: 'After a failure that was caught, the next `poll` goes on behind the batch, though nothing was committed.',
      cell: 'again',
      async sees(scene) {
        const { consumer, ten } = await handedTen(scene);
        return [offsetsOf(ten), offsetsOf(await read(scene.kafka, consumer, 2))];
      },
    },
    {
      id: 'covers',
      says: 'The commit after the next batch covers what has failed before it, and the lag is 0.',
      cell: 'again',
      async sees(scene) {
        const { topic, consumer } = await handedTen(scene);
        await read(scene.kafka, consumer, 2);
        await consumer.commitSync();
        const [{ offset: logEnd }] = await consumer.endOffsets([{ topic, partition: 0 }]);
        return [`committed ${await scene.committed()}, log end ${logEnd}`];
      },
    },
    {
      id: 'seeks',
      says: 'To seek to the failed event brings it and what follows, and nothing before it.',
      cell: 'goes',
      async sees(scene) {
        const { topic, consumer } = await handedTen(scene);
        await consumer.seek({ topic, partition: 0, offset: 3 });
        return [offsetsOf(await read(scene.kafka, consumer, 9))];
      },
    },
    {
      id: 'closes',
      says: 'With auto-commit, `close` commits all that `poll` has returned, also what was never worked on.',
      cell: 'ends',
      async sees(scene) {
        const { consumer } = await handedTen(scene, { enableAutoCommit: true });
        await consumer.close();
        return [`committed ${await scene.committed()}`];
      },
    },
    {
      id: 'heir',
      says: 'Who takes over begins at the committed offset, and in batches of its own.',
      cell: 'ends',
      async sees(scene) {
        const { topic, consumer } = await handedTen(scene);
        await consumer.commitSync([{ topic, partition: 0, offset: 3 }]);
        await consumer.close();
        const heir = scene.consumer({ maxPollRecords: 4 });
        await heir.subscribe([topic]);
        return [offsetsOf((await read(scene.kafka, heir, 1)).slice(0, 4))];
      },
    },
    {
      id: 'each',
      says: 'A commit after each event still lets a crash repeat one: the one that was booked and not yet committed.',
      cell: 'each',
      async sees(scene) {
        await scene.topic(1, ['a', 'b', 'c']);
        const booked: string[] = [];
        const work: Work = async (event, consumer, own) => {
          booked.push(String(event.value));
          if (booked.length === 2) await own.world.sleep('1 h');
          await consumer.commitSync([{ ...event, offset: event.offset + 1 }]);
        };
        const till = scene.start('till', { ...shortSession, work });
        await scene.kafka.world.until(() => booked.length === 2);
        till.task.crash();
        scene.start('till again', { work });
        await scene.kafka.world.until(() => booked.includes('c'));
        return [booked.join(' ')];
      },
    },
  ],
};
