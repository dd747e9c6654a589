import { describe, expect, test } from 'vitest';
import {
  DeleteGroups,
  DeleteTopics,
  DescribeGroups,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import type { RequestInput } from '../../lib/protocol/schema.ts';
import { type Client, onStage, type Stage } from './stage.ts';

const settings = {
  topics: { ledger: 3 },
  config: { 'group.initial.rebalance.delay.ms': '100', 'offsets.topic.num.partitions': '5' },
};
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (from: Uint8Array) => new TextDecoder().decode(from);
const nameOf = (errorCode: number) => errorOf(errorCode).name;

/** A client that has found the coordinator of its groups. */
async function memberOf(stage: Stage): Promise<Client> {
  const client = await stage.client();
  const { coordinators } = await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
  expect(coordinators).toMatchObject([{ key: 'bank', nodeId: 0, host: 'broker-0', port: 9092, errorCode: 0 }]);
  return client;
}

function join(client: Client, memberId = '', changes: Partial<RequestInput<typeof JoinGroup>> = {}, version = 9) {
  const request = {
    ...{ groupId: 'bank', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000, memberId, protocolType: 'consumer' },
    protocols: [{ name: 'range', metadata: bytes('wants ledger') }],
    ...changes,
  };
  return client.ask(JoinGroup, request, version);
}

/** Joins twice, as a client does, and answers what the second JoinGroup was answered with. */
async function joined(client: Client, changes: Partial<RequestInput<typeof JoinGroup>> = {}) {
  const { memberId, errorCode } = await join(client, '', changes);
  expect(nameOf(errorCode)).toBe('MEMBER_ID_REQUIRED');
  return join(client, memberId, changes);
}

async function sync(client: Client, memberId: string, generationId: number, assignments: Record<string, string> = {}) {
  const { errorCode, assignment } = await client.ask(SyncGroup, {
    ...{ groupId: 'bank', generationId, memberId, protocolType: 'consumer', protocolName: 'range' },
    assignments: Object.entries(assignments).map(([id, part]) => ({ memberId: id, assignment: bytes(part) })),
  });
  return errorCode === 0 ? text(assignment) : nameOf(errorCode);
}

async function heartbeat(client: Client, memberId: string, generationId: number, groupId = 'bank') {
  return nameOf((await client.ask(Heartbeat, { groupId, generationId, memberId })).errorCode);
}

async function commit(
  client: Client,
  offset: number,
  identity = {},
  version = 9,
  { partition = 0, metadata = '' } = {},
) {
  const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }];
  const request = { groupId: 'bank', topics: [{ name: 'ledger', partitions }], ...identity };
  const { topics } = await client.ask(OffsetCommit, request, version);
  return nameOf(topics[0].partitions[0].errorCode);
}

test(
  'a name that would make a member id too long to be written is refused, and its group does not notice',
  onStage(async (stage) => {
    const client = await memberOf(stage);
    const refused = await join(client, '', { groupInstanceId: 'x'.repeat(32_740) });
    expect(nameOf(refused.errorCode)).toBe('INVALID_REQUEST');
    expect((await joined(client)).members).toHaveLength(1);
  }, settings),
);

