import { describe, expect, test } from 'vitest';
import { ClientConnection } from '../../lib/broker/connection.ts';
import { CloseConnection, type Dispatcher, type Job } from '../../lib/broker/dispatch.ts';
import { routes } from '../../lib/broker/routes.ts';
import { Reader } from '../../lib/bytes/reader.ts';
import { concat, Writer } from '../../lib/bytes/writer.ts';
import {
  ApiVersions,
  apis,
  Fetch,
  Heartbeat,
  JoinGroup,
  Metadata,
  Produce,
  SyncGroup,
} from '../../lib/protocol/apis/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { decodeResponse, encodeRequest, FrameSplitter } from '../../lib/protocol/frame.ts';
import type { Api, Fields, Input } from '../../lib/protocol/schema.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Stream } from '../../lib/world/world.ts';
import { batchOf, onStage, type Stage } from './stage.ts';

const topics = { ledger: 1 };
/** An API with only its answer in the type, as `decodeResponse` wants it. */
type AnswerOf<A> = A extends Api<infer _, infer Response> ? Api<Fields, Response> : never;
type AnswerOfJoin = AnswerOf<typeof JoinGroup>;
type AnswerOfMetadata = AnswerOf<typeof Metadata>;

function request<Q extends Fields>(
  api: Api<Q, Fields>,
  version: number,
  correlationId: number,
  body: Input<Q>,
): Uint8Array {
  return concat(encodeRequest(api, { apiVersion: version, correlationId, clientId: 'c' }, body));
}

function bare(apiKey: number, version: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const writer = new Writer();
  writer.int32(10 + rest.length);
  writer.int16(apiKey);
  writer.int16(version);
  writer.int32(7);
  writer.int16(-1);
  writer.bytes(rest);
  return concat(writer.finish());
}

/** The frames that come until the connection ends, or `count` of them. */
async function frames(stream: Stream, count = Infinity): Promise<Uint8Array[]> {
  const splitter = new FrameSplitter(1 << 30);
  const got: Uint8Array[] = [];
  while (got.length < count) {
    const chunk = await stream.read();
    if (chunk === null) break;
    got.push(...splitter.push(chunk));
  }
  return got;
}

const idsOf = (got: Uint8Array[]) => got.map((frame) => new Reader(frame).int32());
const fetchRequest = (correlationId: number, maxWaitMs: number) => {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  return request(Fetch, 12, correlationId, { maxWaitMs, minBytes: 1, topics: [{ topic: 'ledger', partitions }] });
};
const produceRequest = (correlationId: number) => {
  const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['a']) }] }];
  return request(Produce, 9, correlationId, { acks: -1, timeoutMs: 1_000, topicData });
};

describe('requests of one connection', () => {
  test(
    'are answered in their order, also when a later one could be answered first',
    onStage(
      async (stage) => {
        const stream = await stage.stream();
        await stream.write([
          fetchRequest(1, 300),
          request(Metadata, 9, 2, { topics: null }),
          produceRequest(3),
          produceRequest(4),
        ]);
        expect(idsOf(await frames(stream, 4))).toEqual([1, 2, 3, 4]);
      },
      { topics },
    ),
  );

  test(
    'may repeat a correlation id: it is the client who must know',
    onStage(async (stage) => {
      const stream = await stage.stream();
      await stream.write([5, 5, 5].map((id) => request(ApiVersions, 0, id, {})));
      expect(idsOf(await frames(stream, 3))).toEqual([5, 5, 5]);
    }),
  );

  test(
    'arrive in any pieces',
    onStage(async (stage) => {
      const stream = await stage.stream();
      const whole = concat([1, 2].map((id) => request(Metadata, 12, id, { topics: null })));
      for (const byte of whole) await stream.write([Uint8Array.of(byte)]);
      expect(idsOf(await frames(stream, 2))).toEqual([1, 2]);
    }),
  );

  test(
    'leave a line in the trace when they are answered',
    onStage(async (stage) => {
      const stream = await stage.stream();
      await stream.write([request(Metadata, 12, 31, { topics: null })]);
      await frames(stream, 1);
      expect(stage.events('response.sent').map(({ detail }) => detail)).toEqual([
        { to: expect.stringMatching(/^client-0:\d+$/), client: 'c', api: 'Metadata', version: 12, correlationId: 31 },
      ]);
    }),
  );
});

