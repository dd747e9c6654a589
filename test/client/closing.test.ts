/** Closing everything at once: each client ends as it would alone. */
import { describe, expect, test } from 'vitest';
import { openKafka } from '../../lib/client/index.ts';
import { Toy } from '../wire/toyBroker.ts';
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

describe('a client that is closed while it waits for a connection', () => {
  const at = { host: 'broker', port: 9092 };

  async function waiting(prepare: (toy: Toy) => Promise<void> | void) {
    const toy = new Toy();
    await prepare(toy);
    const clients = openKafka({
      host: (name) => ({ ...toy.world.process('client').host(), name }),
      bootstrap: [at],
    });
    const consumer = clients.consumer();
    await toy.drive(consumer.assign([{ topic: 'ledger', partition: 0 }]));
    await toy.drive(consumer.poll('1 s'));
    return { toy, clients };
  }

  /** What is to happen yet, once the last bytes have arrived. */
  async function leftBy({ toy, clients }: Awaited<ReturnType<typeof waiting>>): Promise<string[]> {
    await toy.drive(clients.close());
    await toy.drive(toy.host.clock.sleep(100));
    return toy.world.clock.next(5);
  }

  test('leaves no timer where somebody accepts and stays silent, and ends that connection', async () => {
    let ended = false;
    const client = await waiting(async ({ world }) => {
      const { network } = world.process('broker').host();
      await network.listen(at, async (stream) => {
        while ((await stream.read()) !== null);
        ended = true;
      });
    });
    expect(ended).toBe(false);
    expect(await leftBy(client)).toEqual([]);
    expect(ended).toBe(true);
  });

  test('leaves no timer where nobody answers at all, and ends a connection that comes after all', async () => {
    let ended = false;
    const client = await waiting(async ({ world }) => {
      const { network } = world.process('broker').host();
      await network.listen(at, async (stream) => {
        ended = (await stream.read()) === null;
      });
      world.links.cut('client', 'broker');
    });
    expect(await leftBy(client)).toEqual([]);
    client.toy.world.links.healAll();
    await client.toy.drive(client.toy.host.clock.sleep(100));
    expect(ended).toBe(true);
  });
});
