/** Who reads which partition: within a group, beside a group, and what that says about order and about doing things once. */
import { expect, test } from 'vitest';
import { range, roundRobin } from '../../lib/index.ts';
import { errorOf, inWorld, ledger0, namesOf, offsetsOf, some, upTo } from './stage.ts';

const manual = { enableAutoCommit: false };
const members = (count: number) => upTo(count).map((index) => `member-${index}`);

test(
  'C-07: how many members have something to do depends on the strategy as well as on the number of partitions',
  inWorld(
    async (at) => {
      for (const [strategy, busy] of [
        [range, 2],
        [roundRobin, 4],
      ] as const) {
        const settings = {
          groupId: strategy.name,
          topics: ['ledger', 'orders'],
          partitionAssignmentStrategy: [strategy],
        };
        const group = members(4).map((name) => at.member(`${strategy.name}-${name}`, settings));
        await at.kafka.world.pass('15 s');
        expect(group.filter(({ consumer }) => consumer.assignment().length > 0)).toHaveLength(busy);
      }
    },
    { topics: { ledger: 2, orders: 2 } },
  ),
);

test(
  'D-02, E-07: on four partitions eight members work no faster than four',
  inWorld(
    async (at) => {
      const times: number[] = [];
      for (const count of [1, 2, 4, 8]) {
        for (const partition of upTo(4)) await at.write(20, 'ledger', partition);
        const settings = { groupId: `of-${count}`, autoOffsetReset: 'latest', ...manual } as const;
        const work = (_: unknown, own: { world: { sleep(ms: number): Promise<void> } }) => own.world.sleep(1_000);
        const group = members(count).map((name) => at.member(`${count}-${name}`, { ...settings, work }));
        await at.kafka.world.pass('15 s');
        const began = at.kafka.world.now();
        for (const partition of upTo(4)) await at.write(20, 'ledger', partition);
        const done = () => group.reduce((sum, { records }) => sum + records.length, 0) === 80;
        await at.kafka.world.until(done, { within: '3 min' });
        times.push(Math.round((at.kafka.world.now() - began) / 10_000) * 10);
        for (const { task } of group) task.crash();
      }
      expect(times).toEqual([80, 40, 20, 20]);
    },
    { topics: { ledger: 4 } },
  ),
);

test(
  'C-51: members subscribe, each to its own topics, and a partition goes only to one that wants its topic',
  inWorld(
    async (at) => {
      const first = at.member('first', { topics: ['ledger'] });
      const second = at.member('second', { topics: ['ledger', 'orders'] });
      await at.stable(2);
      await at.kafka.world.pass('10 s');
      expect(namesOf(first.consumer.assignment())).not.toContain('orders');
      expect(namesOf(second.consumer.assignment())).toContain('orders-0 orders-1');
    },
    { topics: { ledger: 2, orders: 2 } },
  ),
);

test(
  'D-03, E-32: a member that was frozen still reads a partition that has another owner by then; only its commit is refused',
  inWorld(async (at) => {
    await at.write(10);
    const errors: string[] = [];
    const old = at.member('old', {
      ...{ ...manual, maxPollRecords: 10 },
      work: async ({ offset }, own, consumer) => {
        if (offset === 4) await own.world.sleep('1 s');
        if (offset === 9) await consumer.commitSync().catch(({ name }: Error) => errors.push(name));
      },
    });
    await at.kafka.world.until(() => old.records.length === 4);
    old.task.freeze();
    await at.kafka.world.pass('60 s');
    const heir = at.member('heir', manual);
    await at.kafka.world.until(() => heir.records.length === 10);
    expect(old.records).toHaveLength(4);
    old.task.thaw();
    await at.kafka.world.until(() => errors.length > 0);
    expect(offsetsOf(old.records)).toEqual(upTo(10));
    expect(errors).toEqual(['CommitFailedError']);
  }),
);

