/** What is committed, by whom and when; what the broker checks of it; and what a commit does not promise. */
import { describe, expect, test } from 'vitest';
import { everyCrash, type Kafka, simulate } from '../../lib/index.ts';
import { errorOf, inWorld, ledger0, offsetsOf, some, upTo } from './stage.ts';

const manual = { enableAutoCommit: false };

describe('automatic commits', () => {
  test(
    'A-12: they are on by default, and off without a group',
    inWorld(async (at) => {
      await at.write(1);
      const lone = at.kafka.consumer({ clientId: 'lone', autoOffsetReset: 'earliest' });
      await lone.assign([ledger0]);
      await some(lone);
      await lone.poll('20 s');
      await lone.close();
      expect(at.asked('OffsetCommit')).toBe(0);
      const { consumer } = await at.reading();
      await consumer.poll('20 s');
      expect(at.asked('OffsetCommit', 'reader')).toBeGreaterThan(0);
      expect(() => at.kafka.consumer({ enableAutoCommit: true })).toThrow(/enableAutoCommit.*groupId/);
    }),
  );

  test(
    'A-13: they keep every record only if the work is done before the next poll; what was handed to a worker that dies is lost',
    inWorld(async (at) => {
      await at.write(10);
      const done: number[] = [];
      const toWorker = (offset: number, own: Kafka) =>
        void own.world.sleep((offset + 1) * 2_000).then(() => done.push(offset));
      const member = at.member('quick', { work: ({ offset }, own) => toWorker(offset, own) });
      await at.kafka.world.until(() => at.stored() === 10);
      member.task.crash();
      expect(done.length).toBeLessThan(10);
      await at.write(1);
      const { records } = await at.reading();
      expect(offsetsOf(records)).toEqual([10]);
    }),
  );

  test(
    'C-22, E-27: the interval is looked at inside poll: who polls every 30 s commits every 30 s',
    inWorld(async (at) => {
      await at.write(1);
      const { consumer } = await at.reading();
      for (let polls = 0; polls < 4; polls++) {
        await at.kafka.world.pass('30 s');
        await consumer.poll(0);
      }
      await at.kafka.world.pass('30 s');
      const times = at.commits.map(({ at: time }) => time);
      const gaps = times.slice(1).map((time, index) => Math.round((time - times[index]) / 1000));
      expect(gaps).toEqual([30, 30, 30]);
    }),
  );

  test(
    'C-24: the newest may be as old as the longest gap between polls: a crash repeats all since then',
    inWorld(async (at) => {
      await at.write(4);
      const member = at.member('slow', { maxPollRecords: 1, work: (_, own) => own.world.sleep('60 s') });
      await at.kafka.world.until(() => member.records.length === 2, { within: '5 min' });
      await at.kafka.world.pass('55 s');
      expect(at.stored()).toBe(1 + 1);
      const [last] = at.commits.slice(-1);
      expect(at.kafka.world.now() - last.at).toBeGreaterThan(50_000);
      member.task.crash();
      const { records } = await at.reading();
      expect([offsetsOf(member.records), offsetsOf(records)]).toEqual([
        [0, 1],
        [2, 3],
      ]);
    }),
  );

  test(
    'C-26: an interval of nothing commits in each poll, and a crash still repeats a batch',
    inWorld(async (at) => {
      await at.write(9);
      const often = { autoCommitIntervalMs: 0, maxPollRecords: 3 };
      const member = at.member('first', { ...often, work: (_, own) => own.world.sleep('1 s') });
      await at.kafka.world.until(() => member.records.length === 5);
      member.task.crash();
      expect(at.stored()).toBe(3);
      const { records } = await at.reading(often);
      expect(offsetsOf(records)).toEqual([3, 4, 5]);
    }),
  );

  test(
    'C-27, E-90: commits by hand work beside them, so a program that leaves them on commits twice',
    inWorld(async (at) => {
      await at.write(10);
      const { consumer, records } = await at.reading();
      await consumer.commitSync([{ ...ledger0, offset: records[0].offset + 1 }]);
      expect(at.stored()).toBe(1);
      await consumer.close();
      expect([at.stored(), at.asked('OffsetCommit', 'reader')]).toEqual([10, 2]);
    }),
  );

  test(
    'E-23, E-34, E-36: nobody commits beside the program: without poll there is no commit, however long it works',
    inWorld(async (at) => {
      await at.write(10);
      const { consumer } = await at.reading();
      await at.kafka.world.pass('2 min');
      expect(at.asked('OffsetCommit')).toBe(0);
      await consumer.poll(0);
      await at.kafka.world.pass('1 s');
      expect(at.commits.map(({ offset }) => offset)).toEqual([10]);
    }),
  );

  test(
    'E-29: their time runs from the assignment on, whether records come or not: an old position is committed again and again',
    inWorld(async (at) => {
      const consumer = at.reader();
      await consumer.subscribe(['ledger']);
      await consumer.poll('23 s');
      expect(at.commits.map(({ offset }) => offset)).toEqual([0, 0, 0, 0]);
    }),
  );

  test(
    'E-37: a failure stops none of them: closing after one commits records that nobody has worked on',
    inWorld(async (at) => {
      await at.write(10);
      const { consumer, records } = await at.reading();
      const done: number[] = [];
      const work = () => {
        for (const { offset } of records) {
          if (offset === 3) throw new Error('the fourth fails');
          done.push(offset);
        }
      };
      const run = async () => {
        try {
          work();
        } finally {
          await consumer.close();
        }
      };
      expect((await errorOf(run())).message).toBe('the fourth fails');
      expect([done, at.stored()]).toEqual([[0, 1, 2], 10]);
    }),
  );
});

