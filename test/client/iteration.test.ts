import { describe, expect, test } from 'vitest';
import type { Consumer } from '../../lib/client/index.ts';
import { stage } from './stage.ts';

const ledger0 = { topic: 'ledger', partition: 0 };
const settings = { groupId: 'g', autoOffsetReset: 'earliest' } as const;

/** Two partitions of five records, and a member of the group that has subscribed. */
async function fiveEach(more: object = {}, subscribed: (consumer: Consumer) => object = () => ({})) {
  const at = await stage({ topics: { ledger: 2 } });
  const producer = at.kafka.producer({ clientId: 'writer' });
  for (const partition of [0, 1])
    await producer.send([...'abcde'].map((value) => ({ topic: 'ledger', partition, value })));
  const consumer = at.kafka.consumer({ ...settings, ...more });
  await consumer.subscribe(['ledger'], subscribed(consumer));
  return { at, consumer };
}

/** The record of partition 0 with this offset: one batch has both partitions, this one first. */
const isAt = (offset: number) => (record: { partition: number; offset: number }) =>
  record.partition === 0 && record.offset === offset;

describe('leaving a loop over the consumer', () => {
  test.each([
    ['seek', 0, (consumer: Consumer) => consumer.seek({ ...ledger0, offset: 0 })],
    ['seekToEnd', 5, (consumer: Consumer) => consumer.seekToEnd([ledger0])],
  ])('after %s: that partition goes on at %i, as it was told; the other where the loop was', async (_, at0, seek) => {
    const { at, consumer } = await fiveEach();
    for await (const record of consumer) {
      if (!isAt(2)(record)) continue;
      await seek(consumer);
      break;
    }
    expect(await consumer.position(ledger0)).toBe(at0);
    expect(await consumer.position({ ...ledger0, partition: 1 })).toBe(0);
    await at.close();
  });
});
