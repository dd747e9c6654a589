/** Offsets that go all at once, and are too many for their tombstones to fit into one batch. */
import { expect, test } from 'vitest';
import {
  CreateTopics,
  DeleteGroups,
  DeleteTopics,
  FindCoordinator,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
} from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { type Client, onStage } from './stage.ts';

const PARTITIONS = 30;
const all = [...Array(PARTITIONS).keys()];
const settings = {
  topics: { ledger: PARTITIONS },
  config: { 'offsets.topic.num.partitions': '1', 'message.max.bytes': '500' },
};
const expiring = {
  ...settings,
  config: { ...settings.config, 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '90000' },
};

const nameOf = ({ errorCode }: { errorCode: number }) => errorOf(errorCode).name;

/** Commits offset 42 in every partition, as few at a time as fit. */
async function commitAll(client: Client): Promise<void> {
  await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
  for (let from = 0; from < PARTITIONS; from += 5) {
    const partitions = all.slice(from, from + 5).map((partitionIndex) => ({ partitionIndex, committedOffset: 42 }));
    const { topics } = await client.ask(OffsetCommit, { groupId: 'bank', topics: [{ name: 'ledger', partitions }] });
    expect(topics[0].partitions.map(nameOf)).toEqual(partitions.map(() => 'NONE'));
  }
}

/** How many partitions the group has an offset for. */
async function kept(client: Client): Promise<number> {
  const topics = [{ name: 'ledger', partitionIndexes: all }];
  const { groups } = await client.ask(OffsetFetch, { groups: [{ groupId: 'bank', topics }] });
  return groups[0].topics[0].partitions.filter(({ committedOffset }) => committedOffset >= 0).length;
}

test(
  'a topic that is made again under the name of a deleted one has no offsets, however many the old one had',
  onStage(async (stage) => {
    const client = await stage.client();
    await commitAll(client);
    expect((await client.ask(DeleteTopics, { topicNames: ['ledger'] }, 5)).responses.map(nameOf)).toEqual(['NONE']);
    const again = { name: 'ledger', numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] };
    expect((await client.ask(CreateTopics, { topics: [again] })).topics.map(nameOf)).toEqual(['NONE']);
    expect(await kept(client)).toBe(0);
    await stage.broker.close();
    await stage.start();
    await stage.sleep(1_000);
    expect(await kept(await stage.client())).toBe(0);
  }, settings),
);

test(
  'a group is forgotten in time, however many offsets it has',
  onStage(async (stage) => {
    const client = await stage.client();
    await commitAll(client);
    expect(await kept(client)).toBe(PARTITIONS);
    await stage.sleep(100_000);
    expect(await kept(client)).toBe(0);
    expect((await client.ask(ListGroups, {})).groups).toEqual([]);
  }, expiring),
);

test(
  'what somebody asks for is done as a whole or not at all: more than fits into a batch is refused, as in Kafka',
  onStage(async (stage) => {
    const client = await stage.client();
    await commitAll(client);
    const { results } = await client.ask(DeleteGroups, { groupsNames: ['bank'] });
    expect(results.map(nameOf)).toEqual(['UNKNOWN_SERVER_ERROR']);
    const partitions = all.map((partitionIndex) => ({ partitionIndex }));
    const some = (count: number) => [{ name: 'ledger', partitions: partitions.slice(0, count) }];
    expect(nameOf(await client.ask(OffsetDelete, { groupId: 'bank', topics: some(PARTITIONS) }))).toBe(
      'UNKNOWN_SERVER_ERROR',
    );
    expect(await kept(client)).toBe(PARTITIONS);
    expect(nameOf(await client.ask(OffsetDelete, { groupId: 'bank', topics: some(5) }))).toBe('NONE');
    expect(await kept(client)).toBe(PARTITIONS - 5);
  }, settings),
);