describe('a group of two', () => {
  test(
    'meets, gets its assignment, and rebalances when one leaves',
    onStage(async (stage) => {
      const [one, two] = [await memberOf(stage), await memberOf(stage)];
      const [first, second] = await Promise.all([joined(one), joined(two)]);
      expect([first.generationId, second.generationId]).toEqual([1, 1]);
      expect([first.leader, second.leader]).toEqual([first.memberId, first.memberId]);
      expect(first.members.map(({ memberId, metadata }) => [memberId, text(metadata)])).toEqual([
        [first.memberId, 'wants ledger'],
        [second.memberId, 'wants ledger'],
      ]);
      expect(second.members).toEqual([]);
      expect(first.memberId).toMatch(/^client-0-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const [a, b] = [first.memberId, second.memberId];
      const waiting = sync(two, b, 1);
      expect(await sync(one, a, 1, { [a]: 'A', [b]: 'B' })).toBe('A');
      expect(await waiting).toBe('B');
      expect([await heartbeat(one, a, 1), await heartbeat(two, b, 1)]).toEqual(['NONE', 'NONE']);
      const { members } = await two.ask(LeaveGroup, { groupId: 'bank', members: [{ memberId: b }] });
      expect(members.map(({ errorCode }) => errorCode)).toEqual([0]);
      expect(await heartbeat(one, a, 1)).toBe('REBALANCE_IN_PROGRESS');
      expect((await join(one, a)).generationId).toBe(2);
      expect(await sync(one, a, 2, { [a]: 'all' })).toBe('all');
    }, settings),
  );

  test(
    'gives up the one that is silent, when its session is over',
    onStage(async (stage) => {
      const [one, two] = [await memberOf(stage), await memberOf(stage)];
      const [{ memberId: a }, { memberId: b }] = await Promise.all([joined(one), joined(two)]);
      const [, begun] = [await Promise.all([sync(one, a, 1, { [a]: 'A', [b]: 'B' }), sync(two, b, 1)]), stage.now];
      while ((await heartbeat(one, a, 1)) === 'NONE') await stage.sleep(500);
      expect(stage.now - begun).toBeGreaterThan(9_990);
      expect(stage.now - begun).toBeLessThan(10_600);
      expect(await heartbeat(two, b, 1)).toBe('UNKNOWN_MEMBER_ID');
      expect(await commit(two, 1, { memberId: b, generationIdOrMemberEpoch: 1 })).toBe('UNKNOWN_MEMBER_ID');
    }, settings),
  );

  test(
    'does without members that joined in an old version, and without an assignment for them',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      const { errorCode, memberId, protocolName } = await join(client, '', {}, 0);
      expect([errorCode, protocolName]).toEqual([0, 'range']);
      expect(await sync(client, memberId, 1)).toBe('');
      const refused = await join(client, 'nobody', {}, 5);
      expect([nameOf(refused.errorCode), refused.protocolName]).toEqual(['UNKNOWN_MEMBER_ID', '']);
      const left = await client.ask(LeaveGroup, { groupId: 'bank', memberId: 'nobody' }, 2);
      expect(nameOf(left.errorCode)).toBe('UNKNOWN_MEMBER_ID');
      expect((await client.ask(LeaveGroup, { groupId: 'bank', memberId }, 1)).errorCode).toBe(0);
    }, settings),
  );
});

