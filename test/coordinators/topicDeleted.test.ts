import { expect, test } from 'vitest';
import { defaultGroupSettings } from '../../lib/coordinators/events.ts';
import { GroupShard } from '../../lib/coordinators/groupShard.ts';
import { offsetRecord } from '../../lib/coordinators/offsetRecord.ts';
import { transcript } from './transcript.ts';

test('a group at work forgets what it has committed in a topic that is deleted, and nothing else', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=5 ledger/2=6 notes/0=7
      append ledger/0=5
      append ledger/2=6
      append notes/0=7
    > appended
      offset.committed ledger/0=5 by m1 @1
      offset.committed ledger/2=6 by m1 @1
      offset.committed notes/0=7 by m1 @1
      #1 ledger/0 NONE, ledger/2 NONE, notes/0 NONE
    > topicDeleted ledger
      offset.deleted ledger/0
      offset.deleted ledger/2
      append ledger/0=deleted
      append ledger/2=deleted
    > heartbeat m1 1
      #2 NONE
    > appended
    > offsets
      notes/0=7
    > failover
      Stable @1 m1=A
    > offsets
      notes/0=7
    `,
  );
});

test('a commit that is still being written when its topic goes is forgotten as well, though it is acknowledged', () => {
  transcript(
    `
    > commit nobody -1 ledger/1=5
      append ledger/1=5
    > topicDeleted ledger
      offset.deleted ledger/1
      append ledger/1=deleted
    > appended
      offset.committed ledger/1=5 by nobody @-1
      #1 ledger/1 NONE
    > appended
    > offsets
    > failover
    `,
  );
});

test('an offset that is being deleted already is deleted once more, which harms nobody', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #1 ledger/0 NONE
    > deleteOffsets ledger/0
      append ledger/0=deleted
    > topicDeleted ledger
      offset.deleted ledger/0
      append ledger/0=deleted
    > appended
      #2 ledger/0 NONE
    > appended
    > offsets
    `,
  );
});

test('a group without offsets in the topic has nothing to write', () => {
  transcript(
    `
    > stable m1
    > topicDeleted ledger
    > commit nobody -1 notes/0=1
      #1 notes/0 UNKNOWN_MEMBER_ID
    > topicDeleted ledger
    `,
  );
});

test('what cannot be written stays, and so does what a coordinator had not written when it died', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #1 ledger/0 NONE
    > topicDeleted ledger
      offset.deleted ledger/0
      append ledger/0=deleted
    > appendFailed KAFKA_STORAGE_ERROR
    > offsets
      ledger/0=1
    > topicDeleted ledger
      offset.deleted ledger/0
      append ledger/0=deleted
    > failover
      Empty @0
    > offsets
      ledger/0=1
    `,
  );
});

test('nobody waits for it when the coordinator goes', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #1 ledger/0 NONE
    > topicDeleted ledger
      offset.deleted ledger/0
      append ledger/0=deleted
    > unload
      Empty → Dead @0
    `,
  );
});

test('a shard looks through all of its groups', () => {
  const shard = new GroupShard(defaultGroupSettings);
  for (const [group, topic] of Object.entries({ a: 'ledger', b: 'notes', c: 'ledger' })) {
    const value = { offset: 3, leaderEpoch: -1, metadata: '', commitTimestamp: 1 };
    shard.replay(offsetRecord({ group, topic, partition: 0 }, value));
  }
  shard.loaded(1_000);
  const touched = shard.topicDeleted('ledger', 1_000).filter(({ outcome }) => outcome.records.length > 0);
  expect(touched.map(({ key }) => key)).toEqual(['a', 'c']);
});
