/** What many connections together may take, and what happens to those that take more. */
import { describe, expect, test } from 'vitest';
import { AnswerMemory, AnswerRoom } from '../../lib/broker/answerMemory.ts';
import { ConnectionCounts, RequestMemory, RequestRoom } from '../../lib/broker/limits.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { ApiVersions, Fetch, JoinGroup, Metadata, Produce } from '../../lib/protocol/apis/index.ts';
import { encodeRequest } from '../../lib/protocol/frame.ts';
import type { Api, Fields, Input } from '../../lib/protocol/schema.ts';
import { VirtualClock } from '../../lib/sim/clock.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import type { Stream } from '../../lib/world/world.ts';
import { batchOf, onStage, type Stage } from './stage.ts';

const topics = { ledger: 1 };

function request<Q extends Fields>(api: Api<Q, Fields>, body: Input<Q>): Uint8Array {
  const apiVersion = api.versions[1];
  return concat(encodeRequest(api, { apiVersion, correlationId: 7, clientId: 'c' }, body));
}

const whyClosed = (stage: Stage) => stage.events('connection.closed').map(({ detail }) => detail.why);
const isOpen = async (stream: Stream) => {
  await stream.write([request(ApiVersions, {})]);
  return (await stream.read()) !== null;
};

describe('connections', () => {
  test(
    'beyond max.connections are closed at once, and there is room again when one has ended',
    onStage(
      async (stage) => {
        const [first, second] = [await stage.stream(), await stage.stream()];
        expect([await isOpen(first), await isOpen(second)]).toEqual([true, true]);
        const third = await stage.stream();
        expect(await third.read()).toBeNull();
        expect(stage.events('connection.refused').map(({ detail }) => detail.why)).toEqual([
          'there are 2 connections already (max.connections)',
        ]);
        first.abort('enough');
        await stage.sleep(10);
        expect(await isOpen(await stage.stream())).toBe(true);
        expect(await isOpen(second)).toBe(true);
      },
      { config: { 'max.connections': '2' } },
    ),
  );

  test('are counted for each address', () => {
    const counts = new ConnectionCounts();
    const limits = { all: 10, perAddress: 2 };
    expect(['10.0.0.1:1', '10.0.0.1:2', '::1:3'].map((remote) => counts.enter(remote, limits))).toEqual([
      null,
      null,
      null,
    ]);
    expect(counts.enter('10.0.0.1:4', limits)).toBe(
      'there are 2 connections from 10.0.0.1 already (max.connections.per.ip)',
    );
    expect(counts.enter('::1:4', limits)).toBeNull();
    counts.leave('10.0.0.1:1');
    expect(counts.enter('10.0.0.1:5', limits)).toBeNull();
  });

  test(
    'beyond max.connections.per.ip are closed, and those of others are not',
    onStage(
      async (stage) => {
        const host = stage.world.process('greedy').host();
        const open = () => host.network.connect(stage.broker.address);
        expect(await isOpen(await open())).toBe(true);
        expect(await (await open()).read()).toBeNull();
        expect(await isOpen(await stage.stream())).toBe(true);
      },
      { config: { 'max.connections.per.ip': '1' } },
    ),
  );

  test(
    'on which nothing happens for connections.max.idle.ms are closed, others are not',
    onStage(
      async (stage) => {
        const [idle, busy] = [await stage.stream(), await stage.stream()];
        for (let second = 0; second < 120; second++) {
          await stage.sleep(1_000);
          await busy.write([request(ApiVersions, {})]);
          await busy.read();
        }
        expect(await idle.read()).toBeNull();
        expect(whyClosed(stage)).toEqual(['nothing has happened on it for 60000 ms (connections.max.idle.ms)']);
      },
      { config: { 'connections.max.idle.ms': '60000' } },
    ),
  );

  test(
    'stay for ever where connections.max.idle.ms is -1',
    onStage(
      async (stage) => {
        const idle = await stage.stream();
        await stage.sleep(3_000_000);
        expect(await isOpen(idle)).toBe(true);
      },
      { config: { 'connections.max.idle.ms': '-1' } },
    ),
  );

  test(
    'in the middle of a frame, or of the wait for a group, are as idle as others',
    onStage(
      async (stage) => {
        const [half, waiting] = [await stage.stream(), await stage.stream()];
        await half.write([Uint8Array.of(0, 0, 1, 0, 0, 18)]);
        const times = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 };
        const group = { groupId: 'bank', memberId: '', protocolType: 'consumer', protocols: [] };
        await waiting.write([request(JoinGroup, { ...group, ...times })]);
        await stage.sleep(1_000_000);
        expect(whyClosed(stage)).toHaveLength(2);
      },
      { topics },
    ),
  );
});

