import { expect } from 'vitest';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

const manual = { autoOffsetReset: 'earliest', enableAutoCommit: false } as const;

export const commit = [
  scenario('the next member goes on at the committed offset', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const groupId = group();
    await send(kafka, ledger, ['a', 'b', 'c', 'd']);
    const first = kafka.consumer({ groupId, ...manual, maxPollRecords: 2 });
    await first.subscribe([ledger]);
    expect(valuesOf(await read(kafka, first, 2))).toEqual(['a', 'b']);
    await first.commitSync();
    await first.close();
    const second = kafka.consumer({ groupId, ...manual });
    await second.subscribe([ledger]);
    expect(valuesOf(await read(kafka, second, 2))).toEqual(['c', 'd']);
    await second.close();
  }),

  scenario('what was read and not committed is read again', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const groupId = group();
    await send(kafka, ledger, ['a', 'b']);
    for (let round = 0; round < 2; round++) {
      const consumer = kafka.consumer({ groupId, ...manual });
      await consumer.subscribe([ledger]);
      expect(valuesOf(await read(kafka, consumer, 2))).toEqual(['a', 'b']);
      await consumer.close();
    }
  }),

  scenario('the broker takes any offset: lower, and beyond the end', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a']);
    const consumer = kafka.consumer({ groupId: group(), ...manual });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    for (const offset of [100, 50, 999_999]) {
      await consumer.commitSync([{ topic: ledger, partition: 0, offset }]);
      expect(await consumer.committed({ topic: ledger, partition: 0 })).toMatchObject({ offset });
    }
    await consumer.close();
  }),

  scenario('a text may be kept with the offset', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({ groupId: group(), ...manual });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.commitSync([{ topic: ledger, partition: 0, offset: 7, metadata: 'after lunch' }]);
    expect(await consumer.committed({ topic: ledger, partition: 0 })).toMatchObject({
      offset: 7,
      metadata: 'after lunch',
    });
    await consumer.close();
  }),

  scenario('a text of 5,000 characters is too long, and the old offset stays', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const consumer = kafka.consumer({ groupId: group(), ...manual });
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.commitSync([{ topic: ledger, partition: 0, offset: 1 }]);
    const tooLong = [{ topic: ledger, partition: 0, offset: 2, metadata: 'x'.repeat(5000) }];
    expect((await failure(consumer.commitSync(tooLong))).message).toContain('OFFSET_METADATA_TOO_LARGE');
    expect(await consumer.committed({ topic: ledger, partition: 0 })).toMatchObject({ offset: 1 });
    await consumer.close();
  }),

  scenario('auto-commit: close commits what poll returned', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const groupId = group();
    await send(kafka, ledger, ['a', 'b']);
    const first = kafka.consumer({ groupId, autoOffsetReset: 'earliest' });
    await first.subscribe([ledger]);
    await read(kafka, first, 2);
    await first.close();
    await send(kafka, ledger, ['c']);
    const second = kafka.consumer({ groupId, autoOffsetReset: 'earliest' });
    await second.subscribe([ledger]);
    expect(valuesOf(await read(kafka, second, 1))).toEqual(['c']);
    await second.close();
  }),

  scenario(
    'auto-commit: a poll never commits the records that it is about to return',
    async ({ kafka, topic, group }) => {
      const ledger = await topic();
      await send(kafka, ledger, ['a', 'b']);
      const consumer = kafka.consumer({
        groupId: group(),
        autoOffsetReset: 'earliest',
        autoCommitIntervalMs: 100,
        maxPollRecords: 1,
      });
      await consumer.subscribe([ledger]);
      await read(kafka, consumer, 1);
      await kafka.world.pass('300 ms');
      await read(kafka, consumer, 1);
      // The second poll committed the first record; the commit is under way without anybody waiting for it.
      await kafka.world.until(async () => (await consumer.committed({ topic: ledger, partition: 0 }))?.offset === 1);
      await consumer.close();
    },
  ),

  scenario('two groups know nothing of each other', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    for (const groupId of [group(), group()]) {
      const consumer = kafka.consumer({ groupId, ...manual });
      await consumer.subscribe([ledger]);
      expect(valuesOf(await read(kafka, consumer, 2))).toEqual(['a', 'b']);
      await consumer.commitSync();
      await consumer.close();
    }
  }),
];