describe('what makes no sense', () => {
  const nonsense: Record<string, Uint8Array> = {
    'a frame of 2 GB': Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
    'a frame of negative length': Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    'an empty frame': Uint8Array.of(0, 0, 0, 0),
    'an API that does not exist': bare(999, 0),
    'an API that has no handler': bare(4, 0),
    'a version that does not exist': bare(Metadata.key, 99),
    'a version below the lowest': bare(Fetch.key, 3),
    'a request that is cut off': bare(Heartbeat.key, 0, Uint8Array.of(0, 5, 65)),
    'an array longer than the frame': bare(Metadata.key, 1, Uint8Array.of(0x7f, 0xff, 0xff, 0xff)),
  };

  test.each(Object.entries(nonsense))('%s ends its connection, and no other', (_, bytes) =>
    onStage(async (stage) => {
      const [stream, other] = [await stage.stream(), await stage.client()];
      await stream.write([bytes]);
      expect(await frames(stream)).toEqual([]);
      expect((await other.ask(ApiVersions, {})).errorCode).toBe(0);
      const closed = stage.events('connection.closed');
      expect(closed.map(({ detail }) => detail.why)).toEqual([expect.stringMatching(/\w+/)]);
      expect(stage.events('request.failed')).toEqual([]);
    })(),
  );

  test(
    'bytes behind a request are passed over: librdkafka leaves some when it asks for all topics',
    onStage(
      async (stage) => {
        const stream = await stage.stream();
        // Metadata v12 as librdkafka 2.16 sends it: no topics named, three flags of zero, and then 01 00 00.
        const asked = '000000190003000c00000003000772646b61666b610000000000010000';
        await stream.write([Uint8Array.from(asked.match(/../g)!, (pair) => Number.parseInt(pair, 16))]);
        const reader = new Reader((await frames(stream, 1))[0]);
        expect(reader.int32()).toBe(3);
        const answer = decodeResponse(Metadata as unknown as AnswerOfMetadata, 12, reader);
        expect(answer.topics.map(({ name }) => name)).toEqual(['ledger']);
      },
      { topics },
    ),
  );

  test(
    'a client whose name is in Latin-1 is answered, as by Kafka',
    onStage(async (stage) => {
      const stream = await stage.stream();
      const asked = concat(
        encodeRequest(Metadata, { apiVersion: 4, correlationId: 3, clientId: 'caf?' }, { topics: [] }),
      );
      asked[asked.indexOf(0x3f)] = 0xe9;
      await stream.write([asked]);
      expect(idsOf(await frames(stream, 1))).toEqual([3]);
      expect(stage.broker.connections[0].clientId).toBe('caf\ufffd');
    }),
  );

  test(
    'ApiVersions in a version of the future is answered in the oldest form',
    onStage(async (stage) => {
      const stream = await stage.stream();
      await stream.write([bare(ApiVersions.key, 9, Uint8Array.of(0, 1, 2, 3))]);
      const reader = new Reader((await frames(stream, 1))[0]);
      expect([reader.int32(), reader.int16(), reader.int32()]).toEqual([7, Errors.UNSUPPORTED_VERSION.code, 1]);
      expect([reader.int16(), reader.int16(), reader.int16(), reader.remaining]).toEqual([ApiVersions.key, 0, 4, 0]);
      await stream.write([request(ApiVersions, 0, 8, {})]);
      expect(idsOf(await frames(stream, 1))).toEqual([8]);
    }),
  );

  test(
    'a client that will not say what it is',
    onStage(async (stage) => {
      const client = await stage.client();
      const { errorCode } = await client.ask(ApiVersions, { clientSoftwareName: '-', clientSoftwareVersion: '1' });
      expect(errorCode).toBe(Errors.INVALID_REQUEST.code);
    }),
  );
});

