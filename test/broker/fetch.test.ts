import { describe, expect, test } from 'vitest';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { Fetch, ListOffsets, Metadata } from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import { NO_UUID, type RequestInput } from '../../lib/protocol/schema.ts';
import { batchesIn, encodeBatch } from '../../lib/records/batch.ts';
import { ConnectionLost } from '../../lib/world/errors.ts';
import { batchOf, type Client, onStage, type Stage } from './stage.ts';

const topics = { ledger: 3 };
type Wanted = RequestInput<typeof Fetch>['topics'][number]['partitions'][number];

function from(fetchOffset: number, partition = 0, partitionMaxBytes = 1 << 20): Wanted {
  return { partition, fetchOffset, partitionMaxBytes };
}

/** For each partition its error, or the base offsets of the batches that came. */
async function fetch(
  client: Client,
  partitions: readonly Wanted[],
  settings: Partial<RequestInput<typeof Fetch>> = {},
  version = 12,
): Promise<(string | number[])[]> {
  const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'ledger', partitions }], ...settings };
  const { responses } = await client.ask(Fetch, request, version);
  return responses.flatMap((topic) =>
    topic.partitions.map(({ errorCode, records }) =>
      errorCode === 0
        ? [...batchesIn(records ?? new Uint8Array(0))].map(({ header }) => header.baseOffset)
        : errorOf(errorCode).name,
    ),
  );
}

async function append(stage: Stage, partition: number, ...batches: Uint8Array[]): Promise<void> {
  for (const batch of batches) await stage.broker.topics.partition('ledger', partition)?.append(batch).committed;
}

describe('how much a fetch is answered with', () => {
  const batch = batchOf(['x'.repeat(100)]);
  const filled = async (stage: Stage) => {
    for (const partition of [0, 1, 2]) await append(stage, partition, batch, batch, batch);
    return stage.client();
  };

  test(
    'whole batches from the one that holds the offset, up to the limit of the partition',
    onStage(
      async (stage) => {
        const client = await filled(stage);
        expect(await fetch(client, [from(0)])).toEqual([[0, 1, 2]]);
        expect(await fetch(client, [from(1)])).toEqual([[1, 2]]);
        expect(await fetch(client, [from(3)])).toEqual([[]]);
        expect(await fetch(client, [from(0, 0, 2 * batch.length)])).toEqual([[0, 1]]);
        expect(await fetch(client, [from(0, 0, 2 * batch.length - 1)])).toEqual([[0]]);
      },
      { topics },
    ),
  );

  test(
    'the first batch however large it is, and of other partitions only what fits',
    onStage(
      async (stage) => {
        const client = await filled(stage);
        expect(await fetch(client, [from(0, 0, 1)])).toEqual([[0]]);
        expect(await fetch(client, [from(0, 0, 1), from(0, 1, 1)])).toEqual([[0], []]);
        expect(await fetch(client, [from(3, 0), from(0, 1, 1), from(0, 2)])).toEqual([[], [0], [0, 1, 2]]);
        expect(await fetch(client, [from(0, 0), from(0, 1)], { maxBytes: 4 * batch.length })).toEqual([[0, 1, 2], [0]]);
        expect(await fetch(client, [from(0, 0), from(0, 1)], { maxBytes: 1 })).toEqual([[0], []]);
        expect(await fetch(client, [from(0, 0), from(0, 1)], { maxBytes: 0 })).toEqual([[0], []]);
      },
      { topics },
    ),
  );

  test(
    'at most what the broker allows',
    onStage(
      async (stage) => {
        const client = await filled(stage);
        expect(await fetch(client, [from(0, 0), from(0, 1), from(0, 2)])).toEqual([[0, 1, 2], [0, 1, 2], []]);
      },
      { topics, config: { 'fetch.max.bytes': '1100' } },
    ),
  );
});

describe('a fetch that waits', () => {
  test(
    'does not keep a broker from stopping',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const settings = { maxWaitMs: 0x7fffffff };
        const other = await stage.client();
        const ends = Promise.allSettled([
          fetch(client, [from(0)], settings),
          fetch(other, [from(0, 1), from(0, 2)], settings),
        ]);
        await stage.sleep(100);
        const begun = stage.now;
        await stage.broker.close();
        for (const end of await ends)
          expect(end).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionLost) });
        await stage.broker.close();
        expect(stage.now - begun).toBeLessThan(1_000);
        expect(stage.world.clock.next(10).filter((event) => event.includes('timer of broker-0'))).toEqual([]);
      },
      { topics },
    ),
  );

  test(
    'is answered when something comes, and at the latest when its time is over',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const begun = stage.now;
        expect(await fetch(client, [from(0)], { maxWaitMs: 500 })).toEqual([[]]);
        expect(stage.now - begun).toBeGreaterThanOrEqual(500);
        expect(stage.now - begun).toBeLessThan(510);
        const waiting = fetch(client, [from(0, 0), from(0, 1)], { maxWaitMs: 60_000 });
        await stage.sleep(100);
        await append(stage, 1, batchOf(['a']));
        expect(await waiting).toEqual([[], [0]]);
        expect(stage.now - begun).toBeLessThan(700);
      },
      { topics },
    ),
  );

  test(
    'waits for as many bytes as it asked for, in all partitions together',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const batch = batchOf(['x'.repeat(100)]);
        await append(stage, 0, batch);
        const begun = stage.now;
        const waiting = fetch(client, [from(0, 0), from(0, 1)], { maxWaitMs: 60_000, minBytes: 3 * batch.length });
        await stage.sleep(100);
        await append(stage, 1, batch);
        await stage.sleep(100);
        await append(stage, 0, batch);
        expect(await waiting).toEqual([[0, 1], [0]]);
        expect(stage.now - begun).toBeLessThan(250);
      },
      { topics },
    ),
  );

  test(
    'is answered at once when something is wrong, and when its topic is deleted',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const begun = stage.now;
        const settings = { maxWaitMs: 60_000 };
        expect(await fetch(client, [from(0), from(5, 1)], settings)).toEqual([[], 'OFFSET_OUT_OF_RANGE']);
        const waiting = fetch(client, [from(0)], settings);
        await stage.sleep(100);
        await stage.broker.topics.delete(stage.broker.topics.named('ledger')!);
        expect(await waiting).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
        expect(stage.now - begun).toBeLessThan(250);
      },
      { topics },
    ),
  );

  test(
    'is answered at once when the log of the client parts from ours',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const begun = stage.now;
        const partitions = [from(0), { ...from(100, 1), lastFetchedEpoch: 0 }];
        expect(await fetch(client, partitions, { maxWaitMs: 60_000 })).toEqual([[], []]);
        expect(stage.now - begun).toBeLessThan(250);
      },
      { topics },
    ),
  );
});

