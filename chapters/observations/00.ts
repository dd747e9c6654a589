/** Chapter 00: one crash between two calls, on either side. */
import { booked } from '../tools/bank.ts';
import { events } from '../tools/card.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { read, type Scene, shortSession, type Work } from './scene.ts';

/** Books Ada's events, is killed at the second between its two steps, and is started again. */
async function killedOnce(scene: Scene, isCommitFirst: boolean): Promise<string[]> {
  await scene.topic(1, events);
  let balance = 0;
  let isBetween = false;
  let isDone = false;
  const work: Work = async ({ offset, value }, consumer, own) => {
    const commit = () => consumer.commitSync();
    const apply = async () => {
      balance = booked(balance, Number(value));
    };
    const [first, second] = isCommitFirst ? [commit, apply] : [apply, commit];
    await first();
    if (offset === 1 && !isBetween) {
      isBetween = true;
      await own.world.sleep('1 h');
    }
    await second();
    isDone = offset === 2;
  };
  const settings = { maxPollRecords: 1, work };
  const ledger = scene.start('ledger', { ...settings, ...shortSession });
  await scene.kafka.world.until(() => isBetween);
  ledger.task.crash();
  scene.start('ledger again', settings);
  await scene.kafka.world.until(() => isDone);
  return [`Ada has ${balance}`];
}

export const observations: ChapterObservations = {
  sources: [
    kip(62, 'Allow consumer to send heartbeats from a background thread'),
    kip(134, 'Delay initial consumer group rebalance'),
    consumerApiSource('KafkaConsumer.java'),
    consumerSource('ConsumerCoordinator.java'),
    coordinatorSource('GroupMetadataManager.java'),
  ],
  observations: [
    {
      id: 'in-order',
      says: 'Events come back as they were written, in order, with offsets from 0.',
      cell: 'events',
      async sees(scene) {
        const topic = await scene.topic(1, events);
        const reader = scene.kafka.consumer({ autoOffsetReset: 'earliest' });
        await reader.assign([{ topic, partition: 0 }]);
        const came = await read(scene.kafka, reader, 3);
        return came.map(({ offset, key, value }) => `${offset} ${key} ${value}`);
      },
    },
    {
      id: 'commit-first',
      says: 'A program that commits before its work, killed between the two, loses the second deposit.',
      cell: 'kill',
      sees: (scene) => killedOnce(scene, true),
    },
    {
      id: 'silence',
      says: 'The broker takes a killed program for alive until its session is over, and lets its successor wait.',
      cell: 'story',
      async sees(scene) {
        await scene.topic(1, events);
        const { world } = scene.kafka;
        const ledger = await scene.join('ledger', 1, shortSession);
        ledger.task.crash();
        const killedAt = world.now();
        const again = scene.start('ledger again');
        await world.until(() => again.values.length > 0);
        // The last sign of life was some time before that, and longer on a machine with much to do.
        return [`waited for the session: ${world.now() - killedAt > shortSession.sessionTimeoutMs / 2}`];
      },
    },
    {
      id: 'bank-first',
      says: 'A program that commits after its work, killed between the two, applies the second deposit twice.',
      cell: 'moved',
      sees: (scene) => killedOnce(scene, false),
    },
  ],
};