test(
  'what is announced is what has a handler, in the versions of its schema',
  onStage(async (stage) => {
    const client = await stage.client();
    const { apiKeys } = await client.ask(ApiVersions, {});
    expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual(
      [...new Set(routes.map(({ api }) => api.key))].sort((a, b) => a - b),
    );
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      const { versions } = apis.get(apiKey)!;
      expect([minVersion, maxVersion]).toEqual([apiKey === Produce.key ? 0 : versions[0], versions[1]]);
    }
  }),
);

/** A connection that never ends by itself, over a stream whose other side is the test. */
function connected(jobs: (frame: Uint8Array) => Partial<Job>) {
  const world = new SimulatedWorld(1);
  const host = world.process('broker').host();
  const chunks: (Uint8Array | null)[] = [];
  const written: Uint8Array[][] = [];
  const state = { reads: 0, aborted: '', release: [] as (() => void)[] };
  const stream: Stream = {
    remote: 'test:1',
    read: async () => {
      state.reads++;
      return chunks.length > 0 ? (chunks.shift() ?? null) : new Promise(() => {});
    },
    write: (bytes) => {
      written.push([...bytes]);
      return new Promise((resolve) => state.release.push(resolve));
    },
    abort: (reason) => {
      state.aborted = reason;
    },
  };
  const header = { apiKey: 0, apiVersion: 0, correlationId: 0, clientId: null };
  const decode = (frame: Uint8Array): Job => {
    return { header, apiName: 'Test', pipelined: true, answer: async () => [frame], ...jobs(frame) };
  };
  const connection = new ClientConnection(host, stream, { decode } as unknown as Dispatcher, 1 << 20);
  return { connection, chunks, written, state };
}

const framesOf = (count: number, bytes = 4) => {
  const frame = new Uint8Array(4 + bytes);
  new DataView(frame.buffer).setInt32(0, bytes);
  return concat(Array.from({ length: count }, () => frame));
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a client that does not read its answers', () => {
  test('is not read from, and makes the broker hold one answer', async () => {
    let begun = 0;
    const { connection, chunks, written, state } = connected(() => ({
      pipelined: false,
      answer: async () => {
        begun++;
        return [new Uint8Array(1000)];
      },
    }));
    for (let count = 0; count < 100; count++) chunks.push(framesOf(10));
    void connection.serve();
    await settle();
    expect([state.reads, begun, written.length]).toEqual([1, 1, 1]);
    state.release[0]();
    await settle();
    expect([state.reads, begun, written.length]).toEqual([1, 2, 2]);
  });

  test('has a limited number of overlapping requests under way', async () => {
    let begun = 0;
    const { connection, chunks, state } = connected(() => ({
      answer: async () => {
        begun++;
        return [];
      },
    }));
    for (let count = 0; count < 10; count++) chunks.push(framesOf(10));
    void connection.serve();
    await settle();
    expect([state.reads, begun]).toEqual([2, 16]);
  });

  test('has a limited size of overlapping requests under way', async () => {
    let begun = 0;
    const { connection, chunks } = connected(() => ({
      answer: async () => {
        begun++;
        return [];
      },
    }));
    for (let count = 0; count < 30; count++) chunks.push(framesOf(1, 1 << 20));
    void connection.serve();
    await settle();
    expect(begun).toBeLessThanOrEqual(16);
    expect(begun).toBeGreaterThanOrEqual(15);
  });
});

test('an answer that is ready before the one before it waits its turn', async () => {
  let finishFirst = () => {};
  let asked = 0;
  const { connection, chunks, written, state } = connected(() => ({
    answer: async () => {
      const number = ++asked;
      if (number === 1) await new Promise<void>((resolve) => (finishFirst = resolve));
      return [Uint8Array.of(number)];
    },
  }));
  chunks.push(framesOf(2));
  void connection.serve();
  await settle();
  expect([asked, written.length]).toEqual([2, 0]);
  finishFirst();
  await settle();
  state.release[0]();
  await settle();
  expect(written).toEqual([[Uint8Array.of(1)], [Uint8Array.of(2)]]);
});

