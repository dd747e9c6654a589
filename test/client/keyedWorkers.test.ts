import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConsumerRecord, KeyedWorkers } from '../../lib/client/index.ts';
import { failure, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
const settings = { groupId: 'g', autoOffsetReset: 'earliest', enableAutoCommit: false } as const;
const ledger0 = { topic: 'ledger', partition: 0 };

/** `a` and `e` belong to different workers of two. */
async function write({ kafka }: Stage, keys: string, partition = 0): Promise<void> {
  const producer = kafka.producer({ clientId: 'writer' });
  await producer.send([...keys].map((key, index) => ({ topic: 'ledger', partition, key, value: String(index) })));
  await producer.close();
}

/** Workers whose work is done when the test says so, by offset. */
async function workersWithGates(at: Stage, workers: number) {
  const begun: number[] = [];
  const gates = new Map<number, { open(): void; fail(): void }>();
  const consumer = at.kafka.consumer(settings);
  const team = new KeyedWorkers(consumer, {
    workers,
    work: ({ offset }) =>
      new Promise<void>((resolve, reject) => {
        begun.push(offset);
        gates.set(offset, { open: resolve, fail: () => reject(new RangeError(`no to ${offset}`)) });
      }),
  });
  await team.subscribe(['ledger']);
  while (begun.length === 0) await team.poll('100 ms');
  return { consumer, team, begun, gate: (offset: number) => gates.get(offset)! };
}

describe('workers per key', () => {
  test('work on different keys at once, on each key in order, and commit up to the first record that is not done', async () => {
    const at = await stage();
    await write(at, 'aaeae');
    const { consumer, team, begun, gate } = await workersWithGates(at, 2);
    await team.poll('100 ms');
    expect(begun).toEqual([0, 2]);
    gate(2).open();
    await team.poll('100 ms');
    expect(begun).toEqual([0, 2, 4]);
    await team.poll('100 ms');
    expect(await consumer.committed(ledger0)).toBe(null);
    gate(0).open();
    await team.poll('100 ms');
    await team.poll('100 ms');
    // 0 is done; 1 is at work, and 2, which is done, has to wait for it.
    expect(await consumer.committed(ledger0)).toMatchObject({ offset: 1 });
    expect(team.pending).toBe(3);
    gate(1).open();
    gate(4).open();
    await team.close();
    await at.close();
  });

  test('closing waits for what has begun, and leaves what was only queued to the next member', async () => {
    const at = await stage();
    await write(at, 'aae');
    const { team, gate } = await workersWithGates(at, 2);
    const closing = team.close();
    await at.pass(1000);
    expect(at.requests('consumer-1', 'LeaveGroup')).toEqual([]);
    gate(0).open();
    gate(2).open();
    await closing;
    const heir = at.kafka.consumer(settings);
    await heir.subscribe(['ledger']);
    const seen: ConsumerRecord[] = [];
    while (seen.length === 0) seen.push(...(await heir.poll('100 ms')));
    expect(seen.map(({ offset }) => offset)).toEqual([1, 2]);
    await at.close();
  });

  test('what fails is not committed, and nothing behind it; poll says what it was', async () => {
    const at = await stage();
    await write(at, 'aeae');
    const { consumer, team, begun, gate } = await workersWithGates(at, 2);
    gate(0).open();
    gate(1).fail();
    expect((await failure(team.poll('100 ms'))).message).toBe('no to 1');
    expect((await failure(team.poll('100 ms'))).message).toBe('no to 1');
    expect(begun).toEqual([0, 1]);
    await team.close();
    const reader = at.kafka.consumer(settings);
    expect(await reader.committed(ledger0)).toMatchObject({ offset: 1 });
    expect(consumer.assignment()).toEqual([]);
    await at.close();
  });

  test('a partition goes to another member when the work on it is done, and not before', async () => {
    const at = await stage({ topics: { ledger: 2 } });
    await write(at, 'a', 0);
    const { team, gate } = await workersWithGates(at, 1);
    const second = at.kafka.consumer({ ...settings, clientId: 'second' });
    await second.subscribe(['ledger']);
    const polling = team.poll('10 s');
    for (let round = 0; round < 30; round++) await second.poll('200 ms');
    expect(second.assignment()).toEqual([]);
    gate(0).open();
    await polling;
    expect(at.events('consumer.committed').map(({ detail }) => detail.offset)).toEqual([1]);
    for (let round = 0; second.assignment().length === 0; round++) {
      expect(round).toBeLessThan(50);
      await Promise.all([team.poll('100 ms'), second.poll('100 ms')]);
    }
    await at.close();
  });

  test('no more is read than can be worked on, and the member stays in its group', async () => {
    const at = await stage();
    await write(at, 'abcdefghij'.repeat(5));
    const consumer = at.kafka.consumer({ ...settings, maxPollRecords: 5, maxPollIntervalMs: 5000 });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const team = new KeyedWorkers(consumer, { maxPending: 10, work: () => gate });
    await team.subscribe(['ledger']);
    for (let round = 0; round < 40; round++) await team.poll('500 ms');
    expect(team.pending).toBe(15);
    expect(consumer.assignment()).toHaveLength(1);
    open();
    while ((await consumer.committed(ledger0))?.offset !== 50) await team.poll('100 ms');
    expect(consumer.metrics().rebalanceTotal).toBe(1);
    await at.close();
  });

  test('reading goes on in the middle of a poll as soon as there is room, and the timeout costs nothing', async () => {
    const at = await stage();
    await write(at, 'abcdefgh'.repeat(25));
    const consumer = at.kafka.consumer({ ...settings, maxPollRecords: 50 });
    let done = 0;
    const work = async () => {
      await at.clock.sleep(1);
      done++;
    };
    const team = new KeyedWorkers(consumer, { maxPending: 20, work });
    await team.subscribe(['ledger']);
    const since = at.clock.monotonicMs();
    while (done + team.pending < 200) await team.poll('30 s');
    expect(at.clock.monotonicMs() - since).toBeLessThan(30_000);
    await at.close();
  });

  test('each key sees its records in order, whatever the work takes, and in the end all is committed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...'abcde'), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(50), { minLength: 5, maxLength: 5 }),
        async (keys, workers, pauses) => {
          const at = await stage();
          await write(at, keys.join(''));
          const consumer = at.kafka.consumer(settings);
          const done: { key: string | null; offset: number }[] = [];
          const team = new KeyedWorkers(consumer, {
            workers,
            async work({ key, offset }) {
              await at.clock.sleep(pauses[offset % pauses.length]);
              done.push({ key, offset });
            },
          });
          await team.subscribe(['ledger']);
          while (done.length < keys.length) await team.poll('50 ms');
          await team.close();
          for (const key of new Set(keys)) {
            const offsets = done.filter((one) => one.key === key).map(({ offset }) => offset);
            expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
          }
          const reader = at.kafka.consumer(settings);
          expect(await reader.committed(ledger0)).toMatchObject({ offset: keys.length });
          await at.close();
        },
      ),
      { numRuns: 20 },
    );
  });

  test('the listener hears that partitions go also when the commit of what was done is refused', async () => {
    const at = await stage();
    await write(at, 'a');
    const consumer = at.kafka.consumer(settings);
    const heard: unknown[] = [];
    const team = new KeyedWorkers(consumer, { work: ({ offset }) => heard.push(`record ${offset}`) });
    await team.subscribe(['ledger'], { onPartitionsRevoked: (partitions) => void heard.push(...partitions) });
    while (heard.length === 0) await team.poll('1 s');
    at.cluster.on('OffsetCommit').answerError('GROUP_AUTHORIZATION_FAILED');
    expect((await failure(consumer.unsubscribe())).message).toContain('GROUP_AUTHORIZATION_FAILED');
    expect(heard).toEqual(['record 0', ledger0]);
    await at.close();
  });

  test('there is at least one worker', async () => {
    const at = await stage();
    const none = () => new KeyedWorkers(at.kafka.consumer(settings), { workers: 0, work: () => {} });
    expect(none).toThrow(/workers is 0/);
    await at.close();
  });
});