describe('what a commit says', () => {
  test(
    'C-18, E-22, E-24: it names the next record: who has worked on 5 and commits 5 gets 5 again, and 6 goes on',
    inWorld(async (at) => {
      await at.write(10);
      for (const [offset, next] of [
        [5, 5],
        [6, 6],
      ]) {
        const { consumer } = await at.reading(manual);
        expect(await consumer.position(ledger0)).toBe(10);
        await consumer.commitSync([{ ...ledger0, offset }]);
        await consumer.close();
        const heir = await at.reading(manual);
        expect(heir.records[0].offset).toBe(next);
        await heir.consumer.close();
      }
    }),
  );

  test(
    'D-15, E-25: it knows nothing of work: poll gives ten, four are done, and ten are committed',
    inWorld(async (at) => {
      await at.write(10);
      const { consumer, records } = await at.reading(manual);
      expect(records.slice(0, 4)).toHaveLength(4);
      await consumer.commitSync();
      await consumer.close();
      expect(at.stored()).toBe(10);
    }),
  );

  test(
    'E-89: beside the offset it carries a text of up to 4096 characters',
    inWorld(
      async (at) => {
        const consumer = at.reader(manual);
        await consumer.subscribe(['ledger']);
        await consumer.poll('4 s');
        await consumer.commitSync([{ ...ledger0, offset: 1, metadata: 'x'.repeat(4096) }]);
        const tooLong = [
          { ...ledger0, offset: 2, metadata: 'x'.repeat(4097) },
          { topic: 'ledger', partition: 1, offset: 3 },
        ];
        expect((await errorOf(consumer.commitSync(tooLong))).message).toMatch(/OFFSET_METADATA_TOO_LARGE/);
        expect([at.stored(0), at.stored(1)]).toEqual([1, 3]);
      },
      { topics: { ledger: 2 } },
    ),
  );

  test(
    'C-29: the broker takes any offset; waiting ends with success, with a refusal, or with the time',
    inWorld(async (at) => {
      await at.write(1);
      const { consumer } = await at.reading({ ...manual, defaultApiTimeoutMs: 5_000 });
      for (const offset of [100, 50]) {
        await consumer.commitSync([{ ...ledger0, offset }]);
        expect(at.stored()).toBe(offset);
      }
      const unable = at.kafka.cluster.on('OffsetCommit').answerError('COORDINATOR_LOAD_IN_PROGRESS');
      const began = at.kafka.world.now();
      expect((await errorOf(consumer.commitSync())).name).toBe('TimedOutError');
      expect(at.kafka.world.now() - began).toBeLessThan(6_000);
      unable.remove();
      at.kafka.cluster.on('OffsetCommit', { times: 1 }).answerError('UNKNOWN_MEMBER_ID');
      expect((await errorOf(consumer.commitSync())).name).toBe('CommitFailedError');
    }),
  );

  test(
    'C-28: a commit of nothing asks nobody; one without waiting goes out by itself, once',
    inWorld(async (at) => {
      const idle = at.reader(manual);
      await idle.subscribe(['ledger']);
      await idle.commitSync();
      expect(at.asked('OffsetCommit')).toBe(0);
      await idle.poll('4 s');
      idle.commitAsync([{ ...ledger0, offset: 7 }]);
      expect(at.asked('OffsetCommit')).toBe(0);
      await at.kafka.world.pass('1 s');
      expect([at.asked('OffsetCommit'), at.stored()]).toEqual([1, 7]);
    }),
  );
});

describe('one commit a record', () => {
  const settings = {
    groupId: 'bank',
    clientId: 'reader',
    autoOffsetReset: 'earliest',
    ...manual,
    sessionTimeoutMs: 6_000,
  } as const;
  const world = () => simulate({ topics: { ledger: { records: upTo(2).map((n) => ({ value: String(n) })) } } });
  const counts = (done: readonly number[]) => upTo(2).map((offset) => done.filter((one) => one === offset).length);
  const program = (isCommitFirst: boolean) => async (kafka: Kafka, done: number[]) => {
    const consumer = kafka.consumer({ ...settings, maxPollRecords: 1 });
    await consumer.subscribe(['ledger']);
    for (;;) {
      for (const record of await consumer.poll('10 s')) {
        const commit = () => consumer.commitSync([{ ...ledger0, offset: record.offset + 1 }]);
        if (isCommitFirst) await commit();
        await kafka.world.effect(`work on ${record.offset}`, () => done.push(record.offset));
        if (!isCommitFirst) await commit();
      }
    }
  };
  const afterEveryCrash = (isCommitFirst: boolean) =>
    everyCrash(program(isCommitFirst), counts, { world, setup: () => [] as number[], within: '20 s' });

  test('E-82, E-93: is at least once: a crash between work and commit repeats that record, and no crash more than one', async () => {
    const outcomes = (await afterEveryCrash(false)).map(({ outcome }) => outcome);
    expect(outcomes.filter((times) => Math.min(...times) === 0)).toEqual([]);
    const repeated = outcomes.map((times) => times.reduce((sum, count) => sum + count, 0) - 2);
    expect(Math.max(...repeated)).toBe(1);
  });

  test('E-67: with the commit before the work it is at most once: a crash in between loses the record', async () => {
    const outcomes = (await afterEveryCrash(true)).map(({ outcome }) => outcome);
    expect(outcomes.filter((times) => Math.max(...times) > 1)).toEqual([]);
    expect(outcomes.some((times) => Math.min(...times) === 0)).toBe(true);
  });
});
