/** Chapter 05: position, committed offset, log end; who commits; where a group begins that has committed nothing. */
import { events } from '../tools/card.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { read } from './scene.ts';

export const observations: ChapterObservations = {
  sources: [
    kip(1106, 'Add duration based offset reset option for consumer clients'),
    consumerApiSource('KafkaConsumer.java'),
    consumerSource('ConsumerCoordinator.java'),
    consumerSource('SubscriptionState.java'),
    coordinatorSource('OffsetMetadataManager.java'),
  ],
  observations: [
    {
      id: 'numbers',
      says: 'Committed offset, position and log end each name the next event, not the last.',
      cell: 'numbers',
      async sees(scene) {
        const topic = await scene.topic(1, events);
        const here = { topic, partition: 0 };
        const reader = scene.consumer({ maxPollRecords: 1 });
        await reader.subscribe([topic]);
        await read(scene.kafka, reader, 2);
        await reader.commitSync();
        await read(scene.kafka, reader, 1);
        const committed = (await reader.committed(here))?.offset;
        const [{ offset: logEnd }] = await reader.endOffsets([here]);
        return [`committed ${committed}, position ${await reader.position(here)}, log end ${logEnd}`];
      },
    },
    {
      id: 'auto',
      says: 'A consumer that commits by itself does so inside `poll`: while its program works, nothing is committed.',
      cell: 'auto',
      async sees(scene) {
        const { world } = scene.kafka;
        const topic = await scene.topic(1, events);
        const worker = scene.consumer({ enableAutoCommit: true, autoCommitIntervalMs: 200 });
        await worker.subscribe([topic]);
        await read(scene.kafka, worker, 3);
        await world.pass('1 s');
        // Before the events had come, a poll may have committed that there were none.
        const during = (await scene.committed()) ?? 0;
        await world.until(async () => {
          await worker.poll('100 ms');
          return (await scene.committed()) === 3;
        });
        return [`after the work: ${during} events committed`, `after a poll: ${await scene.committed()}`];
      },
    },
    {
      id: 'believes',
      says: 'A commit past the log end is stored as it comes, and so is one that goes back.',
      cell: 'believes',
      async sees(scene) {
        const topic = await scene.topic(1, events);
        const reader = scene.consumer();
        const stored: string[] = [];
        for (const offset of [2, 100, 1]) {
          await reader.commitSync([{ topic, partition: 0, offset, metadata: 'a few words' }]);
          const committed = await reader.committed({ topic, partition: 0 });
          stored.push(`${committed?.offset}, with ${committed?.metadata}`);
        }
        return stored;
      },
    },
    {
      id: 'latest',
      says: 'A group that has committed nothing begins at the end after a restart, and what was written meanwhile is not seen.',
      cell: 'latest',
      async sees(scene) {
        await scene.topic();
        const latest = { autoOffsetReset: 'latest' } as const;
        const monitor = await scene.join('monitor', 1, latest);
        await scene.close(monitor);
        await scene.send(['+7']);
        const again = await scene.join('monitor again', 1, latest);
        return [await scene.firstSeen(again, '+8')];
      },
    },
    {
      id: 'earliest',
      says: 'A committed offset goes before `earliest`; a commit of 0 brings everything back for the next that starts.',
      cell: 'warm-up',
      async sees(scene) {
        const topic = await scene.topic(1, events);
        const lines: string[] = [];
        for (const offset of [2, 0]) {
          const reader = scene.consumer();
          await reader.commitSync([{ topic, partition: 0, offset }]);
          await reader.subscribe([topic]);
          const came = await read(scene.kafka, reader, 3 - offset);
          lines.push(`committed ${offset}: ${came.map(({ value }) => value).join(' ')}`);
          await reader.close();
        }
        return lines;
      },
    },
  ],
};
