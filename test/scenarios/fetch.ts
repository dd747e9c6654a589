import { expect } from 'vitest';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

export const fetch = [
  scenario('without a committed offset, earliest reads all there is', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c']);
    const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'earliest' });
    await consumer.subscribe([ledger]);
    expect(valuesOf(await read(kafka, consumer, 3))).toEqual(['a', 'b', 'c']);
    await consumer.close();
  }),

  scenario(
    'without a committed offset, latest reads only what is written afterwards',
    async ({ kafka, topic, group }) => {
      const ledger = await topic();
      await send(kafka, ledger, ['before']);
      const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'latest' });
      await consumer.subscribe([ledger]);
      while (consumer.assignment().length === 0) await consumer.poll('100 ms');
      expect(await consumer.position({ topic: ledger, partition: 0 })).toBe(1);
      await send(kafka, ledger, ['after']);
      expect(valuesOf(await read(kafka, consumer, 1))).toEqual(['after']);
      await consumer.close();
    },
  ),

  scenario('without a committed offset, none is an error that says what to do', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'none' });
    await consumer.subscribe([ledger]);
    const error = await failure(read(kafka, consumer, 1));
    expect(error.name).toBe('NoOffsetForPartitionError');
    expect(error.message).toContain(ledger);
    await consumer.close();
  }),

  scenario('the position moves when poll returns, the committed offset does not', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c']);
    const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'earliest', enableAutoCommit: false });
    await consumer.subscribe([ledger]);
    await read(kafka, consumer, 3);
    expect(await consumer.position({ topic: ledger, partition: 0 })).toBe(3);
    expect(await consumer.committed({ topic: ledger, partition: 0 })).toBe(null);
    await consumer.commitSync();
    expect(await consumer.committed({ topic: ledger, partition: 0 })).toMatchObject({ offset: 3 });
    await consumer.close();
  }),

  scenario('seek goes back, and forward', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c', 'd']);
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    const from = async (offset: number, count: number) => {
      await consumer.seek({ topic: ledger, partition: 0, offset });
      return valuesOf(await read(kafka, consumer, count));
    };
    expect(await from(2, 2)).toEqual(['c', 'd']);
    expect(await from(0, 4)).toEqual(['a', 'b', 'c', 'd']);
    expect(await from(3, 1)).toEqual(['d']);
    await consumer.close();
  }),

  scenario('poll gives at most max.poll.records, and the rest later', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b', 'c', 'd', 'e']);
    const consumer = kafka.consumer({ maxPollRecords: 2 });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    const sizes: number[] = [];
    while (sizes.reduce((sum, size) => sum + size, 0) < 5) {
      const records = await consumer.poll('200 ms');
      if (records.length > 0) sizes.push(records.length);
    }
    expect(sizes).toEqual([2, 2, 1]);
    await consumer.close();
  }),

  scenario('poll on an empty topic ends with nothing when its time is over', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({ groupId: group() });
    await consumer.subscribe([ledger]);
    expect(await consumer.poll('300 ms')).toEqual([]);
    await consumer.close();
  }),

  scenario('a waiting poll ends as soon as a record is there', async ({ kafka, topic }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({ fetchMaxWaitMs: 500 });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    await consumer.poll(0);
    const started = kafka.world.now();
    const waiting = consumer.poll('20 s');
    await send(kafka, ledger, ['now']);
    expect(valuesOf(await waiting)).toEqual(['now']);
    expect(kafka.world.now() - started).toBeLessThan(5000);
    await consumer.close();
  }),

  scenario('an offset behind the end is out of range: the reset policy decides', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 100 });
    expect(valuesOf(await read(kafka, consumer, 2))).toEqual(['a', 'b']);
    await consumer.close();
  }),

  scenario('a consumer is read like any other sequence', async ({ kafka, topic, group }) => {
    const ledger = await topic(2);
    await send(kafka, ledger, ['a', 'b'], 0);
    await send(kafka, ledger, ['c'], 1);
    const consumer = kafka.consumer({ groupId: group(), autoOffsetReset: 'earliest' });
    await consumer.subscribe([ledger]);
    const seen = new Set<string | null>();
    for await (const record of consumer) {
      seen.add(record.value);
      if (seen.size === 3) break;
    }
    expect([...seen].sort()).toEqual(['a', 'b', 'c']);
    await consumer.close();
  }),

  scenario('a second call while poll is waiting is refused', async ({ kafka, topic }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    const waiting = consumer.poll('300 ms');
    expect((await failure(consumer.poll(0))).name).toBe('ConcurrentModificationError');
    expect(await waiting).toEqual([]);
    await consumer.close();
  }),
];