test(
  'what cannot be fetched, and how the broker says so',
  onStage(
    async (stage) => {
      const client = await stage.client();
      await append(stage, 0, batchOf(['a']));
      const missing = { topics: [{ topic: 'missing', partitions: [from(0)] }] };
      expect(await fetch(client, [], missing)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
      expect(await fetch(client, [from(0, 3)])).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
      expect(await fetch(client, [from(2)])).toEqual(['OFFSET_OUT_OF_RANGE']);
      expect(await fetch(client, [from(-1)])).toEqual(['OFFSET_OUT_OF_RANGE']);
      expect(await fetch(client, [{ ...from(0), currentLeaderEpoch: 1 }])).toEqual(['UNKNOWN_LEADER_EPOCH']);
      const { errorCode } = await client.ask(
        Fetch,
        { maxWaitMs: 0, minBytes: 1, sessionId: 9, sessionEpoch: 1, topics: [] },
        12,
      );
      expect(errorCode).toBe(Errors.FETCH_SESSION_ID_NOT_FOUND.code);
    },
    { topics },
  ),
);

test(
  'from version 13 on topics go by their ids',
  onStage(
    async (stage) => {
      const client = await stage.client();
      await append(stage, 0, batchOf(['a']));
      const { topics: known } = await client.ask(Metadata, { topics: [{ name: 'ledger' }] });
      const byId = (topicId: string) => ({ topics: [{ topicId, topic: '', partitions: [from(0)] }] });
      expect(await fetch(client, [], byId(known[0].topicId), 13)).toEqual([[0]]);
      expect(await fetch(client, [], byId(NO_UUID), 13)).toEqual(['UNKNOWN_TOPIC_ID']);
      expect(await fetch(client, [], byId(`${known[0].topicId.slice(0, -2)}AA`), 13)).toEqual(['UNKNOWN_TOPIC_ID']);
    },
    { topics },
  ),
);

describe('offsets by name', () => {
  /** A batch with a record for each time. */
  const timed = (times: readonly number[]) =>
    encodeBatch(
      times.map((timestamp) => ({ timestamp, key: null, value: null, headers: [] })),
      {},
      portableCodecs,
    );

  async function list(client: Client, timestamp: number, partition = 0, settings = {}, version = 7) {
    const wanted = { partitionIndex: partition, timestamp, ...settings };
    const response = await client.ask(ListOffsets, { topics: [{ name: 'ledger', partitions: [wanted] }] }, version);
    const { errorCode, offset, timestamp: found } = response.topics[0].partitions[0];
    return errorCode === 0 ? [offset, found] : errorOf(errorCode).name;
  }

  test(
    'the first, the next, that of the largest time, and the first at or after a time',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect([await list(client, -2), await list(client, -1), await list(client, -3)]).toEqual([
          [0, -1],
          [0, -1],
          [-1, -1],
        ]);
        await append(stage, 0, batchOf(['a', 'b']), batchOf(['c']));
        expect(await list(client, -2)).toEqual([0, -1]);
        expect(await list(client, -1)).toEqual([3, -1]);
        expect(await list(client, -3)).toEqual([0, 1_000]);
        expect(await list(client, 0)).toEqual([0, 1_000]);
        expect(await list(client, 1_000)).toEqual([0, 1_000]);
        expect(await list(client, 1_001)).toEqual([-1, -1]);
        expect(await list(client, -1, 0, {}, 1)).toEqual([3, -1]);
      },
      { topics },
    ),
  );

  test(
    'the largest time is that of a record that is still there, also where the log begins inside a batch',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await append(stage, 0, timed([1_000, 1_009, 1_003, 1_007, 1_005]), timed([1_006]));
        const largest: unknown[] = [];
        for (let start = 0; start <= 6; start++) {
          await stage.broker.topics.partition('ledger', 0)?.deleteRecords(start);
          largest.push(await list(client, -3));
        }
        expect(largest).toEqual([
          [1, 1_009],
          [1, 1_009],
          [3, 1_007],
          [3, 1_007],
          [5, 1_006],
          [5, 1_006],
          [-1, -1],
        ]);
      },
      { topics },
    ),
  );

  test(
    'of a partition that is not there, in an epoch that is not here, and by a name that nobody knows',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await list(client, -1, 3)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await list(client, -1, 0, { currentLeaderEpoch: 4 })).toBe('UNKNOWN_LEADER_EPOCH');
        expect(await list(client, -4)).toBe('UNSUPPORTED_VERSION');
      },
      { topics },
    ),
  );
});
