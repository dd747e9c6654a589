import { expect, test } from 'vitest';
import { repacked } from '../../lib/broker/repackedBatch.ts';
import { crc32c } from '../../lib/bytes/crc32c.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { Produce } from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { batchesIn, decodeBatch, encodeBatch } from '../../lib/records/batch.ts';
import { ATTRIBUTES_AT, CRC_AT, codecNames } from '../../lib/records/header.ts';
import type { Codecs } from '../../lib/world/world.ts';
import { batchOf, type Client, onStage, type Stage } from './stage.ts';

const topics = { ledger: 1 };
const values = Array.from({ length: 20 }, (_, number) => `Ada pays Bob ${number}`);

async function produce(client: Client, batch: Uint8Array): Promise<string | number> {
  const topicData = [{ name: 'ledger', partitionData: [{ index: 0, records: batch }] }];
  const { responses } = await client.ask(Produce, { acks: -1, timeoutMs: 1_000, transactionalId: null, topicData });
  const { errorCode, baseOffset } = responses[0].partitionResponses[0];
  return errorCode === 0 ? baseOffset : errorOf(errorCode).name;
}

/** The batches of the log with what is in them. */
async function logged({ broker }: Stage) {
  const log = broker.topics.named('ledger')?.partitions[0].log;
  const bytes = (await log?.read(0, 1 << 20, log.logEndOffset)) ?? new Uint8Array(0);
  return [...batchesIn(bytes)].map((batch) => ({
    ...batch,
    values: decodeBatch(batch.bytes, portableCodecs).map(({ value }) => new TextDecoder().decode(value ?? undefined)),
  }));
}

test(
  'by default a batch stays as its producer has packed it',
  onStage(
    async (stage) => {
      const client = await stage.client();
      for (const codec of ['gzip', 'none'] as const) await produce(client, batchOf(values, { codec }));
      expect((await logged(stage)).map(({ header }) => header.codec)).toEqual(['gzip', 'none']);
    },
    { topics },
  ),
);

test.each(['gzip', 'snappy', 'lz4', 'uncompressed'])(
  'a broker with compression.type=%s packs every batch in this way',
  (type) =>
    onStage(
      async (stage) => {
        const client = await stage.client();
        for (const codec of ['none', 'gzip', 'lz4'] as const) await produce(client, batchOf(values, { codec }));
        const wanted = type === 'uncompressed' ? 'none' : type;
        const batches = await logged(stage);
        expect(batches.map(({ header }) => header.codec)).toEqual([wanted, wanted, wanted]);
        expect(batches.map((batch) => batch.values)).toEqual([values, values, values]);
        expect(batches.map(({ header }) => header.baseOffset)).toEqual([0, 20, 40]);
      },
      { topics, config: { 'compression.type': type } },
    )(),
);

test(
  'what an idempotent producer sends twice is there once, also when it is packed again',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const batch = batchOf(values, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
      expect(await produce(client, batch)).toBe(0);
      expect(await produce(client, batch)).toBe(0);
      const [{ header }, ...others] = await logged(stage);
      expect(header).toMatchObject({ codec: 'lz4', producerId: 7, producerEpoch: 0, baseSequence: 0 });
      expect(others).toEqual([]);
    },
    { topics, config: { 'compression.type': 'lz4' } },
  ),
);

test(
  'a batch that unpacks to more than the topic takes is refused, and so is one that does not unpack',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const alike = Array.from({ length: 100 }, () => 'the same again');
      expect(await produce(client, batchOf(alike, { codec: 'gzip' }))).toBe('MESSAGE_TOO_LARGE');
      const noGzip = batchOf(['not packed at all']);
      noGzip[ATTRIBUTES_AT + 1] = codecNames.indexOf('gzip');
      new DataView(noGzip.buffer, noGzip.byteOffset).setUint32(CRC_AT, crc32c(noGzip, ATTRIBUTES_AT));
      expect(await produce(client, noGzip)).toBe('INVALID_RECORD');
      expect(await logged(stage)).toEqual([]);
    },
    { topics, config: { 'compression.type': 'uncompressed', 'message.max.bytes': '1000' } },
  ),
);

test.each(['uncompressed', 'lz4'])(
  'a batch that holds far more than it looks is not taken apart, where compression.type=%s',
  (type) =>
    onStage(
      async (stage) => {
        const client = await stage.client();
        const empty = Array.from({ length: 1_000 }, () => null);
        const records = empty.map((value) => ({ timestamp: 1_000, key: null, value, headers: [] }));
        const many = encodeBatch(records, { codec: 'gzip' }, portableCodecs);
        const large = batchOf(['x'.repeat(10_000)], { codec: 'gzip' });
        expect(Math.max(many.length, large.length)).toBeLessThan(4_000);
        const decompressed: number[] = [];
        const codecs = {
          ...portableCodecs,
          decompress: (...args: Parameters<Codecs['decompress']>) => {
            decompressed.push(args[2]);
            return portableCodecs.decompress(...args);
          },
        };
        for (const batch of [many, large])
          expect(repacked(batch, type, 1_000, codecs)).toMatchObject({ error: { name: 'MESSAGE_TOO_LARGE' } });
        expect(decompressed).toEqual([4_000]);
        expect(await produce(client, large)).toBe('MESSAGE_TOO_LARGE');
        expect(await logged(stage)).toEqual([]);
      },
      { topics, config: { 'compression.type': type, 'message.max.bytes': '1000' } },
    )(),
);
