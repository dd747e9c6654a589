/** The ways between our own clients and a broker over TCP, cut and broken: the same names as in a simulated world. */
import { afterEach, expect, test } from 'vitest';
import { serve } from '../../lib/node/index.ts';
import { linkedNetwork } from '../../lib/node/linkedNetwork.ts';
import { Links } from '../../lib/sim/links.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { settledMemory } from '../tools/settledMemory.ts';

const open: Awaited<ReturnType<typeof serve>>[] = [];

afterEach(async () => {
  for (const kafka of open.splice(0)) await kafka.close();
});

async function started() {
  const config = { 'group.initial.rebalance.delay.ms': '0', 'group.min.session.timeout.ms': '100' };
  const kafka = await serve({ port: 0, topics: { ledger: 1 }, config });
  open.push(kafka);
  return kafka;
}

const settled = async (promise: Promise<unknown>, within: number) => {
  let isSettled = false;
  void promise.then(
    () => {
      isSettled = true;
    },
    () => {
      isSettled = true;
    },
  );
  await new Promise((resolve) => setTimeout(resolve, within));
  return isSettled;
};

test('a cut holds a request back, and healing lets it through, once', async () => {
  const kafka = await started();
  const producer = kafka.producer();
  await producer.send({ topic: 'ledger', value: 'before' });
  kafka.cluster.network.cut('main', 'broker-0');
  const held = producer.send({ topic: 'ledger', value: 'held' });
  expect(await settled(held, 100)).toBe(false);
  expect(await kafka.cluster.records('ledger')).toHaveLength(1);
  kafka.cluster.network.heal('main', 'broker-0');
  await held;
  expect((await kafka.cluster.records('ledger')).map(({ value }) => value)).toEqual(['before', 'held']);
});

test('a cut of the way back: the record is there, and only its sender does not know', async () => {
  const kafka = await started();
  const producer = kafka.producer();
  await producer.send({ topic: 'ledger', value: 'before' });
  kafka.cluster.network.cutOneWay('broker-0', 'main');
  const held = producer.send({ topic: 'ledger', value: 'there' });
  await kafka.world.until(() => kafka.cluster.requests.count('Produce') === 2);
  expect(await settled(held, 50)).toBe(false);
  expect(await kafka.cluster.records('ledger')).toHaveLength(2);
  kafka.cluster.network.healAll();
  await held;
});

test('a reset ends the connection, and the client makes a new one', async () => {
  const kafka = await started();
  const producer = kafka.producer();
  await producer.send({ topic: 'ledger', value: 'a' });
  kafka.cluster.network.reset('main', 'broker-0');
  await producer.send({ topic: 'ledger', value: 'b' });
  expect((await kafka.cluster.records('ledger')).map(({ value }) => value)).toEqual(['a', 'b']);
});

test('a member that nobody hears is given up, while another of the group goes on', async () => {
  const kafka = await started();
  const seen: Record<string, number> = { one: 0, two: 0 };
  for (const name of ['one', 'two']) {
    kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer({ groupId: 'bank', sessionTimeoutMs: 600, heartbeatIntervalMs: 100 });
      await consumer.subscribe(['ledger']);
      for await (const _ of consumer) seen[name]++;
    });
    await kafka.world.until(() => (kafka.cluster.group('bank')?.members.length ?? 0) > (name === 'one' ? 0 : 1));
  }
  kafka.cluster.network.cutOneWay('one', 'broker-0');
  await kafka.world.until(() => kafka.cluster.group('bank')?.members.length === 1);
  expect(kafka.cluster.group('bank')?.members[0].clientId).toContain('two');
});

test('a delay takes its time, and what is lost never comes', async () => {
  const kafka = await started();
  const producer = kafka.producer({ requestTimeoutMs: 300, retryBackoffMs: 20 });
  await producer.send({ topic: 'ledger', value: 'a' });
  kafka.cluster.network.delay('main', 'broker-0', '150 ms');
  const slow = producer.send({ topic: 'ledger', value: 'b' });
  expect(await settled(slow, 75)).toBe(false);
  await slow;
  kafka.cluster.network.healAll();
  kafka.cluster.network.lose('main', 'broker-0');
  await producer.send({ topic: 'ledger', value: 'c' });
  expect((await kafka.cluster.records('ledger')).map(({ value }) => value)).toEqual(['a', 'b', 'c']);
});

test('a connection keeps nothing of what has been read from it', async () => {
  const world = new SimulatedWorld(1);
  const at = { host: 'broker-0', port: 9092 };
  await world
    .process('broker-0')
    .host()
    .network.listen(at, async (stream) => {
      for (let chunk = 0; chunk < 20; chunk++) await stream.write([new Uint8Array(1000)]);
    });
  const { network, clock } = world.process('main').host();
  const linked = linkedNetwork(network, clock, new Links(), 'main', 'broker-0');
  const stream = await world.drive.drive('the test', linked.connect(at));
  const read: WeakRef<Uint8Array>[] = [];
  while (read.length < 20) read.push(new WeakRef((await world.drive.drive('the test', stream.read())) as Uint8Array));
  await settledMemory();
  // The last one may still be held by the frames of this function.
  expect(read.filter((chunk) => chunk.deref() !== undefined).length).toBeLessThanOrEqual(1);
  stream.abort('the test is over');
  world.drive.close();
});
