import { describe, expect, test } from 'vitest';
import {
  CreatePartitions,
  DeleteRecords,
  DescribeCluster,
  FindCoordinator,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetForLeaderEpoch,
} from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import type { RequestInput } from '../../lib/protocol/schema.ts';
import { batchOf, type Client, onStage, type Stage } from './stage.ts';

const topics = { ledger: 2 };
const nameOf = (errorCode: number) => errorOf(errorCode).name;

async function append(stage: Stage, values: string[], partition = 0): Promise<void> {
  await stage.broker.topics.partition('ledger', partition)?.append(batchOf(values)).committed;
}

describe('deleting records', () => {
  async function deleteRecords(client: Client, name: string, ...wanted: [partition: number, offset: number][]) {
    const partitions = wanted.map(([partitionIndex, offset]) => ({ partitionIndex, offset }));
    const { topics } = await client.ask(DeleteRecords, { topics: [{ name, partitions }] });
    return topics[0].partitions.map(({ errorCode, lowWatermark }) =>
      errorCode === 0 ? lowWatermark : `${nameOf(errorCode)} ${lowWatermark}`,
    );
  }

  test(
    'goes up to an offset or to the high watermark, and stays so after a crash',
    onStage(
      async (stage) => {
        let client = await stage.client();
        await append(stage, ['a', 'b', 'c']);
        await append(stage, ['d'], 1);
        expect(await deleteRecords(client, 'ledger', [0, 2], [1, -1])).toEqual([2, 1]);
        expect(await deleteRecords(client, 'ledger', [0, 1], [1, 0])).toEqual([2, 1]);
        stage.crash();
        await stage.start();
        client = await stage.client();
        const starts = stage.broker.topics.named('ledger')?.partitions.map(({ log }) => log.logStartOffset);
        expect(starts).toEqual([2, 1]);
        expect(await deleteRecords(client, 'ledger', [0, -1])).toEqual([3]);
      },
      // What was written before must have survived: otherwise the whole log begins at its start.
      { topics, config: { 'log.flush.interval.messages': '1' } },
    ),
  );

  test(
    'is refused for offsets that nobody has been promised, and for what the broker keeps for itself',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await append(stage, ['a']);
        expect(await deleteRecords(client, 'ledger', [0, 2], [0, -2], [7, 0])).toEqual([
          'OFFSET_OUT_OF_RANGE -1',
          'OFFSET_OUT_OF_RANGE -1',
          'UNKNOWN_TOPIC_OR_PARTITION -1',
        ]);
        expect(await deleteRecords(client, 'missing', [0, 0])).toEqual(['UNKNOWN_TOPIC_OR_PARTITION -1']);
        await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
        expect(await deleteRecords(client, '__consumer_offsets', [0, 0])).toEqual(['INVALID_TOPIC_EXCEPTION -1']);
        await stage.broker.topics.ensure('compacted', 1, { 'cleanup.policy': 'compact' });
        expect(await deleteRecords(client, 'compacted', [0, 0])).toEqual(['POLICY_VIOLATION -1']);
        await stage.broker.topics.ensure('kept', 1, { 'cleanup.policy': '' });
        expect(await deleteRecords(client, 'kept', [0, 0])).toEqual([0]);
      },
      { topics },
    ),
  );
});

describe('adding partitions', () => {
  type Wanted = RequestInput<typeof CreatePartitions>['topics'][number];
  async function add(client: Client, wanted: Wanted[], validateOnly = false) {
    const { results } = await client.ask(CreatePartitions, { topics: wanted, validateOnly });
    return results.map(({ errorCode }) => nameOf(errorCode));
  }

  test(
    'makes them at once, and they are there after a crash, with their records',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await append(stage, ['a']);
        const assignments = [{ brokerIds: [0] }, { brokerIds: [0] }];
        expect(await add(client, [{ name: 'ledger', count: 4, assignments }])).toEqual(['NONE']);
        const { topics } = await client.ask(Metadata, { topics: [{ name: 'ledger' }] });
        expect(topics[0].partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])).toEqual(
          [0, 1, 2, 3].map((index) => [index, 0]),
        );
        await append(stage, ['b', 'c'], 3);
        stage.crash();
        await stage.start();
        const ends = stage.broker.topics.named('ledger')?.partitions.map(({ highWatermark }) => highWatermark);
        expect(ends).toEqual([1, 0, 0, 2]);
      },
      { topics, config: { 'log.flush.interval.messages': '1' } },
    ),
  );

  test(
    'is refused, each time with its own error, and then nothing is made',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
        const one = async (wanted: Partial<Wanted>) =>
          (await add(client, [{ name: 'ledger', count: 3, assignments: null, ...wanted }]))[0];
        expect(await one({ name: 'missing' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await one({ count: 2 })).toBe('INVALID_PARTITIONS');
        expect(await one({ count: -1 })).toBe('INVALID_PARTITIONS');
        expect(await one({ count: 0x7fffffff })).toBe('POLICY_VIOLATION');
        expect(await one({ assignments: [] })).toBe('INVALID_REPLICA_ASSIGNMENT');
        expect(await one({ assignments: [{ brokerIds: [1] }] })).toBe('INVALID_REPLICA_ASSIGNMENT');
        expect(await one({ assignments: [{ brokerIds: [0, 0] }] })).toBe('INVALID_REPLICA_ASSIGNMENT');
        expect(await one({ name: '__consumer_offsets', count: 90 })).toBe('INVALID_REQUEST');
        const ledger = { name: 'ledger', count: 3 };
        expect(await add(client, [ledger, ledger])).toEqual(['INVALID_REQUEST']);
        expect(await add(client, [ledger], true)).toEqual(['NONE']);
        const wanted = [9_999, 6, 3].map((count, at) => ({ name: ['ledger', 'rates', 'other'][at], count }));
        expect(await add(client, wanted, true)).toEqual(['NONE', 'POLICY_VIOLATION', 'POLICY_VIOLATION']);
        expect(stage.broker.topics.named('ledger')?.partitions).toHaveLength(2);
      },
      { topics: { ...topics, rates: 1, other: 1 } },
    ),
  );

  test(
    'twice at the same time ends with the larger number, one of two with the same number is told that it came late, and deleting the topic takes all of them',
    onStage(
      async (stage) => {
        const [one, other] = [await stage.client(), await stage.client()];
        await Promise.all([add(one, [{ name: 'ledger', count: 5 }]), add(other, [{ name: 'ledger', count: 3 }])]);
        expect(stage.broker.topics.named('ledger')?.partitions).toHaveLength(5);
        const seven = [{ name: 'ledger', count: 7 }];
        const answers = (await Promise.all([add(one, seven), add(other, seven)])).flat();
        expect(answers.sort()).toEqual(['INVALID_PARTITIONS', 'NONE']);
        const topic = stage.broker.topics.named('ledger');
        expect(topic?.partitions.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
        await stage.broker.topics.delete(topic!);
        expect(topic?.partitions.every(({ isClosed }) => isClosed)).toBe(true);
        expect(await stage.world.disk('broker-0').list('logs')).toEqual([]);
      },
      { topics },
    ),
  );
});

