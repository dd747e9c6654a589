/** Chapter 09: rounds and their numbers, who leads, and who is given up. */
import { logAbout } from '../tools/recorded/offsetsLog.ts';
import { type ChapterObservations, consumerSource, coordinatorSource, kip } from './observation.ts';
import { outcome, read, type Scene, shortSession } from './scene.ts';

/** The member that leads, by the newest record about the group, as `one`. */
async function leaderOf(scene: Scene): Promise<string> {
  const lines = (await logAbout(scene.kafka, scene.name)).split('\n');
  const deals = lines.flatMap((line) => /led by ([^/]+)\//.exec(line)?.[1] ?? []);
  return deals.at(-1) ?? 'nobody';
}

export const observations: ChapterObservations = {
  sources: [
    kip(394, 'Require member.id for initial join group request'),
    kip(134, 'Delay initial consumer group rebalance'),
    kip(62, 'Allow consumer to send heartbeats from a background thread'),
    coordinatorSource('GroupMetadataManager.java'),
    coordinatorSource('classic/ClassicGroup.java'),
    consumerSource('AbstractCoordinator.java'),
  ],
  observations: [
    {
      id: 'rounds',
      says: 'Each round has a number, one higher than the last: when a member comes, and when it goes.',
      cell: 'two',
      async sees(scene) {
        await scene.topic(2);
        const one = await scene.join('one', 2);
        const lines = [`one alone: generation ${one.generation}`];
        const two = scene.start('two');
        await scene.settled([one, two], 1, 1);
        lines.push(`one and two: generation ${one.generation}`);
        await scene.close(two);
        await scene.settled([one], 2);
        return [...lines, `one alone: generation ${one.generation}`];
      },
    },
    {
      id: 'leader',
      says: 'The first who became a member leads, and another leads when that one is gone.',
      cell: 'leader',
      async sees(scene) {
        await scene.topic(2);
        const one = await scene.join('one', 2);
        const two = scene.start('two');
        await scene.settled([one, two], 1, 1);
        const first = await leaderOf(scene);
        await scene.close(one);
        await scene.settled([two], 2);
        return [`with one and two: ${first}`, `without one: ${await leaderOf(scene)}`];
      },
    },
    {
      id: 'frozen',
      says: 'A leader that falls silent is taken out like any other, and begins again as somebody new.',
      cell: 'frozen',
      async sees(scene) {
        await scene.topic(2);
        const one = await scene.join('one', 2, shortSession);
        const two = scene.start('two');
        await scene.settled([one, two], 1, 1);
        const formerId = one.memberId;
        one.task.freeze();
        await scene.settled([two], 2);
        const leader = await leaderOf(scene);
        one.task.thaw();
        await scene.settled([two, one], 1, 1);
        return [`while one is frozen: led by ${leader}`, `one has the id that it had: ${one.memberId === formerId}`];
      },
    },
    {
      id: 'alive',
      says: 'A member that commits nothing and does not poll stays a member, as long as it sends heartbeats.',
      cell: 'alive',
      async sees(scene) {
        await scene.topic(1, ['+100']);
        const one = await scene.join('one', 1, {
          sessionTimeoutMs: 3000,
          work: (_event, _consumer, own) => own.world.sleep('1 h'),
        });
        await scene.kafka.world.until(() => one.values.length === 1);
        await scene.kafka.world.pass('4 s');
        const [{ state, members }] = await scene.kafka.admin().describeGroups([scene.name]);
        return [`${state}, ${members.length} member`];
      },
    },
    {
      id: 'stale',
      says: 'A commit of a member that the group has gone on without is refused.',
      cell: 'stale',
      async sees(scene) {
        const topic = await scene.topic(1, ['+100', '+150']);
        let hasRead = false;
        let isFrozen = false;
        let came = '';
        const sleeper = scene.kafka.world.spawn('sleeper', async (own) => {
          const consumer = own.consumer({ ...scene.settings, ...shortSession });
          await consumer.subscribe([topic]);
          await read(own, consumer, 2);
          hasRead = true;
          while (!isFrozen) await own.world.sleep('50 ms');
          came = await outcome(consumer.commitSync());
        });
        await scene.kafka.world.until(() => hasRead);
        sleeper.freeze();
        isFrozen = true;
        const heir = await scene.join('heir', 1);
        await scene.kafka.world.until(() => heir.values.length === 2);
        sleeper.thaw();
        await sleeper.done;
        return [`the sleeper: ${came}`, `committed: ${(await scene.committed()) ?? 'nothing'}`];
      },
    },
  ],
};
