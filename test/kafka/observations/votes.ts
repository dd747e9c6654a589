/** What members say of themselves, what they can do and what they are given: the coordinator counts votes and passes bytes on. */
import { DescribeGroups, JoinGroup } from '../../../lib/protocol/apis/index.ts';
import { encodeAssignment } from '../../../lib/protocol/consumerProtocol.ts';
import { Group, strategy } from './group.ts';
import { observation } from './observation.ts';
import { utf8 } from './scene.ts';
import { nameOf, type Plain } from './telling.ts';

type Names = readonly string[];

/** Which strategy members choose that like these best, the first member's list first. */
async function chosen(group: Group, ...lists: readonly Names[]): Promise<Plain> {
  const offers = lists.map((names, index) => ({ protocols: names.map((name) => strategy(name, `${index}`)) }));
  const first = await group.member('m0');
  await first.enter(offers[0]);
  await first.sync({ m0: 'work' });
  const others = [];
  for (const [index, offer] of offers.entries()) {
    if (index === 0) continue;
    const other = await group.member(`m${index}`);
    await other.join(offer);
    others.push(other.join(offer));
  }
  await group.is('PreparingRebalance');
  const answer = await first.join(offers[0]);
  await Promise.all(others);
  const { errorCode, protocolName } = answer as { readonly errorCode: string; readonly protocolName: string };
  return `${errorCode} ${protocolName}`;
}

