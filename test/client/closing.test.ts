/** Closing everything at once: each client ends as it would alone. */
import { expect, test } from 'vitest';
import { stage } from './stage.ts';

test('a listener that throws as the whole Kafka is closed is told of when the other clients are done, and not before', async () => {
  const at = await stage();
  const consumer = at.kafka.consumer({ groupId: 'bank' });
  await consumer.subscribe(['ledger'], {
    onPartitionsRevoked() {
      throw new Error('mine');
    },
  });
  while (consumer.assignment().length === 0) await consumer.poll('1 s');
  const producer = at.kafka.producer({ lingerMs: 10_000 });
  const sent = producer.send({ topic: 'ledger', value: 'x' }).then(() => 'sent');
  await expect(at.kafka.close()).rejects.toMatchObject({ name: 'RebalanceListenerError' });
  expect(await Promise.race([sent, Promise.resolve('not sent yet')])).toBe('sent');
  await at.drive(at.cluster.close());
});
