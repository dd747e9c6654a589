import { expect, test } from 'vitest';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { AddressInUse, ConnectionLost } from '../../lib/world/errors.ts';
import type { Stream } from '../../lib/world/world.ts';

const here = { host: 'server', port: 9092 };

/** A client and a server that are connected, in a world of their own. */
async function pair(seed = 1) {
  const world = new SimulatedWorld(seed);
  const go = <T>(promise: Promise<T>) => world.drive.drive('test', promise);
  const accepted: Stream[] = [];
  const listener = await go(world.worldFor('server').network.listen(here, (stream) => accepted.push(stream)));
  const client = await go(world.worldFor('client').network.connect(here));
  return { world, go, listener, client, server: accepted[0] };
}

const bytes = (...values: number[]) => Uint8Array.from(values);

test('bytes arrive after one or two milliseconds', async () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 10; seed++) {
    const { world, go, client, server } = await pair(seed);
    const before = world.clock.monotonicMs();
    await client.write([bytes(1, 2), bytes(3)]);
    expect(await go(server.read())).toEqual(bytes(1, 2, 3));
    seen.add(world.clock.monotonicMs() - before);
  }
  expect([...seen].sort()).toEqual([1, 2]);
});

test('what one end writes arrives in order, in both directions at once', async () => {
  const { go, client, server } = await pair();
  const count = 200;
  const readAll = async (stream: Stream) => {
    const got: number[] = [];
    while (got.length < count) got.push(...((await stream.read()) ?? []));
    return got;
  };
  const writeAll = async (stream: Stream) => {
    for (let value = 0; value < count; value++) await stream.write([bytes(value)]);
  };
  const [there, back] = await go(
    Promise.all([readAll(server), readAll(client), writeAll(client), writeAll(server)]).then(([a, b]) => [a, b]),
  );
  const inOrder = Array.from({ length: count }, (_, index) => index);
  expect(there).toEqual(inOrder);
  expect(back).toEqual(inOrder);
});

test('the writer may reuse its memory at once', async () => {
  const { go, client, server } = await pair();
  const memory = bytes(1, 2, 3);
  await client.write([memory]);
  memory.fill(9);
  expect(await go(server.read())).toEqual(bytes(1, 2, 3));
});

test('a writer waits while the reader does not read, and goes on when it does', async () => {
  const { world, go, client, server } = await pair();
  const chunk = new Uint8Array(100_000);
  let written = 0;
  const writing = (async () => {
    for (let index = 0; index < 10; index++) {
      await client.write([chunk]);
      written++;
    }
  })();
  await go(world.clock.of('test').sleep(1000));
  expect(written).toBe(2);
  let read = 0;
  while (read < 1_000_000) read += (await go(server.read()))?.length ?? 0;
  await writing;
  expect(written).toBe(10);
});

test('nobody listens: the connection is refused after the way there and back', async () => {
  const world = new SimulatedWorld(1);
  const connecting = world.worldFor('client').network.connect(here);
  await expect(world.drive.drive('connect', connecting)).rejects.toThrow(ConnectionLost);
  expect(world.clock.monotonicMs()).toBeGreaterThanOrEqual(2);
});

test('a port in use is refused, free again after close, and port 0 takes a free one', async () => {
  const { world, go, listener, client, server } = await pair();
  const { network } = world.worldFor('server');
  await expect(network.listen(here, () => {})).rejects.toThrow(AddressInUse);
  await listener.close();
  // What was accepted goes on.
  await client.write([bytes(5)]);
  expect(await go(server.read())).toEqual(bytes(5));
  expect((await network.listen(here, () => {})).address).toEqual(here);
  const free = await network.listen({ host: 'server', port: 0 }, () => {});
  expect(free.address.port).toBeGreaterThan(1024);
});

test('what was written before the end arrives before it; then reads end and writes are refused', async () => {
  const { go, client, server } = await pair();
  await server.write([bytes(1)]);
  await server.write([bytes(2)]);
  server.abort('enough');
  server.abort('twice is harmless');
  expect(await go(client.read())).toEqual(bytes(1));
  expect(await go(client.read())).toEqual(bytes(2));
  expect(await go(client.read())).toBeNull();
  expect(await go(client.read())).toBeNull();
  await expect(client.write([bytes(3)])).rejects.toThrow(/server:9092 ended the connection: enough/);
  await expect(server.write([bytes(3)])).rejects.toThrow(ConnectionLost);
  expect(await server.read()).toBeNull();
});

test('an end wakes a reader and a writer that wait', async () => {
  const { world, go, client, server } = await pair();
  const reading = client.read();
  const writing = client.write([new Uint8Array(300_000)]).catch((error: unknown) => error);
  await go(world.clock.of('test').sleep(10));
  server.abort('crash');
  expect(await go(reading)).toBeNull();
  expect(await go(writing)).toBeInstanceOf(ConnectionLost);
});

test('each side has a name for messages', async () => {
  const { client, server } = await pair();
  expect(client.remote).toBe('server:9092');
  expect(server.remote).toMatch(/^client:\d+$/);
});