export const voteObservations = [
  observation('a vote for what only some can do does not count', async (scene) => {
    const seen: Plain[] = [];
    const elections: Names[][] = [
      [['own', 'range'], ['range']],
      [
        ['own', 'sticky', 'range'],
        ['range', 'sticky'],
        ['other', 'range', 'sticky'],
      ],
    ];
    for (const [index, lists] of elections.entries())
      seen.push(await chosen(await Group.in(scene, `group-${index}`), ...lists));
    return seen;
  }),
  observation('two strategies with as many votes', async (scene) => {
    const elections: Names[][] = [
      [
        ['range', 'roundrobin'],
        ['roundrobin', 'range'],
      ],
      [
        ['roundrobin', 'range'],
        ['range', 'roundrobin'],
      ],
      [
        ['cooperative-sticky', 'range'],
        ['range', 'cooperative-sticky'],
      ],
      [
        ['sticky', 'roundrobin'],
        ['roundrobin', 'sticky'],
      ],
    ];
    const seen: Plain[] = [];
    for (const [index, lists] of elections.entries())
      seen.push(await chosen(await Group.in(scene, `group-${index}`), ...lists));
    return seen;
  }),
  observation('a favourite that changes turns the vote', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ protocols: [strategy('range', 'a'), strategy('sticky', 'a')] });
    const first = await a.sync({ a: 'work' }, { protocolName: 'range' });
    const again = await a.join({ protocols: [strategy('sticky', 'a'), strategy('range', 'a')] });
    return [first, again, await a.sync({ a: 'work' }, { protocolName: 'sticky' }), await group.describe()];
  }),
  observation('a strategy that a member lists no more is out', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ protocols: [strategy('range', 'a'), strategy('sticky', 'a')] });
    await a.sync({ a: 'work' });
    const again = await a.join({ protocols: [strategy('sticky', 'a')] });
    const b = await group.member('b');
    return [again, await b.join({ protocols: [strategy('range', 'b')] })];
  }),
  observation('a group of workers of another kind', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const connect = { protocolType: 'connect', protocols: [{ name: 'sessioned', metadata: utf8('url') }] };
    const joined = await a.enter(connect);
    const of = { protocolType: 'connect', protocolName: 'sessioned' };
    return [joined, await a.sync({ a: 'tasks' }, of), await group.describe(), await (await group.member('b')).join()];
  }),
  observation('the kind of a group can change once it is empty', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    await a.leave();
    const b = await group.member('b');
    const connect = { protocolType: 'connect', protocols: [{ name: 'sessioned', metadata: utf8('url') }] };
    return [await b.enter(connect), await group.state()];
  }),
  ...Object.entries({
    'no bytes at all': new Uint8Array(0),
    'a single byte': Uint8Array.of(0),
    'a version below zero': Uint8Array.of(255, 255, 255, 255),
    'a version of the future': Uint8Array.of(0, 99, 0, 0, 0, 0, 255, 255, 255, 255),
    'text, which says that it has two billion topics': utf8('x'.repeat(5_000)),
  }).map(([what, metadata]) =>
    observation(`metadata of a member that is garbage: ${what}`, async (scene) => {
      const group = await Group.in(scene);
      const a = await group.member('a');
      const joined = await scene.within(1_000, a.enter({ protocols: [{ name: 'range', metadata }] }));
      const synced = await scene.within(1_000, a.sync({ a: 'work' }));
      return [joined, synced, await scene.within(1_000, group.describe())];
    }),
  ),
  observation('garbage of one member leaves the group to the others', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    const entered = b.enter({ protocols: [{ name: 'range', metadata: Uint8Array.of(0, 9, 255) }] });
    await group.is('PreparingRebalance');
    const lead = await a.join();
    await entered;
    const synced = await Promise.all([a.sync({ a: 'one', b: 'two' }), b.sync()]);
    return [lead, synced, await a.heartbeat(), await group.describe()];
  }),
  observation('5,000 characters in what a member says of itself', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const long = 'x'.repeat(5_000);
    const joined = (await a.enter({ protocols: [strategy('range', long)] })) as {
      readonly members: readonly { readonly metadata: string }[];
    };
    return [joined.members.map(({ metadata }) => metadata === long), await a.sync({ a: 'work' }), await group.state()];
  }),
  observation('reasons for joining and leaving', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    const seen: Plain[] = [await a.enter({ reason: 'because' }), await a.sync({ a: 'work' })];
    const long = (await a.join({ reason: 'x'.repeat(500) })) as { readonly errorCode: string };
    return [...seen, long.errorCode];
  }),
  observation('session timeouts at the limits and beyond', async (scene) => {
    const seen: Plain[] = [];
    for (const sessionTimeoutMs of [0, 999, 1_000, 1_001, 1_799_999, 1_800_000, 1_800_001, 2_147_483_647]) {
      const group = await Group.in(scene, `group-${sessionTimeoutMs}`);
      const answer = (await (await group.member('a')).join({ sessionTimeoutMs })) as { readonly errorCode: string };
      seen.push([sessionTimeoutMs, answer.errorCode]);
    }
    return seen;
  }),
  observation('a session timeout out of range of somebody who is in already', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    return [await a.join({ sessionTimeoutMs: 1 }), await a.heartbeat(), await group.state()];
  }),
  observation('an empty group id in each version of a join', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 0; version <= 9; version++) {
      const range = { protocolType: 'consumer', protocols: [strategy('range', 'a')] };
      const of = { groupId: '', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', ...range };
      seen.push(nameOf((await scene.ask(JoinGroup, of, version)).errorCode));
    }
    return seen;
  }),

  observation('work for one member twice', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter();
    const assignments = ['first', 'second'].map((share) => ({ memberId: a.memberId, assignment: utf8(share) }));
    return [await a.sync({}, { assignments }), await group.describe()];
  }),
  observation('work for strangers beside the members', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const assignments = [a.memberId, 'made-up', '', b.memberId].map((memberId, index) => ({
      memberId,
      assignment: utf8(`share ${index}`),
    }));
    return [await Promise.all([a.sync({}, { assignments }), b.sync()]), await group.describe()];
  }),
  observation('an assignment that gives a partition to two members, or to nobody', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const share = encodeAssignment({ assignedPartitions: [{ topic: 'ledger', partitions: [0] }] });
    const assignments = [a, b].map(({ memberId }) => ({ memberId, assignment: share }));
    const [ofA, ofB] = await Promise.all([a.sync({}, { assignments }), b.sync()]);
    return [ofA, ofB, await a.heartbeat(), await b.heartbeat(), await group.state()];
  }),
  observation('what a follower hands in is not heard', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const follower = b.sync({ a: 'of b', b: 'of b' });
    await scene.pause(200);
    return [await group.state(), await a.sync({ a: 'of a', b: 'of a' }), await follower];
  }),
  observation('garbage and large things as work', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const large = 'x'.repeat(100_000);
    const answers = await Promise.all([a.sync({ a: '\u0000\u0001', b: large }), b.sync()]);
    const [ofA, ofB] = answers as unknown as readonly { readonly errorCode: string; readonly assignment: string }[];
    const { groups } = await scene.ask(DescribeGroups, { groups: [group.id] });
    const sizes = groups[0].members.map(({ memberAssignment }) => memberAssignment.length).sort();
    return [ofA, ofB.errorCode, ofB.assignment === large, sizes];
  }),
];