test(
  'the end of a leader epoch: of the one there is, of those before it, and of those to come',
  onStage(
    async (stage) => {
      const client = await stage.client();
      await append(stage, ['a', 'b', 'c']);
      const ask = async (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0) => {
        const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }];
        const { topics } = await client.ask(OffsetForLeaderEpoch, { topics: [{ topic: 'ledger', partitions }] });
        const [answer] = topics[0].partitions;
        return answer.errorCode === 0 ? [answer.leaderEpoch, answer.endOffset] : nameOf(answer.errorCode);
      };
      expect(await ask(0)).toEqual([0, 3]);
      expect(await ask(0, 0)).toEqual([0, 3]);
      expect(await ask(1)).toEqual([-1, -1]);
      expect(await ask(-1)).toEqual([-1, -1]);
      expect(await ask(0, 1)).toBe('UNKNOWN_LEADER_EPOCH');
      expect(await ask(0, -1, 7)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    },
    { topics },
  ),
);

test(
  'the cluster is this broker, and the controller has no door of its own',
  onStage(async (stage) => {
    const client = await stage.client();
    const described = await client.ask(DescribeCluster, {});
    expect(described).toMatchObject({
      ...{ errorCode: 0, controllerId: 0, clusterId: stage.broker.topics.clusterId, endpointType: 1 },
      brokers: [{ brokerId: 0, host: 'broker-0', port: 9092, rack: null }],
    });
    const errors = [];
    for (const endpointType of [2, 3]) errors.push((await client.ask(DescribeCluster, { endpointType })).errorCode);
    expect(errors.map(nameOf)).toEqual(['MISMATCHED_ENDPOINT_TYPE', 'UNSUPPORTED_ENDPOINT_TYPE']);
  }),
);

test(
  'offsets of a group are deleted, with an answer for each partition in the order of the request',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const forget = async (groupId: string, ...partitionIndexes: number[]) => {
        const partitions = partitionIndexes.map((partitionIndex) => ({ partitionIndex }));
        const { errorCode, topics } = await client.ask(OffsetDelete, {
          groupId,
          topics: [{ name: 'ledger', partitions }],
        });
        const each = topics.flatMap(({ partitions }) => partitions.map((one) => nameOf(one.errorCode)));
        return errorCode === 0 ? each : nameOf(errorCode);
      };
      expect(await forget('bank', 0)).toBe('NOT_COORDINATOR');
      await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
      await stage.sleep(100);
      expect(await forget('', 0)).toBe('INVALID_GROUP_ID');
      expect(await forget('bank', 0)).toBe('GROUP_ID_NOT_FOUND');
      const offsets = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 7 }));
      await client.ask(OffsetCommit, {
        ...{ groupId: 'bank', memberId: '', generationIdOrMemberEpoch: -1 },
        topics: [{ name: 'ledger', partitions: offsets }],
      });
      expect(await forget('bank', 9, 1, 8)).toEqual([
        'UNKNOWN_TOPIC_OR_PARTITION',
        'NONE',
        'UNKNOWN_TOPIC_OR_PARTITION',
      ]);
      expect(await client.committed('bank', 'ledger', 0)).toBe(7);
      expect(await client.committed('bank', 'ledger', 1)).toBe(-1);
      stage.crash();
      await stage.start();
      const later = await stage.client();
      await stage.sleep(100);
      expect(await later.committed('bank', 'ledger', 1)).toBe(-1);
      expect(await later.committed('bank', 'ledger', 0)).toBe(7);
    },
    { topics, config: { 'offsets.topic.num.partitions': '1', 'log.flush.interval.messages': '1' } },
  ),
);