describe('the memory of requests', () => {
  test('lets the last one in go beyond it, and the next ones wait in their order', async () => {
    const memory = new RequestMemory(100);
    const [large, small] = [new RequestRoom(memory), new RequestRoom(memory)];
    await large.reserve(500);
    let isIn = false;
    const waits = small.reserve(10).then(() => {
      isIn = true;
    });
    await large.reserve(500);
    expect([memory.taken, isIn]).toEqual([500, false]);
    large.complete(500);
    large.done(500);
    await waits;
    expect([memory.taken, isIn]).toEqual([10, true]);
    small.close();
    expect(memory.taken).toBe(0);
  });

  test('has no limit when it is 0, as in Kafka', async () => {
    const memory = new RequestMemory(0);
    await memory.take(1_000_000);
    await memory.take(1);
    expect(memory.taken).toBe(1_000_001);
  });

  test('is given back once when a connection ends, whatever it was doing', async () => {
    const memory = new RequestMemory(100);
    const room = new RequestRoom(memory);
    room.complete(30);
    await room.reserve(60);
    room.close();
    room.done(30);
    room.complete(60);
    room.close();
    expect(memory.taken).toBe(0);
    const blocker = new RequestRoom(memory);
    blocker.complete(100);
    const late = new RequestRoom(memory);
    const waits = late.reserve(10);
    late.close();
    blocker.done(100);
    await waits;
    expect(memory.taken).toBe(0);
  });

  test(
    'holds back who begins a request, and not who has room for his already; nothing is lost',
    onStage(
      async (stage) => {
        const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['x'.repeat(5_000)]) }] }];
        const produce = request(Produce, { acks: -1, timeoutMs: 1_000, topicData });
        const [slow, other] = [await stage.stream(), await stage.stream()];
        await slow.write([produce.subarray(0, 100)]);
        await stage.sleep(10);
        await other.write([produce.subarray(0, 100)]);
        await stage.sleep(10);
        await other.write([produce.subarray(100)]);
        await stage.sleep(1_000);
        const written = () => stage.broker.topics.partition('ledger', 0)?.log.logEndOffset;
        expect(written()).toBe(0);
        await slow.write([produce.subarray(100)]);
        await Promise.all([slow.read(), other.read()]);
        expect(written()).toBe(2);
      },
      { topics, config: { 'queued.max.request.bytes': '4000' } },
    ),
  );

  test(
    'held by a client that never goes on is free again when that is idle for too long',
    onStage(
      async (stage) => {
        const [slow, other] = [await stage.stream(), await stage.stream()];
        await slow.write([Uint8Array.of(0, 0, 255, 0, 0, 18)]);
        await stage.sleep(10);
        const asked = request(Metadata, { topics: null });
        await other.write([asked.subarray(0, 10)]);
        await stage.sleep(30_000);
        await other.write([asked.subarray(10)]);
        expect(await other.read()).not.toBeNull();
        expect(stage.now).toBeLessThan(100_000);
        expect(whyClosed(stage)).toHaveLength(1);
      },
      { topics, config: { 'queued.max.request.bytes': '4000', 'connections.max.idle.ms': '60000' } },
    ),
  );
});

