/** What a broker does with bytes that make no sense: it answers with an error or closes that connection, and nobody else notices. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { concat, Writer } from '../../lib/bytes/writer.ts';
import type { Kafka } from '../../lib/index.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { ApiVersions, apis, Fetch, FindCoordinator, Metadata, Produce } from '../../lib/protocol/apis/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { correlationIdOf, framed, RawClient, request } from './rawClient.ts';

const MEGABYTE = 1 << 20;
let served: ServedKafka;
let neighbour: Kafka;
/** A connection that was there before, and must be there after. */
let bystander: RawClient;
let clients: RawClient[] = [];

beforeAll(async () => {
  served = await serve({ port: 0, topics: { ledger: 1 } });
  neighbour = await connect(served.bootstrap);
});
afterAll(async () => {
  await neighbour.close();
  await served.close();
});

beforeEach(async () => {
  bystander = await open();
});
afterEach(async () => {
  expect((await bystander.ask(ApiVersions, {})).errorCode).toBe(0);
  const { offset } = await neighbour.producer().send({ topic: 'ledger', value: 'still here' });
  expect(offset).toBeGreaterThanOrEqual(0);
  for (const client of clients) client.destroy();
  clients = [];
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(served.bootstrap);
  clients.push(client);
  return client;
}

/** The connection ends, and nothing came before its end. */
async function expectClosed(client: RawClient): Promise<void> {
  expect(await client.frame()).toBeUndefined();
  await client.closed;
}

function header(apiKey: number, version: number, correlationId = 1): Writer {
  const writer = new Writer();
  writer.int16(apiKey);
  writer.int16(version);
  writer.int32(correlationId);
  writer.int16(-1);
  return writer;
}

function memory(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

describe('a frame whose length lies', () => {
  test.each([
    ['2 GB', 0x7fffffff],
    ['less than nothing', -1],
    ['the least there is', -0x80000000],
  ])('announced as %s, it closes the connection', async (_, announced) => {
    const client = await open();
    client.write(framed(new Uint8Array(100), announced));
    await expectClosed(client);
  });

  test('2 GB announced allocate less than a megabyte, also a hundred times', async () => {
    const client = (await open()).listen();
    const beforeOne = memory();
    client.write(framed(new Uint8Array(0), 0x7fffffff));
    await client.closed;
    expect(memory() - beforeOne).toBeLessThan(MEGABYTE);

    const many = await Promise.all(Array.from({ length: 100 }, open));
    // A hundred sockets take some of the heap; what could grow with the announcement are buffers.
    const before = process.memoryUsage().arrayBuffers;
    for (const client of many) client.write(framed(new Uint8Array(0), 0x7fffffff));
    await Promise.all(many.map((client) => client.listen().closed));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEGABYTE);
  });

  test('a length that is allowed is believed only as far as bytes have come', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, open));
    const before = process.memoryUsage().arrayBuffers;
    for (const client of many) client.write(framed(new Uint8Array(10), 90 * MEGABYTE));
    await bystander.ask(ApiVersions, {});
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEGABYTE);
  });

  test('an empty frame closes the connection', async () => {
    const client = await open();
    client.write(framed(new Uint8Array(0)));
    await expectClosed(client);
  });
});

describe('frames that arrive in other pieces than they were sent', () => {
  test('byte by byte, a request is answered', async () => {
    const client = await open();
    for (const byte of request(Metadata, { topics: null }, 9, 77)) client.write(Uint8Array.of(byte));
    expect(correlationIdOf(await client.frame())).toBe(77);
  });

  test('joined, all are answered, in their order', async () => {
    const client = await open();
    const ids = Array.from({ length: 50 }, (_, index) => 1000 + index);
    const one = (id: number) => (id % 2 ? request(ApiVersions, {}, 1, id) : request(Metadata, { topics: [] }, 1, id));
    client.write(concat(ids.map(one)));
    for (const id of ids) expect(correlationIdOf(await client.frame())).toBe(id);
  });

  test('cut anywhere and then ended, nothing is answered', async () => {
    const whole = request(Metadata, { topics: [{ name: 'ledger' }] }, 9);
    for (let length = 0; length < whole.length; length++) {
      const client = await open();
      client.write(whole.subarray(0, length));
      client.end();
      await expectClosed(client);
    }
  });

  test('cut inside and framed as if it were whole, it is refused', async () => {
    const whole = request(Metadata, { topics: [{ name: 'ledger' }] }, 9).subarray(4);
    for (let length = 1; length < whole.length; length++) {
      const client = await open();
      client.write(framed(whole.subarray(0, length)));
      await expectClosed(client);
    }
  });
});

