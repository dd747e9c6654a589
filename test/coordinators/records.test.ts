/** The records of `__consumer_offsets`, byte by byte: other coordinators and tools read them. */
import { describe, expect, test } from 'vitest';
import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { decodeKey, encodeGroupKey, encodeOffsetKey } from '../../lib/coordinators/coordinatorKey.ts';
import { defaultGroupSettings } from '../../lib/coordinators/events.ts';
import { type Group, type Member, newGroup } from '../../lib/coordinators/group.ts';
import { groupFromRecord, groupRecord, groupTombstone } from '../../lib/coordinators/groupRecord.ts';
import { GroupShard } from '../../lib/coordinators/groupShard.ts';
import { decodeOffsetValue, offsetRecord, offsetTombstone } from '../../lib/coordinators/offsetRecord.ts';

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
const unhex = (...parts: string[]) => new Uint8Array(Buffer.from(parts.join(''), 'hex'));
const text = (from: string) => Buffer.from(from).toString('hex');

describe('an offset', () => {
  const where = { group: 'bank', topic: 'ledger', partition: 2 };
  const value = { offset: 41, leaderEpoch: 3, metadata: 'half', commitTimestamp: 1_700_000_000_000 };

  test('has its key in version 1 and its value in version 3', () => {
    const record = offsetRecord(where, value);
    expect(hex(record.key)).toBe(['0001', '0004', text('bank'), '0006', text('ledger'), '00000002'].join(''));
    expect(hex(record.value)).toBe(
      ['0003', '0000000000000029', '00000003', '0004', text('half'), '0000018bcfe56800'].join(''),
    );
  });

  test('is read again', () => {
    const record = offsetRecord(where, value);
    expect(decodeKey(record.key)).toEqual({ kind: 'offset', ...where });
    expect(decodeOffsetValue(record.value!)).toEqual(value);
    expect(offsetTombstone(where)).toEqual({ key: record.key, value: null });
  });

  test('of an older version lacks the leader epoch, and may have an expiry', () => {
    const two = unhex('0002', '0000000000000005', '0000', '0000000000000007');
    expect(decodeOffsetValue(two)).toEqual({ offset: 5, leaderEpoch: -1, metadata: '', commitTimestamp: 7 });
    const one = unhex('0001', '0000000000000005', '0000', '0000000000000007', '0000000000000009');
    const kept = { offset: 5, leaderEpoch: -1, metadata: '', commitTimestamp: 7, expireTimestamp: 9 };
    expect(decodeOffsetValue(one)).toEqual(kept);
    expect(offsetRecord({ group: 'g', topic: 't', partition: 1 }, kept).value).toEqual(one);
    expect(decodeKey(unhex('0000', '0001', text('g'), '0001', text('t'), '00000000'))).toEqual({
      kind: 'offset',
      group: 'g',
      topic: 't',
      partition: 0,
    });
  });
});

describe('a group', () => {
  const member: Member = {
    memberId: 'm1',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/h',
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 300_000,
    protocols: [
      { name: 'sticky', metadata: Uint8Array.of(9) },
      { name: 'range', metadata: Uint8Array.of(1, 2) },
    ],
    assignment: Uint8Array.of(3),
    isNew: false,
    parkedJoin: null,
    parkedSync: null,
  };
  const group: Group = {
    ...newGroup('bank'),
    state: 'Stable',
    generationId: 7,
    protocolType: 'consumer',
    protocolName: 'range',
    leaderId: 'm1',
    members: new Map([['m1', member]]),
  };

  test('has its key in version 2 and its value in version 3, with the subscription of the chosen strategy', () => {
    const record = groupRecord(group, 1_700_000_000_000);
    expect(hex(record.key)).toBe(`00020004${text('bank')}`);
    expect(hex(record.value)).toBe(
      [
        ...[
          '0003',
          '0008',
          text('consumer'),
          '00000007',
          '0005',
          text('range'),
          '0002',
          text('m1'),
          '0000018bcfe56800',
        ],
        ...['00000001', '0002', text('m1'), 'ffff', '0001', text('c'), '0002', text('/h'), '000493e0', '0000afc8'],
        ...['00000002', '0102', '00000001', '03'],
      ].join(''),
    );
  });

  test('comes back stable, and of each member only the chosen strategy is known', () => {
    const record = groupRecord(group, 1_700_000_000_000, new Map([['m1', Uint8Array.of(4, 5)]]));
    const back = groupFromRecord('bank', record.value!);
    const known = { ...member, protocols: [member.protocols[1]], assignment: Uint8Array.of(4, 5) };
    expect(back).toEqual({ ...group, stateTimestamp: 1_700_000_000_000, members: new Map([['m1', known]]) });
  });

  test('without members comes back empty, and keeps its generation', () => {
    const empty = { ...newGroup('bank'), generationId: 8, protocolType: 'consumer' };
    expect(groupFromRecord('bank', groupRecord(empty, 1).value!)).toEqual({ ...empty, stateTimestamp: 1 });
    expect(groupTombstone('bank')).toEqual({ key: encodeGroupKey('bank'), value: null });
  });

  test('of version 0 has one time-out for both', () => {
    const zero = unhex(
      ...['0000', '0008', text('consumer'), '00000001', '0005', text('range'), '0001', text('m')],
      ...['00000001', '0001', text('m'), '0000', '0000', '00007530', '00000000', '00000000'],
    );
    const back = groupFromRecord('old', zero).members.get('m');
    expect(back).toMatchObject({ sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, groupInstanceId: null });
  });
});

describe('replay', () => {
  const key = { group: 'bank', topic: 'ledger', partition: 0 };
  const offsets = { leaderEpoch: -1, metadata: '', commitTimestamp: 1 };
  const shard = () => new GroupShard(defaultGroupSettings);

  test('the last record of a key counts, and a tombstone deletes', () => {
    const one = shard();
    one.replay(offsetRecord(key, { offset: 1, ...offsets }));
    one.replay(offsetRecord(key, { offset: 9, ...offsets }));
    expect(one.offsets('bank').get('ledger')?.get(0)?.offset).toBe(9);
    one.replay(offsetTombstone(key));
    expect(one.offsets('bank').size).toBe(0);
    one.replay(groupRecord(newGroup('bank'), 1));
    one.replay(groupTombstone('bank'));
    one.loaded(1);
    expect([...one.keys]).toEqual([]);
  });

  test('kinds of records that are not about classic groups are stepped over', () => {
    const one = shard();
    one.replay({ key: unhex('0003', '0004', text('bank')), value: unhex('0000') });
    one.loaded(1);
    expect([...one.keys]).toEqual([]);
  });

  test('a record that is cut off is an error, and not a group with half its members', () => {
    const { value } = groupRecord(newGroup('bank'), 1);
    expect(() => shard().replay({ key: encodeGroupKey('bank'), value: value!.subarray(0, -1) })).toThrow(
      MalformedBytes,
    );
    expect(() => decodeKey(encodeOffsetKey(key).subarray(0, -1))).toThrow(MalformedBytes);
  });
});