describe('the memory of answers', () => {
  test('costs the slowest readers their connection when all together wait for too much, and no quick one', () => {
    const clock = new VirtualClock(new SeededRandom(1));
    let now = 0;
    const memory = new AnswerMemory({ ...clock.of('test'), monotonicMs: () => now }, 1_000);
    const closed: string[] = [];
    const hold = (name: string, bytes: number) => memory.hold(bytes, (why) => closed.push(`${name}: ${why}`));
    hold('slow', 600);
    now = 9_000;
    const release = hold('quick', 300);
    now = 10_000;
    hold('next', 200);
    expect(closed).toEqual(['slow: it has not taken an answer of 600 bytes for 10 s, and memory is short']);
    expect(memory.bytes).toBe(500);
    release();
    release();
    expect(memory.bytes).toBe(200);
    hold('large', 5_000);
    expect(closed).toHaveLength(1);
  });

  describe('that is full', () => {
    const full = () => {
      const memory = new AnswerMemory(new VirtualClock(new SeededRandom(1)).of('test'), 1_000);
      const room = () => new AnswerRoom(memory, () => {});
      const order: string[] = [];
      const enter = async (name: string, bytes: number, into = room()) => {
        await into.reserve(bytes);
        order.push(name);
        return into;
      };
      return { memory, room, order, enter };
    };
    const settled = () => new Promise((resolve) => setImmediate(resolve));

    test('lets fetches wait in their order, and the last to come in may go beyond it', async () => {
      const { memory, room, order, enter } = full();
      const [large, small] = [room(), room()];
      expect([large.reserve(5_000), memory.bytes]).toEqual([undefined, 5_000]);
      const first = enter('first', 900, small);
      void enter('second', 2_000);
      void enter('third', 1);
      await settled();
      expect([order, memory.bytes]).toEqual([[], 5_000]);
      large.giveBack();
      await settled();
      expect([order, memory.bytes]).toEqual([['first', 'second'], 2_900]);
      const taken = (await first).hold(300);
      expect(memory.bytes).toBe(2_300);
      taken();
      expect([order, memory.bytes]).toEqual([['first', 'second'], 2_000]);
    });

    test('forgets a fetch whose connection ends while it waits, or while it reads', async () => {
      const { memory, room, order, enter } = full();
      const [reading, waiting] = [room(), room()];
      reading.reserve(1_000);
      const waits = enter('gone', 1_000, waiting);
      void enter('next', 10);
      waiting.close();
      await expect(waits).rejects.toThrow('the connection has ended while a fetch waited for memory');
      reading.close();
      await settled();
      expect([order, memory.bytes]).toEqual([['next'], 10]);
    });

    test('gives small answers, and none that are large and have not asked for room', () => {
      const { memory, room } = full();
      const [reading, other] = [room(), room()];
      expect(other.problemWith(2 << 20)).toBeNull();
      reading.reserve(1_000);
      expect([other.problemWith(1 << 20), reading.problemWith(2 << 20)]).toEqual([null, null]);
      expect(other.problemWith(2 << 20)).toBe(
        'there is no memory for an answer of 2097152 bytes: other clients have not taken theirs',
      );
      expect(memory.bytes).toBe(1_000);
    });
  });

  test(
    'bounds what clients can have that read nothing: the next ones wait, and get theirs as the first lose their connection',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['x'.repeat(900_000)]) }] }];
        await client.ask(Produce, { acks: -1, timeoutMs: 1_000, topicData });
        const [topic] = [...stage.broker.topics.all].filter(({ name }) => name === 'ledger');
        const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
        const fetch = { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: topic.topicId, partitions }] };
        for (let reader = 0; reader < 6; reader++) {
          const stream = await stage.stream();
          await stream.write([request(Fetch, fetch)]);
        }
        await stage.sleep(100);
        const honest = client.ask(Fetch, fetch);
        for (let second = 0; second < 9; second++) {
          await stage.sleep(1_000);
          expect(stage.broker.waitingBytes).toBeLessThan(3_000_000);
          expect(whyClosed(stage)).toEqual([]);
        }
        expect((await honest).responses[0].partitions[0].records?.length).toBeGreaterThan(900_000);
        expect(whyClosed(stage)).toHaveLength(4);
        expect(whyClosed(stage)[0]).toMatch(/^it has not taken an answer of \d+ bytes for 10 s, and memory is short$/);
      },
      { topics, answerBytes: 2_000_000 },
    ),
  );

  test(
    'counts an answer until its client has taken it',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['x'.repeat(900_000)]) }] }];
        await client.ask(Produce, { acks: -1, timeoutMs: 1_000, topicData });
        const reader = await stage.stream();
        const [topic] = [...stage.broker.topics.all].filter(({ name }) => name === 'ledger');
        const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
        await reader.write([
          request(Fetch, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: topic.topicId, partitions }] }),
        ]);
        await stage.sleep(1_000);
        expect(stage.broker.waitingBytes).toBeGreaterThan(900_000);
        for (let got = 0; got < 900_000; ) got += (await reader.read())!.length;
        await stage.sleep(10);
        expect(stage.broker.waitingBytes).toBe(0);
      },
      { topics },
    ),
  );
});
