/** The broker is killed after every one of its steps in turn, and started again: whatever it acknowledged must be there. */
import { expect, test } from 'vitest';
import { Fetch, FindCoordinator, JoinGroup, OffsetCommit, Produce, SyncGroup } from '../../lib/protocol/apis/index.ts';
import { batchesIn } from '../../lib/records/batch.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { ConnectionLost } from '../../lib/world/errors.ts';
import { batchOf, type Client, Stage } from './stage.ts';

const settings = {
  topics: { ledger: 1 },
  config: { 'offsets.topic.num.partitions': '1', 'group.initial.rebalance.delay.ms': '0' },
};

interface Acknowledged {
  records: number;
  offset: number;
  assignment: string;
  memberId: string;
}

const ofConsumers = { protocolType: 'consumer', protocolName: 'range' };

/** A producer and a member of a group at work; writes down what the broker has acknowledged. */
async function work(client: Client, seen: Acknowledged): Promise<void> {
  await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
  const identity = { groupId: 'bank', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, protocolType: 'consumer' };
  const protocols = [{ name: 'range', metadata: new Uint8Array(1) }];
  const { memberId } = await client.ask(JoinGroup, { ...identity, memberId: '', protocols }, 3);
  const assignments = [{ memberId, assignment: new TextEncoder().encode('ledger 0') }];
  const request = { groupId: 'bank', generationId: 1, memberId, ...ofConsumers, assignments };
  const { assignment } = await client.ask(SyncGroup, request);
  Object.assign(seen, { memberId, assignment: new TextDecoder().decode(assignment) });
  for (let count = 1; count <= 3; count++) {
    const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['a', 'b']) }] }];
    await client.ask(Produce, { acks: -1, timeoutMs: 1_000, topicData });
    seen.records = 2 * count;
    const partitions = [{ partitionIndex: 0, committedOffset: 2 * count }];
    const commit = {
      groupId: 'bank',
      memberId,
      generationIdOrMemberEpoch: 1,
      topics: [{ name: 'ledger', partitions }],
    };
    const { topics } = await client.ask(OffsetCommit, commit);
    expect(topics[0].partitions[0].errorCode).toBe(0);
    seen.offset = 2 * count;
  }
}

/** One life of a broker that is killed at its `last` step, and what its successor says. Answers whether the work was done before. */
async function livesUntil(last: number): Promise<boolean> {
  const world = new SimulatedWorld(last);
  const stage = new Stage(world, settings);
  const seen: Acknowledged = { records: 0, offset: -1, assignment: '', memberId: '' };
  let steps = 0;
  const life = async () => {
    await stage.start(undefined, () => {
      if (stage.broker !== undefined && ++steps === last) stage.crash();
    });
    const working = stage.client().then((client) => work(client, seen));
    const done = await working.then(
      () => true,
      (error) => {
        expect(error).toBeInstanceOf(ConnectionLost);
        return false;
      },
    );
    if (done) stage.crash();
    await stage.start();
    const client = await stage.client();
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
    const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'ledger', partitions }] };
    const { responses } = await client.ask(Fetch, request, 12);
    const batches = [...batchesIn(responses[0].partitions[0].records ?? new Uint8Array(0))];
    expect(batches.length * 2).toBeGreaterThanOrEqual(seen.records);
    await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    expect(await client.committed('bank', 'ledger', 0)).toBeGreaterThanOrEqual(seen.offset);
    if (seen.memberId !== '') {
      const identity = { groupId: 'bank', generationId: 1, memberId: seen.memberId };
      const { errorCode, assignment } = await client.ask(SyncGroup, { ...identity, ...ofConsumers, assignments: [] });
      expect([errorCode, new TextDecoder().decode(assignment)]).toEqual([0, seen.assignment]);
    }
    return done;
  };
  const done = await world.drive.drive(`killed at step ${last}`, life());
  world.drive.close();
  return done;
}

test('killed at any step, a broker loses nothing that it acknowledged', async () => {
  let last = 1;
  while (!(await livesUntil(last))) last++;
  expect(last).toBeGreaterThan(30);
});
