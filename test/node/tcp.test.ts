import { connect as rawConnect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { concat } from '../../lib/bytes/writer.ts';
import { CannotListen, tcp } from '../../lib/node/tcp.ts';
import { AddressInUse, ConnectionLost } from '../../lib/world/errors.ts';
import type { Listener, Stream } from '../../lib/world/world.ts';

const HERE = { host: '127.0.0.1', port: 0 };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** A listener, and the streams that it accepts, in order. */
async function listening(): Promise<{ listener: Listener; accepted: () => Promise<Stream> }> {
  const streams: Stream[] = [];
  const waiting: ((stream: Stream) => void)[] = [];
  const listener = await tcp.listen(HERE, (stream) => {
    cleanups.push(() => stream.abort('the test is over'));
    const next = waiting.shift();
    if (next) next(stream);
    else streams.push(stream);
  });
  cleanups.push(() => listener.close());
  const accepted = async () => streams.shift() ?? new Promise<Stream>((resolve) => waiting.push(resolve));
  return { listener, accepted };
}

async function pair(): Promise<{ near: Stream; far: Stream }> {
  const { listener, accepted } = await listening();
  const near = await tcp.connect(listener.address);
  cleanups.push(() => near.abort('the test is over'));
  return { near, far: await accepted() };
}

async function readAll(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return concat(chunks);
}

describe('TCP', () => {
  test('bytes arrive in the order in which they were written', async () => {
    const { near, far } = await pair();
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index * 31);
    const received = readAll(far);
    await near.write([bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10, 70_000)]);
    await near.write([bytes.subarray(70_000)]);
    await near.write([]);
    // The far side reads all of it only when the near side has ended, and this must not overtake the bytes.
    near.abort('done');
    expect(await received).toEqual(bytes);
  });

  test('what is read is a plain Uint8Array, of which slice is a copy', async () => {
    const { near, far } = await pair();
    await near.write([Uint8Array.of(1, 2, 3)]);
    const chunk = (await far.read()) as Uint8Array;
    const copy = chunk.slice();
    chunk[0] = 9;
    expect([...copy]).toEqual([1, 2, 3]);
  });

  test('a read that waits ends with null when the other side goes', async () => {
    const { near, far } = await pair();
    const read = far.read();
    near.abort('done');
    expect(await read).toBeNull();
    expect(await far.read()).toBeNull();
  });

  test('a read that waits ends with null when its own side aborts, and aborting twice is harmless', async () => {
    const { near } = await pair();
    const read = near.read();
    near.abort('enough');
    near.abort('enough');
    expect(await read).toBeNull();
  });

  test('writing to a connection that is gone fails, and says where it led and why it ended', async () => {
    const { near } = await pair();
    near.abort('the session was over');
    const failure = await near.write([Uint8Array.of(1)]).catch((error) => error);
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.message).toBe(`the connection to ${near.remote} is lost: the session was over`);
  });

  test('a write waits while the other side does not read, and fails when it goes', async () => {
    const { near, far } = await pair();
    let written = 0;
    const megabyte = new Uint8Array(1 << 20);
    const writing = (async () => {
      for (; written < 1000; written++) await near.write([megabyte]);
    })().catch((error) => error);
    // It stops when the buffers of both kernels are full, which takes some megabytes and not a thousand.
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(100);
    far.abort('never read');
    expect(await writing).toBeInstanceOf(ConnectionLost);
  });

  test('bytes that nobody reads stay outside this process', async () => {
    const { listener, accepted } = await listening();
    const flood: Socket = rawConnect(listener.address.port, '127.0.0.1');
    flood.on('error', () => {});
    cleanups.push(() => flood.destroy());
    const stream = await accepted();
    const before = process.memoryUsage().arrayBuffers;
    const megabyte = Buffer.alloc(1 << 20);
    for (let index = 0; index < 64; index++) flood.write(megabyte);
    let sent = -1;
    while (sent !== flood.bytesWritten - flood.writableLength) {
      sent = flood.bytesWritten - flood.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // The flood shares one megabyte of this process; what the stream itself holds is a chunk or two.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
    expect(flood.writableLength).toBeGreaterThan(0);
    stream.abort('seen');
  });

  test('a port in use is named, with what to do', async () => {
    const { listener } = await listening();
    const failure = await tcp.listen(listener.address, () => {}).catch((error) => error);
    expect(failure).toBeInstanceOf(AddressInUse);
    expect(failure.message).toContain(`port ${listener.address.port} on 127.0.0.1 is in use`);
  });

  test('an address that is not of this machine is named, with what to do', async () => {
    const failure = await tcp.listen({ host: '203.0.113.1', port: 0 }, () => {}).catch((error) => error);
    expect(failure).toBeInstanceOf(CannotListen);
    expect(failure.message).toContain('203.0.113.1 is not an address of this machine');
  });

  test('where nobody listens, connecting fails and says so', async () => {
    const { listener } = await listening();
    await listener.close();
    await listener.close();
    const failure = await tcp.connect(listener.address).catch((error) => error);
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.message).toContain(`nobody answers at 127.0.0.1:${listener.address.port} (ECONNREFUSED)`);
  });

  test('closing the listener leaves its streams alone', async () => {
    const { listener, accepted } = await listening();
    const near = await tcp.connect(listener.address);
    const far = await accepted();
    await listener.close();
    await far.write([Uint8Array.of(7)]);
    expect([...((await near.read()) ?? [])]).toEqual([7]);
    near.abort('done');
  });
});