describe('a group and its offsets', () => {
  test(
    'are there again after the broker was killed, with members, generation and assignments',
    onStage(async (stage) => {
      const before = await memberOf(stage);
      const { memberId } = await joined(before, { groupInstanceId: null });
      expect(await sync(before, memberId, 1, { [memberId]: 'A' })).toBe('A');
      expect(await commit(before, 41, { memberId, generationIdOrMemberEpoch: 1 })).toBe('NONE');
      stage.crash();
      await stage.start();
      const after = await stage.client();
      const begun = stage.now;
      expect(await after.committed('bank', 'ledger', 0)).toBe(41);
      expect(await heartbeat(after, memberId, 1)).toBe('NONE');
      expect(await sync(after, memberId, 1)).toBe('A');
      const { groups } = await after.ask(DescribeGroups, { groups: ['bank'] });
      expect(groups[0]).toMatchObject({ groupState: 'Stable', protocolData: 'range', errorCode: 0 });
      expect(groups[0].members).toMatchObject([{ memberId, clientId: 'client-0', clientHost: '/client-0' }]);
      await stage.sleep(11_000);
      expect(await heartbeat(after, memberId, 1)).toBe('UNKNOWN_MEMBER_ID');
      const expired = stage.events('group.member').filter(({ detail }) => detail.change === 'expired');
      expect(expired.map(({ detail }) => [detail.member, detail.why])).toEqual([[memberId, 'session timeout']]);
      expect(expired[0].at - begun).toBeGreaterThan(9_900);
    }, settings),
  );

  test(
    'are only in the records of __consumer_offsets: without these, nothing is left',
    onStage(async (stage) => {
      const before = await memberOf(stage);
      expect(await commit(before, 41)).toBe('NONE');
      expect(await before.committed('bank', 'ledger', 0)).toBe(41);
      const topic = stage.broker.topics.named('__consumer_offsets')!;
      await stage.broker.close();
      const disk = stage.world.disk('broker-0');
      for (const path of await disk.list('logs')) if (path.includes(topic.topicId)) await disk.remove(path);
      await stage.start();
      const after = await stage.client();
      expect(await after.committed('bank', 'ledger', 0)).toBe(-1);
    }, settings),
  );

  test(
    'go with their topic: one of the same name is begun anew, also by the next coordinator',
    onStage(async (stage) => {
      const before = await memberOf(stage);
      expect(await commit(before, 41)).toBe('NONE');
      const { responses } = await before.ask(DeleteTopics, { topics: [{ name: 'ledger' }] });
      expect(responses.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE']);
      await stage.broker.topics.ensure('ledger', 3);
      expect(await before.committed('bank', 'ledger', 0)).toBe(-1);
      stage.crash();
      await stage.start();
      expect(await (await stage.client()).committed('bank', 'ledger', 0)).toBe(-1);
    }, settings),
  );

  test(
    'stay as they were when a commit is refused',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      expect(await commit(client, 3)).toBe('NONE');
      const stranger = { memberId: 'x', generationIdOrMemberEpoch: 1 };
      expect(await commit(client, 4, stranger)).toBe('UNKNOWN_MEMBER_ID');
      expect(await commit(client, 4, { ...stranger, groupId: 'none' })).toBe('GROUP_ID_NOT_FOUND');
      expect(await commit(client, 4, { ...stranger, groupId: 'none' }, 8)).toBe('ILLEGAL_GENERATION');
      expect(await commit(client, 4, { groupId: '' })).toBe('INVALID_GROUP_ID');
      expect(await commit(client, 4, {}, 9, { partition: 3 })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      expect(await commit(client, 4, {}, 9, { metadata: 'x'.repeat(5_000) })).toBe('OFFSET_METADATA_TOO_LARGE');
      expect(await client.committed('bank', 'ledger', 0)).toBe(3);
    }, settings),
  );

  test(
    'a commit for partitions of which some exist stores those, and answers for all in their order',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      const of = (...indexes: number[]) =>
        indexes.map((partitionIndex) => ({ partitionIndex, committedOffset: partitionIndex }));
      const { topics } = await client.ask(OffsetCommit, {
        groupId: 'bank',
        topics: [
          { name: 'missing', partitions: of(0) },
          { name: 'ledger', partitions: of(9, 1, 8, 2) },
        ],
      });
      const unknown = Errors.UNKNOWN_TOPIC_OR_PARTITION.code;
      expect(topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
        [unknown],
        [unknown, 0, unknown, 0],
      ]);
      expect([await client.committed('bank', 'ledger', 1), await client.committed('bank', 'ledger', 2)]).toEqual([
        1, 2,
      ]);
    }, settings),
  );

  test(
    'are fetched in every version: some, all, of several groups, and of nobody',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      await commit(client, 5, {}, 9, { metadata: 'half' });
      await commit(client, 7, {}, 2, { partition: 1 });
      const topics = [{ name: 'ledger', partitionIndexes: [0, 2] }];
      const one = await client.ask(OffsetFetch, { groupId: 'bank', topics }, 1);
      expect(one.topics[0].partitions.map(({ committedOffset, metadata }) => [committedOffset, metadata])).toEqual([
        [5, 'half'],
        [-1, ''],
      ]);
      const all = await client.ask(OffsetFetch, { groupId: 'bank', topics: null }, 7);
      expect(all.topics[0].partitions.map(({ committedOffset }) => committedOffset)).toEqual([5, 7]);
      const groups = [
        { groupId: 'bank', topics: null },
        { groupId: 'none', topics },
        { groupId: '', topics },
      ];
      const several = await client.ask(OffsetFetch, { groups }, 9);
      expect(several.groups.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE', 'NONE', 'INVALID_GROUP_ID']);
      expect(several.groups[1].topics[0].partitions.map(({ committedOffset }) => committedOffset)).toEqual([-1, -1]);
      const old = await client.ask(OffsetFetch, { groupId: '', topics }, 1);
      expect(old.topics[0].partitions.map(({ errorCode }) => nameOf(errorCode))).toEqual([
        'INVALID_GROUP_ID',
        'INVALID_GROUP_ID',
      ]);
    }, settings),
  );

  test(
    'are in the trace, when they are safe',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      await commit(client, 5);
      const [{ detail }] = stage.events('offset.committed');
      expect(detail).toEqual({ group: 'bank', topic: 'ledger', partition: 0, offset: 5, member: '', generation: -1 });
    }, settings),
  );
});

