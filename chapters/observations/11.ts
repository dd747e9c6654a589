/** Chapter 11: two watches, and what each of them sees. */
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { outcome, read, type Scene, shortSession, type Work } from './scene.ts';

/** A session that cannot be what ran out. */
const longSession = { sessionTimeoutMs: 60_000 } as const;
const hangs: Work = (_event, _consumer, own) => own.world.sleep('1 h');

/** Waits until another member has the partition, and answers how long that took, in ms. */
async function heirAfter(scene: Scene, settings = {}): Promise<number> {
  const { world } = scene.kafka;
  const from = world.now();
  await scene.join('copy 2', 1, settings);
  return world.now() - from;
}

export const observations: ChapterObservations = {
  sources: [
    kip(62, 'Allow consumer to send heartbeats from a background thread'),
    kip(735, 'Increase default consumer session timeout'),
    consumerSource('AbstractCoordinator.java'),
    consumerSource('Heartbeat.java'),
    consumerApiSource('KafkaConsumer.java'),
    coordinatorSource('GroupMetadataManager.java'),
  ],
  observations: [
    {
      id: 'twice',
      says: 'A copy that works for longer than `maxPollIntervalMs` loses its partition to another, which begins the same event, and its commit is refused.',
      cell: 'half-an-hour',
      async sees(scene) {
        const topic = await scene.topic(1, ['Ada']);
        const begun: string[] = [];
        let came = '';
        const copy = scene.kafka.world.spawn('copy 1', async (own) => {
          const consumer = own.consumer({ ...scene.settings, ...longSession, maxPollIntervalMs: 1500 });
          await consumer.subscribe([topic]);
          begun.push(String((await read(own, consumer, 1))[0].value));
          await own.world.until(() => begun.length === 2);
          came = await outcome(consumer.commitSync());
        });
        await scene.kafka.world.until(() => begun.length === 1);
        const other = scene.start('copy 2', longSession);
        await scene.kafka.world.until(() => other.values.length === 1);
        begun.push(...other.values);
        await copy.done;
        return [`begun: ${begun.join(', ')}`, `the commit of the first: ${came}`];
      },
    },
    {
      id: 'hangs',
      says: 'A copy that hangs is given up after `maxPollIntervalMs`, however long its session.',
      cell: 'session',
      async sees(scene) {
        await scene.topic(1, ['Ada']);
        const copy = await scene.join('copy 1', 1, { ...longSession, maxPollIntervalMs: 1500, work: hangs });
        await scene.kafka.world.until(() => copy.values.length === 1);
        const waitedMs = await heirAfter(scene, longSession);
        return [`after maxPollIntervalMs, and before the session is over: ${waitedMs > 500 && waitedMs < 30_000}`];
      },
    },
    {
      id: 'killed',
      says: 'A copy that is killed is given up after its session.',
      cell: 'watches',
      async sees(scene) {
        await scene.topic(1);
        const copy = await scene.join('copy 1', 1, shortSession);
        copy.task.crash();
        return [`after the session: ${(await heirAfter(scene)) > shortSession.sessionTimeoutMs / 2}`];
      },
    },
    {
      id: 'closed',
      says: 'A copy that is closed says so, and nobody waits for a session.',
      cell: 'watches',
      async sees(scene) {
        await scene.topic(1);
        const copy = await scene.join('copy 1', 1, longSession);
        await scene.close(copy);
        return [`before the session is over: ${(await heirAfter(scene, longSession)) < 30_000}`];
      },
    },
    {
      id: 'heartbeats',
      says: 'Heartbeats go on while the program is at work, and keep it in its group without a poll and without a commit.',
      cell: 'minute',
      async sees(scene) {
        await scene.topic(1, ['Ada']);
        const copy = await scene.join('copy 1', 1, { sessionTimeoutMs: 3000, work: hangs });
        await scene.kafka.world.until(() => copy.values.length === 1);
        const second = scene.start('copy 2');
        await scene.kafka.world.pass('4 s');
        const [{ members }] = await scene.kafka.admin().describeGroups([scene.name]);
        return [`members: ${members.length}`, `the second has begun: ${second.values.length > 0}`];
      },
    },
    {
      id: 'wakeup',
      says: 'A poll that is woken loses no event: the next one brings it.',
      cell: 'wakeup',
      async sees(scene) {
        const topic = await scene.topic(1, ['Ada', 'Ben']);
        const consumer = scene.consumer({ maxPollRecords: 1 });
        await consumer.subscribe([topic]);
        const lines = [String((await read(scene.kafka, consumer, 1))[0].value)];
        consumer.wakeup();
        lines.push(await outcome(consumer.poll('10 s')));
        return [...lines, String((await read(scene.kafka, consumer, 1))[0].value)];
      },
    },
  ],
};
