/** Once, and not twice: what becomes of batches of which nobody knows whether they were written, when others are given up. */
import { expect, test } from 'vitest';
import { type SimulatedKafka, simulate } from '../../lib/index.ts';

/** The values in one partition, in order. */
async function valuesIn(kafka: SimulatedKafka, partition: number): Promise<(string | null)[]> {
  const records = await kafka.cluster.records('orders');
  return records.filter((record) => record.partition === partition).map(({ value }) => value);
}

async function started(settings = {}) {
  const kafka = await simulate({ seed: 1, topics: { orders: 2 }, config: { 'message.max.bytes': '2000' } });
  const producer = kafka.producer(settings);
  await producer.send([0, 1].map((partition) => ({ topic: 'orders', partition, value: 'first' })));
  return { kafka, producer };
}

test('a batch whose answer is lost is written once, also when another partition gives a batch up before it is sent again', async () => {
  const { kafka, producer } = await started();
  kafka.cluster.on('Produce', { times: 1 }).dropConnection({ handled: true });
  const lost = producer.send({ topic: 'orders', partition: 0, value: 'pay 100' });
  await kafka.world.pass(20);
  const refused = producer.send({ topic: 'orders', partition: 1, value: 'x'.repeat(5000) });
  await expect(refused).rejects.toThrow('MESSAGE_TOO_LARGE');
  expect(await lost).toMatchObject({ offset: 1 });
  await producer.send([0, 1].map((partition) => ({ topic: 'orders', partition, value: 'last' })));
  expect(await valuesIn(kafka, 0)).toEqual(['first', 'pay 100', 'last']);
  expect(await valuesIn(kafka, 1)).toEqual(['first', 'last']);
  await kafka.close();
});

test.each([
  ['the answers are lost', 'broker-0', 'main', ['first', 'early', 'late', 'last']],
  ['the requests are lost', 'main', 'broker-0', ['first', 'late', 'last']],
])(
  'a batch is written once when the one before it in its partition is given up and %s',
  async (_, from, to, written) => {
    const { kafka, producer } = await started({ deliveryTimeoutMs: 2000 });
    const { network } = kafka.cluster;
    network.cutOneWay(from, to);
    const early = producer.send({ topic: 'orders', partition: 0, value: 'early' }).catch((error) => error.name);
    await kafka.world.pass(1000);
    const late = producer.send({ topic: 'orders', partition: 0, value: 'late' });
    await kafka.world.pass(20);
    network.reset('main', 'broker-0');
    network.cut('main', 'broker-0');
    await kafka.world.pass(1100);
    network.healAll();
    expect(await early).toBe('DeliveryTimedOutError');
    expect(await late).toMatchObject({ offset: written.indexOf('late') });
    await producer.send({ topic: 'orders', partition: 0, value: 'last' });
    expect(await valuesIn(kafka, 0)).toEqual(written);
    await kafka.close();
  },
);
