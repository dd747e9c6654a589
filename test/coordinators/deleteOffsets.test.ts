import { expect, test } from 'vitest';
import { decide } from '../../lib/coordinators/decide.ts';
import type { DeleteOffsetsEvent } from '../../lib/coordinators/events.ts';
import { type Group, type Member, newGroup } from '../../lib/coordinators/group.ts';
import { encodeSubscription } from '../../lib/protocol/consumerProtocol.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { transcript } from './transcript.ts';

test('an empty group forgets the offsets that are named and keeps the others', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1 ledger/1=2 notes/0=3
      append ledger/0=1
      append ledger/1=2
      append notes/0=3
    > appended
      offset.committed ledger/0=1 by nobody @-1
      offset.committed ledger/1=2 by nobody @-1
      offset.committed notes/0=3 by nobody @-1
      #1 ledger/0 NONE, ledger/1 NONE, notes/0 NONE
    > deleteOffsets ledger/1 notes/0
      append ledger/1=deleted
      append notes/0=deleted
    > offsets
      ledger/0=1
      ledger/1=2
      notes/0=3
    > appended
      #2 ledger/1 NONE, notes/0 NONE
    > offsets
      ledger/0=1
    > failover
      Empty @0
    > offsets
      ledger/0=1
    `,
  );
});

test('an offset that is not there is deleted without a record', () => {
  transcript(
    `
    > deleteOffsets ledger/0
      #1 GROUP_ID_NOT_FOUND
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #2 ledger/0 NONE
    > deleteOffsets ledger/7
      #3 ledger/7 NONE
    `,
  );
});

test('who waits is told when the record is lost, or the coordinator goes', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #1 ledger/0 NONE
    > deleteOffsets ledger/0
      append ledger/0=deleted
    > appendFailed KAFKA_STORAGE_ERROR
      #2 NOT_COORDINATOR
    > offsets
      ledger/0=1
    > deleteOffsets ledger/0
      append ledger/0=deleted
    > unload
      Empty → Dead @0
      #3 NOT_COORDINATOR
    `,
  );
});

/** A stable group of one member with this subscription. */
function groupOf(metadata: Uint8Array, changes: Partial<Group> = {}): Group {
  const member: Member = {
    ...{ memberId: 'm1', groupInstanceId: null, clientId: 'c', clientHost: '/h', isNew: false },
    ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, parkedJoin: null, parkedSync: null },
    ...{ protocols: [{ name: 'range', metadata }], assignment: new Uint8Array(0) },
  };
  const members = new Map([['m1', member]]);
  return { ...newGroup('bank'), state: 'Stable', protocolType: 'consumer', protocolName: 'range', members, ...changes };
}

/** The error of each of two topics, or the one of the whole request; and how many offsets are deleted. */
function forget(group: Group): [errors: string[], deleted: number] {
  const partitions = [{ partitionIndex: 0, hasOffset: true }];
  const topics = ['ledger', 'notes'].map((name) => ({ name, partitions }));
  const event: DeleteOffsetsEvent = { type: 'deleteOffsets', to: 1, groupId: 'bank', topics };
  const deciding = decide(group, event, 1_000);
  const { records, replies } =
    deciding.records.length > 0
      ? { ...deciding, replies: decide(deciding.group, { type: 'appended' }, 1_000).replies }
      : deciding;
  const response = replies[0].response as { errorCode: number; topics: { partitions: { errorCode: number }[] }[] };
  const codes = response.topics.flatMap((topic) => topic.partitions.map(({ errorCode }) => errorCode));
  return [(codes.length > 0 ? codes : [response.errorCode]).map((code) => errorOf(code).name), records.length];
}

test('a group with members keeps what they are subscribed to', () => {
  const wants = (...topics: string[]) => encodeSubscription({ topics, ownedPartitions: [] });
  expect(forget(groupOf(wants('ledger')))).toEqual([['GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'], 1]);
  expect(forget(groupOf(wants()))).toEqual([['NONE', 'NONE'], 2]);
  const both = ['GROUP_SUBSCRIBED_TO_TOPIC', 'GROUP_SUBSCRIBED_TO_TOPIC'];
  // Before the first vote nobody knows what the members want, and a subscription may be in a form of its own.
  expect(forget(groupOf(wants(), { protocolName: null }))).toEqual([both, 0]);
  expect(forget(groupOf(Uint8Array.of(0)))).toEqual([both, 0]);
});

test('a group of another kind than consumers keeps all its offsets while it has members', () => {
  expect(forget(groupOf(new Uint8Array(0), { protocolType: 'connect' }))).toEqual([['NON_EMPTY_GROUP'], 0]);
});
