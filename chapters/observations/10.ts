/** Chapter 10: how the strategy is chosen, what the coordinator takes from a leader, and what a newcomer costs. */
import { type Assignor, cooperativeSticky, range, roundRobin, sticky } from '../../lib/index.ts';
import { type ChapterObservations, consumerApiSource, consumerSource, coordinatorSource, kip } from './observation.ts';
import { inOrder, type Scene } from './scene.ts';

const strategies = (...partitionAssignmentStrategy: Assignor[]) => ({ partitionAssignmentStrategy });

/** Waits until so many members are in a stable group, and answers its strategy. */
async function strategyOf(scene: Scene, count: number): Promise<string> {
  let found = '';
  await scene.kafka.world.until(async () => {
    const [{ state, strategy, members }] = await scene.kafka.admin().describeGroups([scene.name]);
    found = strategy;
    return state === 'Stable' && members.length === count;
  });
  return found;
}

/** Gives everything to the first member, and forgets one partition of seven. */
const careless: Assignor = {
  name: 'careless',
  assign(members, counts) {
    const [[topic, count]] = counts;
    const all = Array.from({ length: count - 1 }, (_, partition) => ({ topic, partition }));
    const [first] = members.map(({ memberId }) => memberId).sort();
    return new Map(members.map(({ memberId }) => [memberId, memberId === first ? all : []]));
  },
};

export const observations: ChapterObservations = {
  sources: [
    kip(54, 'Sticky Partition Assignment Strategy', ' - '),
    kip(429, 'Kafka Consumer Incremental Rebalance Protocol'),
    kip(848, 'The Next Generation of the Consumer Rebalance Protocol'),
    coordinatorSource('classic/ClassicGroup.java'),
    consumerSource('ConsumerCoordinator.java'),
    consumerApiSource('RangeAssignor.java'),
    consumerApiSource('RoundRobinAssignor.java'),
    consumerSource('AbstractStickyAssignor.java'),
    consumerApiSource('CooperativeStickyAssignor.java'),
  ],
  observations: [
    {
      id: 'vote',
      says: 'The strategy that most members like best wins, among those that all know; who shares none is turned away.',
      cell: 'vote',
      async sees(scene) {
        await scene.topic(7);
        await scene.join('one', 7, strategies(range, roundRobin));
        scene.start('two', strategies(roundRobin, range));
        scene.start('three', strategies(roundRobin, range));
        const lines = [`three members: ${await strategyOf(scene, 3)}`];
        scene.start('four', strategies(range));
        lines.push(`with four: ${await strategyOf(scene, 4)}`);
        const five = scene.start('five', strategies(sticky));
        await scene.kafka.world.until(() => five.error !== '');
        return [...lines, `five: ${five.error}`];
      },
    },
    {
      id: 'list',
      says: 'The leader is told of those who have joined in the round. A member that only sends heartbeats, being at work, is waited for as long as its `maxPollIntervalMs`, and is not on the list.',
      cell: 'list',
      async sees(scene) {
        await scene.topic(2);
        const counts: number[] = [];
        const noting: Assignor = {
          ...range,
          assign(members, partitions) {
            counts.push(members.length);
            return range.assign(members, partitions);
          },
        };
        const settings = { ...strategies(noting), maxPollIntervalMs: 3000 };
        const one = await scene.join('one', 2, settings);
        const two = scene.start('two', { ...settings, work: (_event, _consumer, own) => own.world.sleep('1 h') });
        await scene.settled([one, two], 1, 1);
        await scene.send(['work'], two.owned[0]);
        await scene.kafka.world.until(() => two.values.length === 1);
        const from = scene.kafka.world.now();
        const three = scene.start('three', settings);
        await scene.settled([one, three], 1, 1);
        const waitedMs = scene.kafka.world.now() - from;
        return [
          `members that the leader is told of: ${counts.join(', ')}`,
          `waited for its maxPollIntervalMs, and not for its session: ${waitedMs > 2000 && waitedMs < 8000}`,
        ];
      },
    },
    {
      id: 'own',
      says: 'The coordinator takes what the leader hands in, also by a strategy that it has never heard of and with a partition that nobody has.',
      cell: 'own',
      async sees(scene) {
        await scene.topic(7);
        const one = scene.start('one', strategies(careless));
        const two = scene.start('two', strategies(careless));
        await scene.settled([one, two], 6, 0);
        const [{ strategy, members }] = await scene.kafka.admin().describeGroups([scene.name]);
        const parts = members.map(({ assignment }) => inOrder(assignment) || 'nothing').sort();
        return [strategy, ...parts];
      },
    },
    {
      id: 'stay',
      says: 'By `sticky`, those who stay keep what they had when a member leaves.',
      cell: 'drawn',
      async sees(scene) {
        await scene.topic(7);
        const one = await scene.join('one', 7, strategies(sticky));
        const [two, three] = ['two', 'three'].map((name) => scene.start(name, strategies(sticky)));
        await scene.shared([one, two, three], '2 2 3');
        const before = [[...two.owned], [...three.owned]];
        await scene.close(one);
        await scene.shared([two, three], '3 4');
        const kept = [two, three].every(({ owned }, index) => before[index].every((one) => owned.includes(one)));
        return [`those who stay keep theirs: ${kept}`];
      },
    },
    {
      id: 'newcomer',
      says: 'For a newcomer an eager group meets once and all is taken from the first; a cooperative one meets twice, and only what moves is taken.',
      cell: 'newcomer',
      async sees(scene) {
        const kinds = { sticky: strategies(sticky), cooperative: strategies(cooperativeSticky), 'nothing said': {} };
        const lines: string[] = [];
        for (const [kind, settings] of Object.entries(kinds)) {
          const group = scene.beside(kind.replace(' ', '-'));
          await group.topic(7);
          const one = await group.join('one', 7, settings);
          const { generation, calls } = one;
          const called = calls.length;
          const two = group.start('two', settings);
          await group.shared([one, two], '3 4');
          const [revoked] = calls.slice(called).filter((call) => /^revoked ./.test(call));
          const taken = revoked.split(' ').length - 1;
          lines.push(`${kind}: ${one.generation - generation} meetings, ${taken} taken from the first`);
          for (const member of [one, two]) await group.close(member);
        }
        return lines;
      },
    },
  ],
};