describe('the end of a connection', () => {
  test('by the client leaves nothing running', async () => {
    const { connection, chunks, state } = connected(() => ({}));
    chunks.push(null);
    await connection.serve();
    expect(state.aborted).toBe('the client has ended the connection');
  });

  test('by the broker takes requests with it that are still being answered', async () => {
    const { connection, chunks, written, state } = connected(() => ({ answer: () => new Promise(() => {}) }));
    chunks.push(framesOf(3));
    const served = connection.serve();
    await settle();
    connection.close('the broker stops');
    await served;
    expect([state.aborted, written.length]).toEqual(['the broker stops', 0]);
  });

  test('comes after the answers to what was asked before', async () => {
    let asked = 0;
    const { connection, chunks, written, state } = connected(() => ({
      answer: async () => {
        if (++asked === 3) throw new CloseConnection('no answer is expected');
        return [Uint8Array.of(asked)];
      },
    }));
    chunks.push(framesOf(3));
    const served = connection.serve();
    await settle();
    state.release[0]();
    await settle();
    state.release[1]();
    await served;
    expect(written).toEqual([[Uint8Array.of(1)], [Uint8Array.of(2)]]);
    expect(state.aborted).toBe('no answer is expected');
  });
});

test(
  'nothing of a request is kept after its answer: the memory it came in may be used again',
  onStage(
    async (stage) => {
      const { memory, stream } = await reusing(stage);
      const client = await stage.client();
      await client.ask(Metadata, { topics: [{ name: '__consumer_offsets' }] });
      const protocols = [{ name: 'range', metadata: new TextEncoder().encode('wants ledger') }];
      const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 };
      const join = { groupId: 'bank', ...times, memberId: '', protocolType: 'consumer', protocols };
      await stream.write([produceRequest(1), request(JoinGroup, 3, 2, join)]);
      const reader = new Reader((await frames(stream, 2))[1].subarray(4));
      const { memberId } = decodeResponse(JoinGroup as unknown as AnswerOfJoin, 3, reader);
      const assignments = [{ memberId, assignment: new TextEncoder().encode('ledger 0') }];
      await stream.write([request(SyncGroup, 0, 3, { groupId: 'bank', generationId: 1, memberId, assignments })]);
      await frames(stream, 1);
      for (const bytes of memory) bytes.fill(0xff);
      const [group] = stage.broker.groups.shards.loaded.flatMap((shard) => [...shard.groups]);
      const [member] = group.members.values();
      expect(new TextDecoder().decode(member.protocols[0].metadata)).toBe('wants ledger');
      expect(new TextDecoder().decode(member.assignment)).toBe('ledger 0');
      const { responses } = await client.ask(
        Fetch,
        {
          ...{ maxWaitMs: 0, minBytes: 1 },
          topics: [{ topic: 'ledger', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
        },
        12,
      );
      expect(responses[0].partitions[0].records).toEqual(batchOf(['a'], { leaderEpoch: 0 }));
    },
    { topics, config: { 'offsets.topic.num.partitions': '1' } },
  ),
);

/** A broker whose every read is remembered, so that the test can write over it. */
async function reusing(stage: Stage): Promise<{ memory: Uint8Array[]; stream: Stream }> {
  const memory: Uint8Array[] = [];
  await stage.broker.close();
  await stage.start((host) => ({
    ...host,
    network: {
      ...host.network,
      listen: (at, accept) =>
        host.network.listen(at, (stream) =>
          accept({
            remote: stream.remote,
            write: (chunks) => stream.write(chunks),
            abort: (reason) => stream.abort(reason),
            read: async () => {
              const bytes = await stream.read();
              if (bytes) memory.push(bytes);
              return bytes;
            },
          }),
        ),
    },
  }));
  return { memory, stream: await stage.stream() };
}
