import { describe, expect, test } from 'vitest';
import { crc32c } from '../../lib/bytes/crc32c.ts';
import { ApiVersions, Fetch, Produce } from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import { api, array, int16, int32, int64, records, string, struct } from '../../lib/protocol/schema.ts';
import { ATTRIBUTES_AT, CRC_AT } from '../../lib/records/header.ts';
import { ConnectionLost } from '../../lib/world/errors.ts';
import { batchOf, type Client, onStage } from './stage.ts';

const topics = { ledger: 2 };

/** What became of one batch, as the name of its error or the offset that it got. */
async function produce(
  client: Client,
  batch: Uint8Array | null,
  { name = 'ledger', index = 0, acks = -1, transactionalId = null as string | null, version = 11 } = {},
): Promise<string | number> {
  const topicData = [{ name, partitionData: [{ index, records: batch }] }];
  const response = await client.ask(Produce, { acks, timeoutMs: 1_000, transactionalId, topicData }, version);
  const { errorCode, baseOffset } = response.responses[0].partitionResponses[0];
  return errorCode === 0 ? baseOffset : errorOf(errorCode).name;
}

describe('a batch', () => {
  test(
    'gets its offsets, one partition apart from the other',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await produce(client, batchOf(['a', 'b']))).toBe(0);
        expect(await produce(client, batchOf(['c']), { acks: 1 })).toBe(2);
        expect(await produce(client, batchOf(['d']), { index: 1 })).toBe(0);
        expect(await produce(client, batchOf(['e']), { version: 3 })).toBe(3);
      },
      { topics },
    ),
  );

  test(
    'without acks gets no answer, and the next request is answered in its place',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['a']) }] }];
        await client.connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 0, topicData });
        expect(await produce(client, batchOf(['b']))).toBe(1);
      },
      { topics },
    ),
  );

  test(
    'without acks still takes its turn: a connection may not have more under way than the disk has written',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batchOf(['a']) }] }];
        let appended = 0;
        let written = 0;
        let most = 0;
        stage.world.trace.watch(({ what, detail }) => {
          if (what === 'partition.append') appended++;
          if (what === 'partition.highWatermark') written = Number(detail.offset);
          most = Math.max(most, appended - written);
        });
        for (let count = 0; count < 50; count++) {
          void client.connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 0, topicData });
        }
        expect(await produce(client, batchOf(['b']))).toBe(50);
        expect(most).toBeLessThanOrEqual(16);
      },
      { topics },
    ),
  );

  test(
    'without acks that is refused ends the connection: there is no other way to say so',
    onStage(async (stage) => {
      const client = await stage.client();
      const topicData = [{ name: 'missing', partitionData: [{ index: 0, records: batchOf(['a']) }] }];
      await client.connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 0, topicData });
      await expect(client.ask(ApiVersions, {})).rejects.toThrow(ConnectionLost);
    }),
  );

  test(
    'keeps nothing of the request: its bytes may be used again once they are written',
    onStage(
      async (stage) => {
        const batch = batchOf(['a']);
        const partition = stage.broker.topics.partition('ledger', 0);
        const appended = partition?.append(batch);
        await appended?.committed;
        batch.fill(0xff);
        const client = await stage.client();
        const wanted = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 };
        const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'ledger', partitions: [wanted] }] };
        const { responses } = await client.ask(Fetch, request, 12);
        expect(responses[0].partitions[0].records).toEqual(batchOf(['a'], { leaderEpoch: 0 }));
      },
      { topics },
    ),
  );
});

/** The batch as one that says it has `count` records, with a checksum that is right. */
function announcing(count: number, batch: Uint8Array): Uint8Array {
  const view = new DataView(batch.buffer, batch.byteOffset);
  view.setInt32(23, count - 1);
  view.setInt32(57, count);
  view.setUint32(CRC_AT, crc32c(batch, ATTRIBUTES_AT));
  return batch;
}