describe('looking at groups', () => {
  test(
    'lists them by state and type, describes them, and deletes those without members',
    onStage(async (stage) => {
      const client = await memberOf(stage);
      await commit(client, 5, { groupId: 'offsets only' });
      const { memberId } = await joined(client);
      await sync(client, memberId, 1, { [memberId]: 'A' });
      const list = async (filter = {}) => {
        const { errorCode, groups } = await client.ask(ListGroups, filter);
        expect(errorCode).toBe(0);
        return groups
          .map(({ groupId, groupState, protocolType, groupType }) => [groupId, groupState, protocolType, groupType])
          .sort();
      };
      const bank = ['bank', 'Stable', 'consumer', 'classic'];
      const other = ['offsets only', 'Empty', '', 'classic'];
      expect(await list()).toEqual([bank, other]);
      expect(await list({ statesFilter: ['stable'] })).toEqual([bank]);
      expect(await list({ statesFilter: ['Empty'], typesFilter: ['classic'] })).toEqual([other]);
      expect(await list({ typesFilter: ['consumer'] })).toEqual([]);
      const { groups } = await client.ask(DescribeGroups, { groups: ['bank', 'none', ''] });
      expect(groups.map(({ groupState, errorCode }) => [groupState, nameOf(errorCode)])).toEqual([
        ['Stable', 'NONE'],
        ['Dead', 'NONE'],
        ['', 'INVALID_GROUP_ID'],
      ]);
      expect(groups[0].members.map(({ memberAssignment }) => text(memberAssignment))).toEqual(['A']);
      const { results } = await client.ask(DeleteGroups, { groupsNames: ['bank', 'offsets only', 'none', ''] });
      expect(results.map(({ errorCode }) => nameOf(errorCode))).toEqual([
        'NON_EMPTY_GROUP',
        'NONE',
        'GROUP_ID_NOT_FOUND',
        'INVALID_GROUP_ID',
      ]);
      expect(await list()).toEqual([bank]);
      expect(await client.committed('offsets only', 'ledger', 0)).toBe(-1);
    }, settings),
  );

  test(
    'nobody coordinates a group before somebody has looked for its coordinator',
    onStage(async (stage) => {
      const client = await stage.client();
      expect(await heartbeat(client, 'm', 1)).toBe('NOT_COORDINATOR');
      expect(await sync(client, 'm', 1)).toBe('NOT_COORDINATOR');
      expect(await commit(client, 1)).toBe('NOT_COORDINATOR');
      expect(nameOf((await join(client)).errorCode)).toBe('NOT_COORDINATOR');
      expect((await client.ask(ListGroups, {})).groups).toEqual([]);
    }, settings),
  );

  test(
    'finding a coordinator in old versions, without an id, for transactions, and for nothing',
    onStage(async (stage) => {
      const client = await stage.client();
      expect(await client.ask(FindCoordinator, { key: 'bank' }, 0)).toMatchObject({
        errorCode: 0,
        nodeId: 0,
        port: 9092,
      });
      expect(nameOf((await client.ask(FindCoordinator, { key: '' }, 3)).errorCode)).toBe('NONE');
      for (const [keyType, error] of [
        [1, 'COORDINATOR_NOT_AVAILABLE'],
        [3, 'INVALID_REQUEST'],
      ] as const) {
        const { coordinators } = await client.ask(FindCoordinator, { keyType, coordinatorKeys: ['t'] });
        expect(nameOf(coordinators[0].errorCode)).toBe(error);
      }
    }, settings),
  );
});
