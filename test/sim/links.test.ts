import { expect, test } from 'vitest';
import { simulate } from '../../lib/sim/simulate.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { ConnectionLost } from '../../lib/world/errors.ts';
import type { Stream } from '../../lib/world/world.ts';

/** A client and a server that are connected, and what each has read. */
async function pair() {
  const world = new SimulatedWorld(1);
  const go = <T>(promise: Promise<T>) => world.drive.drive('test', promise);
  const pass = (ms: number) => go(world.clock.of('test').sleep(ms));
  const accepted: Stream[] = [];
  const at = { host: 'server', port: 9092 };
  await go(world.worldFor('server').network.listen(at, (stream) => accepted.push(stream)));
  const { network } = world.worldFor('client');
  const client = await go(network.connect(at));
  const [server] = accepted;
  return { world, go, pass, links: world.links, client, server, atClient: readAll(client), atServer: readAll(server) };
}

/** What a stream has brought so far, ending with 'end'. */
function readAll(stream: Stream): (number | 'end')[] {
  const seen: (number | 'end')[] = [];
  void (async () => {
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) seen.push(...chunk);
    seen.push('end');
  })();
  return seen;
}

const byte = (value: number) => [Uint8Array.of(value)];

test('a cut holds bytes back in both directions, and healing brings them in order', async () => {
  const { links, pass, client, server, atClient, atServer } = await pair();
  await client.write(byte(1));
  links.cut('client', 'server');
  for (const value of [2, 3]) await client.write(byte(value));
  await server.write(byte(7));
  await pass(60_000);
  expect([atServer, atClient]).toEqual([[], []]);
  links.heal('server', 'client');
  await pass(10);
  expect([atServer, atClient]).toEqual([[1, 2, 3], [7]]);
});

test('a cut of one way leaves the other', async () => {
  const { links, pass, client, server, atClient, atServer } = await pair();
  links.cutOneWay('server', 'client');
  await client.write(byte(1));
  await server.write(byte(7));
  await pass(60_000);
  expect([atServer, atClient]).toEqual([[1], []]);
  links.healAll();
  await pass(10);
  expect(atClient).toEqual([7]);
});

test('behind a cut nobody learns that the other has gone, and a new connection waits', async () => {
  const { world, links, go, pass, client, atServer } = await pair();
  links.cut('client', 'server');
  client.abort('killed');
  let connected = false;
  const connecting = world.worldFor('client').network.connect({ host: 'server', port: 9092 });
  void connecting.then(() => {
    connected = true;
  });
  await pass(60_000);
  expect([atServer, connected]).toEqual([[], false]);
  links.heal('client', 'server');
  await go(connecting);
  await pass(10);
  expect(atServer).toEqual(['end']);
});

test('a delay comes on top of the latency, and keeps the order when it is over', async () => {
  const { links, pass, client, atServer } = await pair();
  links.delay('client', 'server', '5 s');
  await client.write(byte(1));
  links.heal('client', 'server');
  await client.write(byte(2));
  await pass(4_999);
  expect(atServer).toEqual([]);
  await pass(10);
  expect(atServer).toEqual([1, 2]);
});

test('lost: the old connection brings nothing more, not even its end; a new one works', async () => {
  const { world, links, go, pass, client, server, atClient, atServer } = await pair();
  links.lose('server', 'client');
  await server.write(byte(7));
  await client.write(byte(1));
  await pass(10);
  server.abort('done');
  await pass(60_000);
  expect([atServer, atClient]).toEqual([[1, 'end'], []]);
  const again = await go(world.worldFor('client').network.connect({ host: 'server', port: 9092 }));
  expect(again.remote).toBe('server:9092');
});

test('a reset ends the connection at both ends at once, and what was on its way is gone', async () => {
  const { links, pass, client, server, atClient, atServer } = await pair();
  await client.write(byte(1));
  links.reset('server', 'client');
  await pass(10);
  expect([atServer, atClient]).toEqual([['end'], ['end']]);
  await expect(client.write(byte(2))).rejects.toThrow(ConnectionLost);
  await expect(server.write(byte(2))).rejects.toThrow(ConnectionLost);
});

test('who listens in sees bytes leave and arrive, with the connection that they belong to', async () => {
  const { links, pass, client } = await pair();
  const seen: string[] = [];
  links.taps.add(({ from, to, moment, bytes }) => seen.push(`${from} ${to} ${moment} ${bytes.join()}`));
  links.cut('client', 'server');
  await client.write([Uint8Array.of(1, 2)]);
  await pass(100);
  expect(seen).toEqual(['client server sent 1,2']);
  links.heal('client', 'server');
  await pass(10);
  expect(seen[1]).toBe('client server arrived 1,2');
});

test('a member whose answers are lost asks again on a new connection, and loses no record', async () => {
  const kafka = await simulate({ seed: 3, topics: { ledger: 1 } });
  await kafka.producer().send([1, 2, 3].map((value) => ({ topic: 'ledger', value: String(value) })));
  const seen: string[] = [];
  kafka.world.spawn('member', async (own) => {
    const consumer = own.consumer({
      groupId: 'g',
      autoOffsetReset: 'earliest',
      maxPollRecords: 1,
      requestTimeoutMs: 2000,
    });
    await consumer.subscribe(['ledger']);
    for (;;) for (const { value } of await consumer.poll('1 s')) seen.push(String(value));
  });
  await kafka.world.until(() => seen.length > 0);
  kafka.cluster.network.lose('broker-0', 'member');
  await kafka.producer().send({ topic: 'ledger', value: '4' });
  await kafka.world.until(() => seen.length === 4);
  expect(seen).toEqual(['1', '2', '3', '4']);
  await kafka.close();
});
