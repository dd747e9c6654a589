/** What each error of the coordinator does to a member, in each place where it can come: the table of Java's client (`AbstractCoordinator`). */
import { describe, expect, test } from 'vitest';
import { cooperativeSticky } from '../../lib/assignors/index.ts';
import { MalformedSubscriptionError } from '../../lib/client/errors.ts';
import type { Consumer, ConsumerSettings } from '../../lib/client/index.ts';
import { encodeSubscription } from '../../lib/protocol/consumerProtocol.ts';
import type { ErrorName } from '../../lib/protocol/errors.ts';
import { failure, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
const ledger0 = { topic: 'ledger', partition: 0, offset: 0 };
const settings = {
  groupId: 'g',
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 500,
} as const;

async function subscribed(at: Stage, more: ConsumerSettings = {}): Promise<{ consumer: Consumer; calls: string[] }> {
  const calls: string[] = [];
  const consumer = at.kafka.consumer({ ...settings, ...more });
  await consumer.subscribe(['ledger'], {
    onPartitionsRevoked: (partitions) => void calls.push(`revoked ${partitions.length}`),
    onPartitionsAssigned: (partitions) => void calls.push(`assigned ${partitions.length}`),
    onPartitionsLost: (partitions) => void calls.push(`lost ${partitions.length}`),
  });
  return { consumer, calls };
}

async function joined(at: Stage, more: ConsumerSettings = {}) {
  const one = await subscribed(at, more);
  await pollUntil(one.consumer, () => one.calls.length > 0);
  expect(one.calls.splice(0)).toEqual(['assigned 1']);
  return one;
}

async function pollUntil(consumer: Consumer, isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries++) {
    if (tries === 300) throw new Error('nothing has come of it in 30 s');
    await consumer.poll('100 ms');
  }
}

describe.each([
  ['eager', ['revoked 1', 'assigned 1']],
  ['cooperative', ['assigned 0']],
])('the answer to a heartbeat of an %s member', (protocol, afterRebalance) => {
  const more = protocol === 'eager' ? {} : { partitionAssignmentStrategy: [cooperativeSticky] };

  test.each<[ErrorName, 'same' | 'new', string[]]>([
    ['REBALANCE_IN_PROGRESS', 'same', afterRebalance],
    ['ILLEGAL_GENERATION', 'same', ['lost 1', 'assigned 1']],
    ['UNKNOWN_MEMBER_ID', 'new', ['lost 1', 'assigned 1']],
  ])('%s: joins again under the %s member id', async (error, id, expected) => {
    const at = await stage();
    const { consumer, calls } = await joined(at, more);
    const before = consumer.groupMetadata();
    at.cluster.on('Heartbeat', { times: 1 }).answerError(error);
    await pollUntil(consumer, () => calls.length >= expected.length);
    expect(calls).toEqual(expected);
    expect(consumer.groupMetadata().memberId === before.memberId).toBe(id === 'same');
    expect(consumer.groupMetadata().generationId).toBeGreaterThan(before.generationId);
    await at.close();
  });

  test('FENCED_INSTANCE_ID: poll says so, and what it had is lost', async () => {
    const at = await stage();
    const { consumer, calls } = await joined(at, more);
    at.cluster.on('Heartbeat', { times: 1 }).answerError('FENCED_INSTANCE_ID');
    const error = await failure(pollUntil(consumer, () => false));
    expect(error.message).toMatch(/FENCED_INSTANCE_ID.*same groupInstanceId/);
    await consumer.close();
    expect(calls).toEqual(['lost 1']);
    await at.close();
  });

  test.each<ErrorName>(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])(
    '%s: looks for the coordinator again, and keeps what it has',
    async (error) => {
      const at = await stage();
      const { consumer, calls } = await joined(at, more);
      const before = at.requests('consumer-1', 'FindCoordinator').length;
      at.cluster.on('Heartbeat', { times: 1 }).answerError(error);
      await pollUntil(consumer, () => at.requests('consumer-1', 'FindCoordinator').length > before);
      await consumer.commitSync([ledger0]);
      expect(calls).toEqual([]);
      await at.close();
    },
  );
});

describe.each(['JoinGroup', 'SyncGroup'] as const)('the answer to %s', (api) => {
  test.each<ErrorName>([
    'REBALANCE_IN_PROGRESS',
    'UNKNOWN_MEMBER_ID',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'NOT_COORDINATOR',
  ])('%s: tries again, and the application does not notice', async (error) => {
    const at = await stage();
    at.cluster.on(api, { times: 1 }).answerError(error);
    await joined(at);
    await at.close();
  });

  test.each<ErrorName>(['FENCED_INSTANCE_ID', 'GROUP_AUTHORIZATION_FAILED'])(
    '%s: poll says so, and can be called again',
    async (error) => {
      const at = await stage();
      at.cluster.on(api, { times: 1 }).answerError(error);
      const { consumer, calls } = await subscribed(at);
      expect((await failure(pollUntil(consumer, () => false))).message).toContain(error);
      await pollUntil(consumer, () => calls.length > 0);
      expect(calls).toEqual(['assigned 1']);
      await at.close();
    },
  );

  test.each<ErrorName>(api === 'SyncGroup' ? ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'] : ['UNKNOWN_MEMBER_ID'])(
    '%s in a cooperative rebalance: what was kept through the meeting is lost',
    async (error) => {
      const at = await stage();
      const { consumer, calls } = await joined(at, { partitionAssignmentStrategy: [cooperativeSticky] });
      at.cluster.on(api, { times: 1 }).answerError(error);
      consumer.enforceRebalance();
      await pollUntil(consumer, () => calls.length >= 2);
      expect(calls).toEqual(['lost 1', 'assigned 1']);
      await at.close();
    },
  );
});

