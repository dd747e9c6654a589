/** Where a reader stands and where it begins: position, committed offset, and what there is to go by when there is none. */
import { expect, test } from 'vitest';
import type { ConsumerSettings } from '../../lib/index.ts';
import { errorOf, inWorld, ledger0, offsetsOf, some, upTo } from './stage.ts';

const manual = { enableAutoCommit: false };

test(
  'A-14: the committed offset is looked up at the assignment, and later commits move nobody',
  inWorld(async (at) => {
    await at.write(60);
    const { consumer } = await at.reading({ ...manual, maxPollRecords: 10 });
    await consumer.commitSync([{ ...ledger0, offset: 50 }]);
    expect(offsetsOf(await some(consumer))).toEqual(upTo(20, 10));
    await consumer.seek({ ...ledger0, offset: 5 });
    expect((await some(consumer))[0].offset).toBe(5);
    await consumer.close();
    expect((await at.reading(manual)).records[0].offset).toBe(50);
  }),
);

test(
  'C-36, D-13: a fresh group begins at the first record, at the end, at an age, or with an error',
  inWorld(async (at) => {
    await at.write(5);
    await at.kafka.world.pass('2 h');
    await at.write(3);
    const begins = async (autoOffsetReset: ConsumerSettings['autoOffsetReset']) => {
      const consumer = at.kafka.consumer({ groupId: String(autoOffsetReset), autoOffsetReset });
      await consumer.subscribe(['ledger']);
      await consumer.poll('4 s');
      const position = await consumer.position(ledger0).catch(({ name }: Error) => name);
      await consumer.close();
      return position;
    };
    // A poll that has found something has moved on to the end.
    expect(await begins('latest')).toBe(8);
    const aged = at.kafka.consumer({ groupId: 'aged', autoOffsetReset: 'by_duration:PT1H' });
    await aged.subscribe(['ledger']);
    expect(offsetsOf(await some(aged))).toEqual([5, 6, 7]);
    const early = at.kafka.consumer({ groupId: 'early', autoOffsetReset: 'earliest' });
    await early.subscribe(['ledger']);
    expect(offsetsOf(await some(early))).toEqual(upTo(8));
    const none = at.kafka.consumer({ groupId: 'none', autoOffsetReset: 'none' });
    await none.subscribe(['ledger']);
    expect((await errorOf(none.poll('10 s'))).name).toBe('NoOffsetForPartitionError');
    expect(() => at.kafka.consumer({ autoOffsetReset: 'newest' as 'latest' })).toThrow(/autoOffsetReset/);
  }),
);

test(
  "E-61: the position is in the memory of one consumer, the committed offset is the group's: a new owner has another position",
  inWorld(async (at) => {
    await at.write(10);
    const { consumer } = await at.reading(manual);
    await consumer.commitSync([{ ...ledger0, offset: 4 }]);
    expect([await consumer.position(ledger0), at.stored()]).toEqual([10, 4]);
    await consumer.close();
    const heir = await at.reading({ ...manual, maxPollRecords: 1 });
    expect([await heir.consumer.position(ledger0), at.stored()]).toEqual([5, 4]);
  }),
);

test(
  'E-62: earliest does not mean from the beginning where an offset is committed',
  inWorld(async (at) => {
    await at.write(60);
    const { consumer } = await at.reading(manual);
    await consumer.commitSync([{ ...ledger0, offset: 50 }]);
    await consumer.close();
    expect((await at.reading(manual)).records[0].offset).toBe(50);
  }),
);

test(
  'E-63: latest begins where the end is when the position is first looked up, not when the program subscribed',
  inWorld(async (at) => {
    const consumer = at.reader({ autoOffsetReset: 'latest' });
    await consumer.subscribe(['ledger']);
    await at.write(3);
    await consumer.poll('4 s');
    await at.write(2);
    expect(offsetsOf(await some(consumer))).toEqual([3, 4]);
  }),
);

test(
  'E-06: records can be lost without any crash: latest passes over what a new partition had before it was noticed',
  inWorld(async (at) => {
    const settings = { autoOffsetReset: 'latest', metadataMaxAgeMs: 60_000 } as const;
    const member = at.member('member', settings);
    await at.stable(1);
    await at.kafka.world.pass('5 s');
    await at.kafka.admin().createPartitions({ ledger: 2 });
    await at.write(3, 'ledger', 1);
    await at.kafka.world.until(() => member.consumer.assignment().length === 2, { within: '3 min' });
    await at.kafka.world.pass('5 s');
    await at.write(1, 'ledger', 1);
    await at.kafka.world.until(() => member.records.length > 0);
    expect(offsetsOf(member.records)).toEqual([3]);
  }),
);

test(
  'E-79: nothing is sent again by itself: after a failure the next poll has the records behind those of the last',
  inWorld(async (at) => {
    await at.write(30);
    const { consumer, records } = await at.reading({ ...manual, maxPollRecords: 10 });
    expect(offsetsOf(records)).toEqual(upTo(10));
    expect(offsetsOf(await some(consumer))).toEqual(upTo(20, 10));
    expect(at.stored()).toBeUndefined();
  }),
);

test(
  'E-80: the first three come again after a seek or a restart, and not without',
  inWorld(async (at) => {
    await at.write(30);
    const { consumer } = await at.reading({ ...manual, maxPollRecords: 10 });
    expect(offsetsOf(await some(consumer))).not.toContain(0);
    await consumer.seek({ ...ledger0, offset: 0 });
    expect(offsetsOf(await some(consumer))).toEqual(upTo(10));
    await consumer.close();
    expect(offsetsOf((await at.reading(manual)).records)).toContain(0);
  }),
);

test(
  'E-81: a restart begins at the same offset, and batches may be cut otherwise',
  inWorld(async (at) => {
    await at.write(30);
    const { consumer, records } = await at.reading({ ...manual, maxPollRecords: 10 });
    await consumer.close();
    const again = await at.reading({ ...manual, maxPollRecords: 5 });
    expect([offsetsOf(records), offsetsOf(again.records)]).toEqual([upTo(10), upTo(5)]);
  }),
);