describe('requests that do not exist', () => {
  test.each([-1, 6, 999, 0x7fff])('API key %i closes the connection', async (apiKey) => {
    const client = await open();
    client.write(framed(concat(header(apiKey, 0).finish())));
    await expectClosed(client);
  });

  test('ApiVersions in a version of the future is answered in the oldest form, with what there is', async () => {
    const client = await open();
    client.write(framed(concat([...header(18, 99, 5).finish(), Uint8Array.of(0, 1, 2, 3)])));
    const frame = await client.frame();
    expect(correlationIdOf(frame)).toBe(5);
    expect(new DataView(frame!.buffer, frame!.byteOffset).getInt16(4)).toBe(Errors.UNSUPPORTED_VERSION.code);
    expect((await client.ask(ApiVersions, {})).apiKeys.length).toBeGreaterThan(5);
  });

  test('every other API in a version that nobody knows gets an error or a closed connection', async () => {
    for (const { key } of apis.values()) {
      if (key === ApiVersions.key) continue;
      for (const version of [-1, 99, 0x7fff]) {
        const client = await open();
        client.write(framed(concat(header(key, version, 3).finish())));
        const frame = await client.frame();
        if (frame) expect(correlationIdOf(frame)).toBe(3);
        else await client.closed;
      }
    }
  });
});

describe('requests that contradict themselves', () => {
  test.each([
    ['an array of -5 entries', 3, 1, [-5]],
    ['an array of two billion entries', 3, 1, [0x7fffffff]],
    ['a string of -7 bytes', 3, 1, [1, -7 << 16]],
    // No transaction and acks=1, no time, one topic named "ab", one partition, its index.
    ['records of -9 bytes', 0, 3, [(-1 << 16) | 1, 0, 1, 0x00026162, 1, 0, -9]],
  ])('%s closes the connection', async (_, apiKey, version, words) => {
    const client = await open();
    const writer = header(apiKey, version);
    for (const word of words) writer.int32(word);
    const before = memory();
    client.write(framed(concat(writer.finish())));
    await expectClosed(client);
    expect(memory() - before).toBeLessThan(MEGABYTE);
  });

  test('ten million empty names, a byte each, take no memory for each of them', async () => {
    const client = (await open()).listen();
    const head = concat([...header(FindCoordinator.key, 4).finish(), Uint8Array.of(0, 0, 0x81, 0xad, 0xe2, 0x04)]);
    const body = new Uint8Array(head.length + 10_000_000).fill(1);
    body.set(head);
    const before = memory();
    client.write(framed(body));
    await client.closed;
    expect(memory() - before).toBeLessThan(70 * MEGABYTE);
  });

  test('a correlation id that comes again and again is given back as often', async () => {
    const client = await open();
    client.write(concat(Array.from({ length: 20 }, () => request(ApiVersions, {}, 0, 42))));
    for (let answer = 0; answer < 20; answer++) expect(correlationIdOf(await client.frame())).toBe(42);
  });

  test('a batch that is no batch is refused by an error code, and the connection goes on', async () => {
    const client = await open();
    for (const records of [new Uint8Array(0), new Uint8Array(61), new Uint8Array(200).fill(0xff)]) {
      const partitionData = [{ index: 0, records }];
      const { responses } = await client.ask(Produce, {
        acks: -1,
        timeoutMs: 1000,
        topicData: [{ name: 'ledger', partitionData }],
      });
      expect(responses[0].partitionResponses[0].errorCode).not.toBe(0);
    }
  });
});

describe('noise', () => {
  test('random bytes never disturb anybody else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const client = await open();
        client.write(bytes);
        client.end();
        await client.closed;
      }),
      { numRuns: 150 },
    );
  });

  test('neither do random bodies behind an honest header', async () => {
    const keys = [...apis.values()].flatMap((api) => api.versions.map((version) => [api.key, version] as const));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), fc.uint8Array({ maxLength: 120 }), async ([key, version], body) => {
        const client = await open();
        client.write(framed(concat([...header(key, version).finish(), body])));
        client.end();
        await client.closed;
      }),
      { numRuns: 300 },
    );
  });

  test('neither do honest requests with one byte changed', async () => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
    const honest = [
      request(Metadata, { topics: [{ name: 'ledger' }] }, 12),
      request(ApiVersions, {}, 4),
      request(Fetch, { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'ledger', partitions }] }, 12),
    ];
    const change = fc.record({ of: fc.constantFrom(...honest), at: fc.nat(), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, async ({ of, at, to }) => {
        const bytes = of.slice();
        bytes[4 + (at % (bytes.length - 4))] = to;
        const client = await open();
        client.write(bytes);
        client.end();
        await client.closed;
      }),
      { numRuns: 200 },
    );
  });
});

describe('a reader that does not read', () => {
  test('costs the broker a bounded amount of memory, and gets all its answers once it reads', async () => {
    const producer = neighbour.producer();
    for (let index = 0; index < 4; index++) {
      await producer.send({ topic: 'ledger', value: new Uint8Array(900_000) });
    }
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 4 * MEGABYTE }];
    const fetch = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'ledger', partitions }] };
    const slow = await open();
    slow.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    // Together they ask for several hundred megabytes.
    const asked = 100;
    slow.write(concat(Array.from({ length: asked }, (_, index) => request(Fetch, fetch, 11, index))));
    for (let look = 0; look < 10; look++) await bystander.ask(Metadata, { topics: null });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * MEGABYTE);

    slow.socket.resume();
    for (let index = 0; index < asked; index++) expect(correlationIdOf(await slow.frame())).toBe(index);
  });
});