describe('the answer to a commit', () => {
  test.each<[ErrorName, string, string[]]>([
    ['REBALANCE_IN_PROGRESS', 'RebalanceInProgressError', ['revoked 1', 'assigned 1']],
    ['ILLEGAL_GENERATION', 'CommitFailedError', ['lost 1', 'assigned 1']],
    ['UNKNOWN_MEMBER_ID', 'CommitFailedError', ['lost 1', 'assigned 1']],
  ])('%s: %s, and the next poll joins again', async (error, name, expected) => {
    const at = await stage();
    const { consumer, calls } = await joined(at);
    at.cluster.on('OffsetCommit', { times: 1 }).answerError(error);
    expect((await failure(consumer.commitSync([ledger0]))).name).toBe(name);
    expect(calls).toEqual([]);
    await pollUntil(consumer, () => calls.length >= 2);
    expect(calls).toEqual(expected);
    await at.close();
  });

  test('FENCED_INSTANCE_ID is told as it is; what may pass is tried again', async () => {
    const at = await stage();
    const { consumer } = await joined(at);
    at.cluster.on('OffsetCommit', { times: 1 }).answerError('FENCED_INSTANCE_ID');
    expect((await failure(consumer.commitSync([ledger0]))).message).toMatch(/FENCED_INSTANCE_ID/);
    for (const error of ['COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'] as const) {
      at.cluster.on('OffsetCommit', { times: 1 }).answerError(error);
      await consumer.commitSync([ledger0]);
    }
    await at.close();
  });

  test('without waiting, the same errors go to the callback, and are not tried again', async () => {
    const at = await stage();
    const { consumer } = await joined(at);
    const told: (string | undefined)[] = [];
    for (const error of ['COORDINATOR_LOAD_IN_PROGRESS', 'ILLEGAL_GENERATION'] as const) {
      at.cluster.on('OffsetCommit', { times: 1 }).answerError(error);
      consumer.commitAsync([ledger0], (_, error) => void told.push(error?.message));
      await pollUntil(consumer, () => told.length > 0);
      expect(told.splice(0)).toEqual([expect.stringMatching(/COORDINATOR_LOAD|the offsets were not committed/)]);
    }
    expect(at.requests('consumer-1', 'OffsetCommit')).toHaveLength(2);
    await at.close();
  });
});

test('a strategy that gives away what somebody still holds is refused under the cooperative protocol', async () => {
  const at = await stage({ topics: { ledger: 1 } });
  const hasty = {
    name: 'hasty',
    protocols: ['cooperative'] as const,
    assign: (members: readonly { memberId: string; ownedPartitions: readonly object[] }[]) =>
      new Map(
        members.map(({ memberId, ownedPartitions }) => [
          memberId,
          members.length > 1 && ownedPartitions.length > 0 ? [] : [{ topic: 'ledger', partition: 0 }],
        ]),
      ),
  };
  const first = await joined(at, { partitionAssignmentStrategy: [hasty] });
  const second = await subscribed(at, { partitionAssignmentStrategy: [hasty] });
  const error = await failure(
    (async () => {
      for (;;) await Promise.all([first.consumer.poll('100 ms'), second.consumer.poll('100 ms')]);
    })(),
  );
  expect(error.message).toMatch(/'hasty' gives ledger-0 away while consumer-1-.* still has it/);
  await at.close();
});

const newest = encodeSubscription({ topics: ['ledger'] });
test.each([
  // As @platformatic/kafka has it: version 1 has partitions in its end, and there are none.
  ['ends before the partitions', encodeSubscription({ topics: ['ledger'] }, 0).with(1, 1)],
  ['is cut off', newest.subarray(0, newest.length - 1)],
  ['is of a version below zero', newest.with(0, 255)],
  ['is empty', new Uint8Array(0)],
])(
  'a subscription that %s is laid at the door of the member that sent it, and the group lives',
  async (_, metadata) => {
    const at = await stage();
    const strange = 'billing-0af76519-16cd-43dd-8448-eb211c80319c';
    at.cluster.on('JoinGroup', { times: 2 }).answer(async (_, handle) => {
      const answer = await handle();
      return answer.leader === ''
        ? answer
        : { ...answer, members: [...answer.members, { memberId: strange, groupInstanceId: null, metadata }] };
    });
    const { consumer, calls } = await subscribed(at);
    const error = await failure(pollUntil(consumer, () => false));
    expect(error).toBeInstanceOf(MalformedSubscriptionError);
    expect(error).toMatchObject({ memberId: strange, cause: { name: 'MalformedBytes' } });
    expect(error.message).toMatch(
      /member billing-0af7\S+ has sent for the strategy 'range' cannot be read: .+ Stop that member/,
    );
    await pollUntil(consumer, () => calls.length > 0);
    expect(calls).toEqual(['assigned 1']);
    await at.close();
  },
);