test(
  "E-02, E-40: a consumer needs no group; one that uses a group's name without being a member cannot commit there while the group has members",
  inWorld(async (at) => {
    await at.write(3);
    const lone = at.kafka.consumer({ autoOffsetReset: 'earliest' });
    await lone.assign([ledger0]);
    expect(await some(lone)).toHaveLength(3);
    expect(at.kafka.cluster.groups()).toEqual([]);

    const outsider = at.reader({ ...manual, clientId: 'outsider' });
    await outsider.assign([ledger0]);
    expect(await some(outsider)).toHaveLength(3);
    await outsider.commitSync();
    expect(at.stored()).toBe(3);
    at.member('member', manual);
    await at.stable(1);
    expect((await errorOf(outsider.commitSync())).name).toBe('CommitFailedError');
  }),
);

test(
  'E-03: one owner a partition does not mean once: a crash before the commit repeats records within the group',
  inWorld(async (at) => {
    await at.write(10);
    const first = at.member('first', { ...manual, maxPollRecords: 5 });
    await at.kafka.world.until(() => first.records.length === 10);
    first.task.crash();
    const { records } = await at.reading(manual);
    expect(offsetsOf(records)).toEqual(upTo(10));
  }),
);

test(
  'E-05: shares are counted in partitions: nobody helps the member whose partition has nearly everything',
  inWorld(
    async (at) => {
      const slowly = {
        work: (_: unknown, own: { world: { sleep(ms: number): Promise<void> } }) => own.world.sleep(500),
      };
      const [one, two] = [at.member('one', slowly), at.member('two', slowly)];
      await at.stable(2);
      await at.write(180, 'ledger', 0);
      await at.write(20, 'ledger', 1);
      await at.kafka.world.pass('60 s');
      const done = [one.records.length, two.records.length].sort((a, b) => a - b);
      expect(done[0]).toBe(20);
      expect(done[1]).toBeLessThan(130);
      expect(at.generation).toBeLessThanOrEqual(2);
    },
    { topics: { ledger: 2 } },
  ),
);

test(
  'E-09, E-33, E-99, E-103: records are handed out in order, and what the program does with them may finish in another',
  inWorld(async (at) => {
    await at.write(6);
    const finished: number[] = [];
    const toWorkers = at.member('two workers', {
      ...manual,
      work: ({ offset }, own) => {
        void own.world.sleep(offset % 2 === 0 ? 1_000 : 10).then(() => finished.push(offset));
      },
    });
    await at.kafka.world.until(() => finished.length === 6);
    expect(offsetsOf(toWorkers.records)).toEqual(upTo(6));
    expect(finished.slice(0, 3).sort()).toEqual([1, 3, 5]);

    const { consumer, records } = await at.reading({ ...manual, groupId: 'one by one' });
    expect(offsetsOf(records)).toEqual(upTo(6));
    await consumer.seek({ ...ledger0, offset: 2 });
    expect((await some(consumer))[0].offset).toBe(2);
  }),
);

test(
  'E-94, E-97: within a group a partition has one reader; two groups, or two consumers with assign, each read everything',
  inWorld(async (at) => {
    await at.write(5);
    const loners = [
      at.kafka.consumer({ autoOffsetReset: 'earliest' }),
      at.kafka.consumer({ autoOffsetReset: 'earliest' }),
    ];
    for (const lone of loners) {
      await lone.assign([ledger0]);
      expect(offsetsOf(await some(lone))).toEqual(upTo(5));
    }
    for (const groupId of ['books', 'taxes']) {
      const { records } = await at.reading({ groupId, clientId: groupId });
      expect(offsetsOf(records)).toEqual(upTo(5));
    }
    const group = members(2).map((name) => at.member(name));
    await at.stable(2);
    await at.kafka.world.pass('5 s');
    expect(group.map(({ consumer }) => consumer.assignment().length).sort()).toEqual([0, 1]);
  }),
);