describe('what is refused, and how', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
    'a batch (%s) that announces records which are not there gets no offsets for them',
    (codec) =>
      onStage(
        async (stage) => {
          const client = await stage.client();
          for (const count of [100, 2 ** 31 - 1]) {
            expect(await produce(client, announcing(count, batchOf(['a', 'b'], { codec })))).toBe('INVALID_RECORD');
          }
          expect(stage.broker.topics.partition('ledger', 0)?.log.logEndOffset).toBe(0);
          const alike = Array.from({ length: 3_000 }, () => '');
          expect(await produce(client, batchOf(alike, { codec }))).toBe(0);
        },
        { topics },
      )(),
  );

  const corrupt = batchOf(['a']);
  corrupt[corrupt.length - 1] ^= 1;
  const wrongCount = batchOf(['a', 'b']);

  test(
    'each with its own error, and nothing is written',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const two = new Uint8Array([...wrongCount, ...batchOf(['c'])]);
        expect(await produce(client, batchOf(['a']), { name: 'missing' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await produce(client, batchOf(['a']), { index: 2 })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await produce(client, batchOf(['a']), { index: -1 })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await produce(client, corrupt)).toBe('CORRUPT_MESSAGE');
        expect(await produce(client, batchOf(['a']).subarray(0, -1))).toBe('INVALID_RECORD');
        expect(await produce(client, two)).toBe('INVALID_RECORD');
        expect(await produce(client, new Uint8Array(10))).toBe('INVALID_RECORD');
        expect(await produce(client, null)).toBe('INVALID_RECORD');
        expect(await produce(client, new Uint8Array(0))).toBe('INVALID_RECORD');
        expect(await produce(client, batchOf(['x'.repeat(3_000)]))).toBe('MESSAGE_TOO_LARGE');
        expect(await produce(client, batchOf(['a'], { isControl: true }))).toBe('INVALID_RECORD');
        expect(await produce(client, batchOf(['a'], { producerId: 1, producerEpoch: 0 }))).toBe('INVALID_RECORD');
        expect(await produce(client, batchOf(['a']), { acks: 2 })).toBe('INVALID_REQUIRED_ACKS');
        const inTransaction = batchOf(['a'], { isTransactional: true });
        expect(await produce(client, inTransaction)).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
        expect(await produce(client, inTransaction, { transactionalId: 't' })).toBe('INVALID_TXN_STATE');
        expect(stage.broker.topics.partition('ledger', 0)?.log.logEndOffset).toBe(0);
      },
      { topics, config: { 'message.max.bytes': '2000' } },
    ),
  );

  test(
    'a batch larger than a segment, and a time too far ahead or behind',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await produce(client, batchOf(['x'.repeat(3_000)]))).toBe('RECORD_LIST_TOO_LARGE');
        const configs = { 'message.timestamp.after.max.ms': '0', 'message.timestamp.before.max.ms': '1000' };
        await stage.broker.topics.ensure('punctual', 1, configs);
        const now = stage.world.clock.of('main').wallMs();
        const at = (timestamp: number) => produce(client, batchOf(['a'], {}, timestamp), { name: 'punctual' });
        expect(await at(now + 1_000)).toBe('INVALID_TIMESTAMP');
        expect(await at(now - 5_000)).toBe('INVALID_TIMESTAMP');
        expect(await at(now)).toBe(0);
      },
      { topics, config: { 'log.segment.bytes': '2000' } },
    ),
  );
});

describe('an idempotent producer', () => {
  const batch = (baseSequence: number, producerEpoch = 0) =>
    batchOf(['a', 'b'], { producerId: 7, producerEpoch, baseSequence });

  test(
    'gets the first answer again for a batch that it sends again, also after the broker was killed',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await produce(client, batch(0))).toBe(0);
        expect(await produce(client, batch(2))).toBe(2);
        expect(await produce(client, batch(0))).toBe(0);
        stage.crash();
        await stage.start();
        const again = await stage.client();
        expect(await produce(again, batch(2))).toBe(2);
        expect(await produce(again, batch(4))).toBe(4);
        expect(stage.broker.topics.partition('ledger', 0)?.log.logEndOffset).toBe(6);
      },
      { topics },
    ),
  );

  test(
    'is refused when a batch is missing before this one, or when a newer one is at work',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await produce(client, batch(0))).toBe(0);
        expect(await produce(client, batch(4))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
        expect(await produce(client, batch(0, 1))).toBe(2);
        expect(await produce(client, batch(2, 0))).toBe('INVALID_PRODUCER_EPOCH');
      },
      { topics },
    ),
  );
});

/** Produce as it was before record batches: only to see it refused. */
const Ancient = api({
  key: 0,
  name: 'Produce',
  versions: [0, 2],
  flexibleSince: 9,
  request: {
    acks: int16,
    timeoutMs: int32,
    topicData: array(struct({ name: string, partitionData: array(struct({ index: int32, records })) })),
  },
  response: {
    responses: array(
      struct({
        name: string,
        partitionResponses: array(
          struct({ index: int32, errorCode: int16, baseOffset: int64, logAppendTimeMs: int64.since(2) }),
        ),
      }),
    ),
    throttleTimeMs: int32.since(1),
  },
});

test(
  'versions 0 to 2 are announced, and answered with UNSUPPORTED_VERSION in their own form',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const { apiKeys } = await client.ask(ApiVersions, {});
      expect(apiKeys.find(({ apiKey }) => apiKey === Produce.key)).toMatchObject({ minVersion: 0, maxVersion: 11 });
      for (const version of [0, 1, 2]) {
        const topicData = [{ name: 'ledger', partitionData: [{ index: 1, records: batchOf(['a']) }] }];
        const { responses } = await client.ask(Ancient, { acks: 1, timeoutMs: 0, topicData }, version);
        const [{ name, partitionResponses }] = responses;
        expect(name).toBe('ledger');
        expect(partitionResponses[0]).toMatchObject({
          index: 1,
          errorCode: Errors.UNSUPPORTED_VERSION.code,
          baseOffset: -1,
        });
      }
    },
    { topics },
  ),
);
