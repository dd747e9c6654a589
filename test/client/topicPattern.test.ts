import { describe, expect, test } from 'vitest';
import { stage } from './stage.ts';

const settings = { groupId: 'g', autoOffsetReset: 'earliest', clientId: 'reader' } as const;

describe('a subscription by pattern', () => {
  test.each([0, 2, 20])(
    'joins also with polls of %i ms, as one by name does, and asks no oftener than with long ones',
    async (ms) => {
      const at = await stage();
      const consumer = at.kafka.consumer(settings);
      await consumer.subscribe(/^led/);
      const asked = at.cluster.on('Metadata', { clientId: 'reader' }).observe();
      for (let polls = 0; consumer.assignment().length === 0; polls++) {
        expect(polls).toBeLessThan(50);
        await consumer.poll(ms);
        await at.pass(100);
      }
      // The names of all topics before each of the two requests by which a first member joins, and then what is to be known of those that match.
      expect(asked.count).toBe(3);
      await at.close();
    },
  );

  test('does not flood a broker that comes back with the questions of each poll', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(/^led/);
    at.cluster.crash(0);
    for (let polls = 0; polls < 80; polls++) expect(await consumer.poll('100 ms')).toEqual([]);
    const asked = at.cluster.on('Metadata', { clientId: 'reader' }).observe();
    await at.drive(at.cluster.start(0));
    for (let polls = 0; consumer.assignment().length === 0; polls++) {
      expect(polls).toBeLessThan(50);
      await consumer.poll('100 ms');
    }
    expect(asked.count).toBeLessThan(5);
    await at.close();
  });

  test('waits for a broker for as long as it is polled, as one by name does', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(/^led/);
    at.cluster.crash(0);
    expect(await consumer.poll('90 s')).toEqual([]);
    await at.drive(at.cluster.start(0));
    await consumer.poll('10 s');
    expect(consumer.subscription()).toEqual(['ledger']);
    await at.close();
  });

  test('that is replaced while the broker is asked is forgotten', async () => {
    const at = await stage({ topics: { ledger: 1, orders: 1 } });
    const consumer = at.kafka.consumer(settings);
    await consumer.subscribe(/^led/);
    await consumer.poll(0);
    await consumer.subscribe(/^ord/);
    await consumer.poll('5 s');
    expect(consumer.subscription()).toEqual(['orders']);
    expect(consumer.assignment()).toEqual([{ topic: 'orders', partition: 0 }]);
    await at.close();
  });

  test('that is given up and taken up again looks anew', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer(settings);
    const pattern = /^led/;
    await consumer.subscribe(pattern);
    await consumer.poll(0);
    await at.pass(100);
    await consumer.unsubscribe();
    await consumer.subscribe(pattern);
    await consumer.poll('5 s');
    expect(consumer.assignment()).toEqual([{ topic: 'ledger', partition: 0 }]);
    await at.close();
  });
});
