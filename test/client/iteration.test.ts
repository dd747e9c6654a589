import { describe, expect, test } from 'vitest';
import type { Consumer } from '../../lib/client/index.ts';
import { stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
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

async function committed({ kafka }: Stage): Promise<number[]> {
  const offsets = await kafka.admin().listConsumerGroupOffsets('g');
  return [0, 1].map((wanted) => offsets.find(({ partition }) => partition === wanted)?.offset ?? 0);
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

describe('closing in the middle of a loop over the consumer', () => {
  test('commits what the loop is done with, and neither the record in hand nor those behind it', async () => {
    const { at, consumer } = await fiveEach();
    const seen: string[] = [];
    for await (const record of consumer) {
      seen.push(`${record.partition}-${record.offset}`);
      if (isAt(2)(record)) await consumer.close();
    }
    expect(seen).toEqual(['0-0', '0-1', '0-2']);
    expect(await committed(at)).toEqual([2, 0]);
    const heir = at.kafka.consumer(settings);
    await heir.subscribe(['ledger']);
    const rest = [];
    while (rest.length < 8) rest.push(...(await heir.poll('1 s')));
    expect(rest.filter(({ partition }) => partition === 0).map(({ offset }) => offset)).toEqual([2, 3, 4]);
    await at.close();
  });

  test('so does whoever closes the whole Kafka while the loop works; the loop ends', async () => {
    const { at, consumer } = await fiveEach();
    const begun: number[] = [];
    const loop = (async () => {
      for await (const { offset } of consumer) {
        begun.push(offset);
        await at.clock.sleep(1000);
      }
    })();
    while (begun.length < 3) await at.pass(100);
    await at.kafka.close();
    await at.drive(loop);
    expect(begun).toEqual([0, 1, 2]);
    expect(at.events('consumer.committed').map(({ detail }) => [detail.partition, detail.offset])).toEqual([
      [0, 2],
      [1, 0],
    ]);
    await at.close();
  });

  test('what the poll of a loop finds when the consumer is being closed already, the loop is not given', async () => {
    const { at, consumer } = await fiveEach({ maxPollRecords: 2 });
    let open: (() => void) | undefined;
    const gate = () => new Promise<void>((resolve) => (open = resolve));
    const seen: number[] = [];
    const loop = (async () => {
      for await (const record of consumer) {
        seen.push(record.offset);
        if (!isAt(1)(record)) continue;
        consumer.commitAsync([{ ...ledger0, offset: 2 }], gate);
        // So that it is answered, and the next poll calls the callback before it looks for records.
        await at.clock.sleep(100);
      }
    })();
    while (open === undefined) await at.pass(10);
    const closing = at.kafka.close();
    open();
    await closing;
    await at.drive(loop);
    expect(seen).toEqual([0, 1]);
    await at.close();
  });

  test('a callback that commits as the partitions go covers no more than that', async () => {
    const { at, consumer } = await fiveEach({ enableAutoCommit: false }, (own) => ({
      onPartitionsRevoked: () => own.commitSync(),
    }));
    for await (const record of consumer) if (isAt(3)(record)) await consumer.close();
    expect(await committed(at)).toEqual([3, 0]);
    await at.close();
  });

  test('whoever leaves the loop is done with its last record', async () => {
    const { at, consumer } = await fiveEach();
    for await (const record of consumer) if (isAt(2)(record)) break;
    for await (const record of consumer) if (isAt(3)(record)) break;
    await consumer.close();
    expect(await committed(at)).toEqual([4, 0]);
    await at.close();
  });

  test('partitions that went and came while the loop held records of them are not touched', async () => {
    const { at, consumer } = await fiveEach();
    for await (const record of consumer) {
      if (!isAt(1)(record)) continue;
      await consumer.unsubscribe();
      await consumer.assign([ledger0]);
      await consumer.seek({ ...ledger0, offset: 4 });
      await consumer.close();
    }
    expect(await committed(at)).toEqual([4, 0]);
    await at.close();
  });
});
