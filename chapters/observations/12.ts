/** Chapter 12: what makes a group meet, and what its members are told. */
import { cooperativeSticky, range } from '../../lib/index.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { type Member, outcome, type Scene, shortSession } from './scene.ts';

/** Two members that share four partitions. */
async function two(scene: Scene, settings: object = {}): Promise<[Member, Member]> {
  await scene.topic(4);
  const one = await scene.join('one', 4, settings);
  const other = scene.start('two', settings);
  await scene.settled([one, other], 2, 2);
  return [one, other];
}

/** Asks again every moment how many partitions there are, where others do every five minutes. */
const curious = { metadataMaxAgeMs: 300 } as const;

export const observations: ChapterObservations = {
  sources: [
    kip(429, 'Kafka Consumer Incremental Rebalance Protocol'),
    kip(345, 'Introduce static membership protocol to reduce consumer rebalances'),
    consumerApiSource('ConsumerRebalanceListener.java'),
    consumerSource('ConsumerCoordinator.java'),
    coordinatorSource('GroupMetadataManager.java'),
    coordinatorSource('classic/ClassicGroup.java'),
  ],
  observations: [
    {
      id: 'eager',
      says: 'With the eager style everything is revoked before the group meets, and what remains is assigned anew.',
      cell: 'felt',
      async sees(scene) {
        const [one] = await two(scene, { partitionAssignmentStrategy: [range] });
        return one.calls.filter((call) => call !== 'revoked');
      },
    },
    {
      id: 'cooperative',
      says: 'With the cooperative style only what moves is revoked, and assigned names only what is new.',
      cell: 'felt',
      async sees(scene) {
        const [one, other] = await two(scene, { partitionAssignmentStrategy: [cooperativeSticky] });
        return [...one.calls.map((call) => `one: ${call}`), ...other.calls.map((call) => `two: ${call}`)];
      },
    },
    {
      id: 'causes',
      says: 'A group meets when a member comes or goes and when there are more partitions, not when all is read; fewer partitions are refused.',
      cell: 'causes',
      async sees(scene) {
        const lines: string[] = [];
        const [one, other] = await two(scene, curious);
        let before = one.generation;
        const tell = (cause: string) => {
          lines.push(`${cause}: ${one.generation - before}`);
          before = one.generation;
        };
        await scene.kafka.world.pass('1 s');
        tell('all is read');
        const third = scene.start('three', curious);
        await scene.settled([one, other, third], 2, 1, 1);
        tell('a copy starts');
        await scene.close(third);
        await scene.settled([one, other], 2, 2);
        tell('a copy closes');
        await scene.kafka.admin().createPartitions({ [scene.name]: 5 });
        await scene.settled([one, other], 3, 2);
        tell('a fifth partition');
        const three = await outcome(scene.kafka.admin().createPartitions({ [scene.name]: 3 }));
        return [...lines, `three are asked for: ${three}`];
      },
    },
    {
      id: 'cards',
      says: 'A topic that one member wants goes to that member.',
      cell: 'causes',
      async sees(scene) {
        const cards = scene.beside('cards');
        await cards.topic(2);
        await scene.topic(2);
        const one = await scene.join('one', 2);
        const other = scene.start('two', { topics: [scene.name, cards.name] });
        await scene.settled([one, other], 1, 3);
        const [{ members }] = await scene.kafka.admin().describeGroups([scene.name]);
        const parts = members.map(({ clientId, assignment }) => {
          const topics = assignment.map(({ topic }) => (topic === cards.name ? 'cards' : 'accounts')).sort();
          return `${clientId.split('/')[0]}: ${topics.join(' ')}`;
        });
        return parts.sort();
      },
    },
    {
      id: 'latest',
      says: 'With `latest`, what is written to a new partition before the group has come to it is not seen.',
      cell: 'latest',
      async sees(scene) {
        const topic = await scene.topic(1);
        const latest = { autoOffsetReset: 'latest' } as const;
        // The group comes to the new partition with a restart, so that it cannot come too early, however slow the machine.
        const one = await scene.join('one', 1, latest);
        await scene.kafka.admin().createPartitions({ [topic]: 2 });
        await scene.send(['+7'], 1);
        await scene.close(one);
        const again = await scene.join('one again', 2, latest);
        return [await scene.firstSeen(again, '+8', 1)];
      },
    },
    {
      id: 'static',
      says: 'A member with a name of its own that comes back within its session gets its partitions without a meeting; one without makes the group meet twice.',
      cell: 'static',
      async sees(scene) {
        const lines: string[] = [];
        for (const [kind, name] of [
          ['no name', undefined],
          ['with name', 'window 2'],
        ] as const) {
          const group = scene.beside(kind.replace(' ', '-'));
          await group.topic(4);
          const settings = name === undefined ? {} : { groupInstanceId: name };
          const one = await group.join('one', 4);
          const other = group.start('two', settings);
          await group.settled([one, other], 2, 2);
          const before = one.generation;
          await group.close(other);
          if (name === undefined) await group.settled([one], 4);
          else await scene.kafka.world.pass('1 s');
          const again = group.start('two again', settings);
          await group.settled([one, again], 2, 2);
          lines.push(`${kind}, meetings: ${one.generation - before}`);
          await group.close(again);
          await group.close(one);
        }
        return lines;
      },
    },
    {
      id: 'lost',
      says: 'A member that was frozen for longer than its session is told that its partitions are lost.',
      cell: 'lost',
      async sees(scene) {
        await scene.topic(2);
        const sleeper = await scene.join('sleeper', 2, shortSession);
        sleeper.task.freeze();
        const heir = await scene.join('heir', 2);
        sleeper.task.thaw();
        await scene.settled([sleeper, heir], 1, 1);
        const [, told] = sleeper.calls;
        return [told];
      },
    },
  ],
};
