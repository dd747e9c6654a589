/** Chapter 14: what one owner for a partition is worth, and what a commit says when events are done in another order. */
import { KeyedWorkers } from '../../lib/index.ts';
import { booked } from '../tools/bank.ts';
import { events } from '../tools/card.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { outcome, read, shortSession, type Work } from './scene.ts';

export const observations: ChapterObservations = {
  sources: [
    kip(62, 'Allow consumer to send heartbeats from a background thread'),
    kip(429, 'Kafka Consumer Incremental Rebalance Protocol'),
    consumerApiSource('KafkaConsumer.java'),
    consumerSource('ConsumerCoordinator.java'),
    coordinatorSource('OffsetMetadataManager.java'),
    coordinatorSource('classic/ClassicGroup.java'),
  ],
  observations: [
    {
      id: 'zombie',
      says: 'A member frozen with an event in its hands books it when it wakes, though its partition has gone to another; its commit is refused, too late, and a bank that looks at the offset is safe.',
      cell: 'frozen',
      async sees(scene) {
        await scene.topic(1, events);
        const { world } = scene.kafka;
        let balance = 0;
        const byOffset = { balance: 0, next: 0 };
        let isHeld = false;
        let mayGo = false;
        const work: Work = async ({ offset, value }, consumer, own) => {
          if (offset === 1 && !isHeld) {
            isHeld = true;
            while (!mayGo) await own.world.sleep('50 ms');
          }
          balance = booked(balance, Number(value));
          if (offset >= byOffset.next)
            Object.assign(byOffset, { balance: booked(byOffset.balance, Number(value)), next: offset + 1 });
          await consumer.commitSync();
        };
        const settings = { maxPollRecords: 1, work };
        const sleeper = scene.start('copy 1', { ...settings, ...shortSession });
        await world.until(() => isHeld);
        sleeper.task.freeze();
        mayGo = true;
        const heir = scene.start('copy 2', settings);
        await world.until(async () => heir.values.length === 2 && (await scene.committed()) === 3);
        const meanwhile = balance;
        sleeper.task.thaw();
        await world.until(() => sleeper.error !== '');
        return [
          `while it is frozen: ${meanwhile}`,
          `in the end: ${balance}`,
          `by offset: ${byOffset.balance}`,
          `its commit: ${sleeper.error}`,
        ];
      },
    },
    {
      id: 'by-hand',
      says: 'Whoever asks for a partition by hand is handed its events, and cannot commit in the name of a group that has members.',
      cell: 'by-hand',
      async sees(scene) {
        const topic = await scene.topic(1, events);
        await scene.join('copy', 1);
        const stranger = scene.consumer();
        await stranger.assign([{ topic, partition: 0 }]);
        const handed = await read(scene.kafka, stranger, 3);
        return [`handed ${handed.length} events`, `its commit: ${await outcome(stranger.commitSync())}`];
      },
    },
    {
      id: 'book',
      says: 'With workers, the committed offset stands at the first event that is not done, whatever is done behind it.',
      cell: 'book',
      async sees(scene) {
        const topic = await scene.topic();
        const producer = scene.kafka.producer();
        for (const key of ['Ada', 'Ben', 'Cleo', 'Dan']) await producer.send({ topic, key, value: '+1' });
        const done: number[] = [];
        let isHeld = true;
        // So many workers that Ben, whose event is held, has one of his own.
        const team = new KeyedWorkers(scene.consumer(), {
          workers: 97,
          work: async ({ offset }) => {
            while (offset === 1 && isHeld) await scene.kafka.world.doors.clock.sleep(20);
            done.push(offset);
          },
        });
        await team.subscribe([topic]);
        const turn = async (isEnough: () => Promise<boolean>) => {
          while (!(await isEnough())) await team.poll('100 ms');
        };
        await turn(async () => done.length === 3 && (await scene.committed()) === 1);
        const lines = [`done ${done.sort().join(' ')}, committed ${await scene.committed()}`];
        isHeld = false;
        await turn(async () => (await scene.committed()) === 4);
        return [...lines, `done ${done.sort().join(' ')}, committed ${await scene.committed()}`];
      },
    },
  ],
};
