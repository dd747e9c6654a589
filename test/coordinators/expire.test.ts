import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/coordinators/decide.ts';
import { defaultGroupSettings } from '../../lib/coordinators/events.ts';
import { type Group, type MemberProtocol, newGroup } from '../../lib/coordinators/group.ts';
import { GroupShard } from '../../lib/coordinators/groupShard.ts';
import { offsetRecord } from '../../lib/coordinators/offsetRecord.ts';
import { encodeSubscription } from '../../lib/protocol/consumerProtocol.ts';
import { transcript } from './transcript.ts';

const settings = { offsetsRetentionMs: 1_000 };
const wantsLedger = encodeSubscription({ topics: ['ledger'], userData: null });

/** A stable group of one member. */
function atWork(protocol: MemberProtocol): Group {
  const member = {
    memberId: 'm1',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/h',
    sessionTimeoutMs: 1,
    rebalanceTimeoutMs: 1,
    protocols: [protocol],
    assignment: new Uint8Array(0),
    isNew: false,
    parkedJoin: null,
    parkedSync: null,
  };
  return {
    ...newGroup('bank'),
    state: 'Stable',
    protocolType: 'consumer',
    protocolName: 'range',
    members: new Map([['m1', member]]),
  };
}

describe('the offsets of a group', () => {
  test('are kept while it has members, however long ago they were committed', () => {
    transcript(
      `
      > stable m1
      > commit m1 1 ledger/0=5
        append ledger/0=5
      > appended
        offset.committed ledger/0=5 by m1 @1
        #1 ledger/0 NONE
      > later 1000000
      > sweep
      > offsets
        ledger/0=5
      `,
      settings,
    );
  });

  test('expire a while after it has lost its last member, and the group goes with them', () => {
    transcript(
      `
      > stable m1
      > commit m1 1 ledger/0=5
        append ledger/0=5
      > appended
        offset.committed ledger/0=5 by m1 @1
        #1 ledger/0 NONE
      > later 5000
      > leave m1
        m1 left: LeaveGroup
        Stable → PreparingRebalance @1
        PreparingRebalance → Empty @2
        append group @2
        #2 m1 NONE
      > appended
      > later 999
      > sweep
      > later 1
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
        append group deleted
      > appended
        Empty → Dead @2
      > offsets
      > failover
      `,
      settings,
    );
  });

  test('expire as they would have when another coordinator takes over in between', () => {
    transcript(
      `
      > stable m1
      > commit m1 1 ledger/0=5
        append ledger/0=5
      > appended
        offset.committed ledger/0=5 by m1 @1
        #1 ledger/0 NONE
      > later 5000
      > leave m1
        m1 left: LeaveGroup
        Stable → PreparingRebalance @1
        PreparingRebalance → Empty @2
        append group @2
        #2 m1 NONE
      > appended
      > failover
        Empty @2
      > later 999
      > sweep
      > later 1
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
        append group deleted
      `,
      settings,
    );
  });

  test('that nobody but a stranger stored expire one by one, counted from their commit', () => {
    transcript(
      `
      > commit nobody -1 ledger/0=1
        append ledger/0=1
      > appended
        offset.committed ledger/0=1 by nobody @-1
        #1 ledger/0 NONE
      > later 600
      > commit nobody -1 ledger/1=2
        append ledger/1=2
      > appended
        offset.committed ledger/1=2 by nobody @-1
        #2 ledger/1 NONE
      > later 400
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
      > appended
      > offsets
        ledger/1=2
      > later 600
      > sweep
        offset.expired ledger/1
        append ledger/1=deleted
        append group deleted
      > appended
        Empty → Dead @0
      `,
      settings,
    );
  });

  test('expire when an old client has said so, also after a failover, and not while a member works', () => {
    transcript(
      `
      > stable m1
      > commit m1 1 ledger/0=1 keep=200
        append ledger/0=1
      > appended
        offset.committed ledger/0=1 by m1 @1
        #1 ledger/0 NONE
      > later 200
      > sweep
      > leave m1
        m1 left: LeaveGroup
        Stable → PreparingRebalance @1
        PreparingRebalance → Empty @2
        append group @2
        #2 m1 NONE
      > appended
      > commit nobody -1 ledger/1=2 keep=3000
        append ledger/1=2
      > appended
        offset.committed ledger/1=2 by nobody @-1
        #3 ledger/1 NONE
      > failover
        Empty @2
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
      > appended
      > later 2999
      > sweep
      > later 1
      > sweep
        offset.expired ledger/1
        append ledger/1=deleted
        append group deleted
      `,
      settings,
    );
  });

  test('are left alone while something is being written', () => {
    transcript(
      `
      > commit nobody -1 ledger/0=1
        append ledger/0=1
      > appended
        offset.committed ledger/0=1 by nobody @-1
        #1 ledger/0 NONE
      > later 1000
      > commit nobody -1 ledger/0=2
        append ledger/0=2
      > sweep
      > appended
        offset.committed ledger/0=2 by nobody @-1
        #2 ledger/0 NONE
      > sweep
      > offsets
        ledger/0=2
      `,
      settings,
    );
  });

  test('stay when their deletion cannot be written, until the next time', () => {
    transcript(
      `
      > commit nobody -1 ledger/0=1
        append ledger/0=1
      > appended
        offset.committed ledger/0=1 by nobody @-1
        #1 ledger/0 NONE
      > later 1000
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
        append group deleted
      > appendFailed KAFKA_STORAGE_ERROR
      > offsets
        ledger/0=1
      > sweep
        offset.expired ledger/0
        append ledger/0=deleted
        append group deleted
      `,
      settings,
    );
  });

  test('are kept to the end of numbers for who wants them kept longer', () => {
    transcript(
      `
      > commit nobody -1 ledger/0=5 keep=${Number.MAX_SAFE_INTEGER}
        append ledger/0=5
      > appended
        offset.committed ledger/0=5 by nobody @-1
        #1 ledger/0 NONE
      > later 1000000000
      > sweep
      > failover
        Empty @0
      > sweep
      > offsets
        ledger/0=5
      `,
      settings,
    );
  });

  test('of a topic that no member of a group at work wants any more expire', () => {
    const group = atWork({ name: 'range', metadata: wantsLedger });
    const offsets = ['ledger', 'old'].map((topic) => ({ topic, partition: 0, commitTimestamp: 1 }));
    const after = { ...defaultGroupSettings, ...settings };
    const { facts, records, group: same } = decide(group, { type: 'sweep', offsets }, 1_001, after);
    expect(facts.map(({ detail }) => detail.topic)).toEqual(['old']);
    expect(records).toHaveLength(1);
    expect(same?.state).toBe('Stable');
  });

  test('are compared with what the members want, which is read once, however many offsets there are', () => {
    let reads = 0;
    const group = atWork({
      name: 'range',
      get metadata() {
        reads++;
        return wantsLedger;
      },
    });
    const offsets = [...Array(50).keys()].map((partition) => ({ topic: 'ledger', partition, commitTimestamp: 1 }));
    const { records } = decide(group, { type: 'sweep', offsets }, 5_000, { ...defaultGroupSettings, ...settings });
    expect(records).toEqual([]);
    expect(reads).toBe(1);
  });
});

test('more offsets than a call takes arguments expire in one decision', () => {
  const offsets = Array.from({ length: 200_000 }, (_, partition) => ({
    topic: 'ledger',
    partition,
    commitTimestamp: 0,
  }));
  const { records } = decide(newGroup('bank'), { type: 'sweep', offsets }, defaultGroupSettings.offsetsRetentionMs);
  expect(records).toHaveLength(offsets.length + 1);
});

test('a shard looks through all of its groups', () => {
  const shard = new GroupShard({ ...defaultGroupSettings, ...settings });
  for (const [group, commitTimestamp] of Object.entries({ a: 1, b: 500 })) {
    const value = { offset: 3, leaderEpoch: -1, metadata: '', commitTimestamp };
    shard.replay(offsetRecord({ group, topic: 'ledger', partition: 0 }, value));
  }
  shard.loaded(500);
  const swept = shard.swept(1_001).filter(({ outcome }) => outcome.records.length > 0);
  expect(swept.map(({ key }) => key)).toEqual(['a']);
});
