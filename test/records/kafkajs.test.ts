import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBatch, decodeBatch, encodeBatch, type RecordData, readBatchHeader } from '../../lib/records/batch.ts';
import { codecs } from './codecs.ts';
import { Decoder, decodeRecordBatch, encodeRecord, encodeRecordBatch, type KafkajsRecord, Long } from './kafkajs.ts';

const noon = 1_700_000_000_000;
const settings = { baseOffset: 417, leaderEpoch: 3, producerId: 99, producerEpoch: 2, baseSequence: 40 };
const bytes = (text: string) => new TextEncoder().encode(text);

const records: RecordData[] = [
  { timestamp: noon, key: bytes('ada'), value: bytes('hello'), headers: [] },
  { timestamp: noon - 70_000_000_000, key: null, value: bytes('much earlier'), headers: [] },
  {
    timestamp: noon + 5_000_000_000,
    key: bytes('grüße'),
    value: null,
    headers: [{ key: 'trace', value: bytes('1f') }],
  },
  { timestamp: noon + 1, key: bytes(''), value: bytes(''), headers: [{ key: 'ключ', value: bytes('') }] },
  {
    timestamp: noon + 2,
    key: bytes('k'.repeat(200)),
    value: bytes('v'.repeat(20_000)),
    headers: ['a', 'b', 'a'].map((key, index) => ({ key, value: bytes(String(index)) })),
  },
];

/** kafkajs has headers as an object, in which a key that occurs twice has a list of values. */
function asObject(record: RecordData): Record<string, Buffer[]> {
  const object: Record<string, Buffer[]> = {};
  for (const { key, value } of record.headers) object[key] = [...(object[key] ?? []), Buffer.from(value ?? [])];
  return object;
}

async function byKafkajs(all: readonly RecordData[], compression = 0): Promise<Uint8Array> {
  const asBuffer = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part));
  const batch = await encodeRecordBatch({
    compression,
    firstOffset: Long.fromValue(settings.baseOffset),
    partitionLeaderEpoch: settings.leaderEpoch,
    firstTimestamp: all[0].timestamp,
    maxTimestamp: Math.max(...all.map((record) => record.timestamp)),
    lastOffsetDelta: all.length - 1,
    producerId: Long.fromValue(settings.producerId),
    producerEpoch: settings.producerEpoch,
    firstSequence: settings.baseSequence,
    records: all.map((record, offsetDelta) =>
      encodeRecord({
        offsetDelta,
        timestampDelta: record.timestamp - all[0].timestamp,
        key: asBuffer(record.key),
        value: asBuffer(record.value),
        headers: asObject(record),
      }),
    ),
  });
  return new Uint8Array(batch.buffer);
}

/** kafkajs reads a key or value of no bytes as null, and so loses the difference. */
const nullWhenEmpty = (part: Uint8Array | null) => (part === null || part.length === 0 ? null : [...part]);

function seenByKafkajs(record: RecordData, index: number) {
  return {
    offset: String(settings.baseOffset + index),
    timestamp: String(record.timestamp),
    key: nullWhenEmpty(record.key),
    value: nullWhenEmpty(record.value),
    headers: Object.entries(asObject(record)).map(([key, values]) => [key, values.map(nullWhenEmpty)]),
  };
}

function readByKafkajs(record: KafkajsRecord) {
  const list = (value: Buffer | Buffer[] | null) => (Array.isArray(value) ? value : [value]);
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: nullWhenEmpty(record.key),
    value: nullWhenEmpty(record.value),
    headers: Object.entries(record.headers).map(([key, value]) => [key, list(value).map(nullWhenEmpty)]),
  };
}

/** As lists of headers sorted by key, since kafkajs groups them. */
function comparable(record: RecordData) {
  const headers = [...record.headers].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { ...record, headers };
}

describe('kafkajs and kafkaito understand each other', () => {
  test('the same records give the same bytes', async () => {
    const inOrder = records.map((record) => ({ ...record, headers: record.headers.slice(0, 1) }));
    expect(encodeBatch(inOrder, settings, codecs)).toEqual(await byKafkajs(inOrder));
  });

  test('a batch of kafkajs is read by us', async () => {
    const batch = await byKafkajs(records);
    expect(checkBatch(batch)).toMatchObject({ ...{ baseOffset: 417, partitionLeaderEpoch: 3, codec: 'none' } });
    expect(readBatchHeader(batch)).toMatchObject({
      producerId: 99,
      producerEpoch: 2,
      baseSequence: 40,
      recordCount: 5,
    });
    const expected = records.map((record, index) => ({ ...comparable(record), offset: 417 + index }));
    const read = decodeBatch(batch, codecs).map((record) => ({ ...record, ...comparable(record) }));
    expect(read).toEqual(expected);
  });

  test('a batch of ours is read by kafkajs', async () => {
    const batch = encodeBatch(records, { ...settings, isTransactional: true }, codecs);
    const read = await decodeRecordBatch(new Decoder(Buffer.from(batch)));
    expect(read).toMatchObject({ firstOffset: '417', producerId: '99', producerEpoch: 2, firstSequence: 40 });
    expect(read).toMatchObject({
      partitionLeaderEpoch: 3,
      lastOffsetDelta: 4,
      inTransaction: true,
      isControlBatch: false,
    });
    expect(read.maxTimestamp).toBe(String(noon + 5_000_000_000));
    expect(read.records.map(readByKafkajs)).toEqual(records.map(seenByKafkajs));
  });

  test('also when they are packed with gzip', async () => {
    expect(decodeBatch(await byKafkajs(records, 1), codecs)).toHaveLength(5);
    const ours = encodeBatch(records, { ...settings, codec: 'gzip' }, codecs);
    expect(ours.length).toBeLessThan(1000);
    const read = await decodeRecordBatch(new Decoder(Buffer.from(ours)));
    expect(read.records.map(readByKafkajs)).toEqual(records.map(seenByKafkajs));
  });

  test('whatever the keys, values and times are', async () => {
    const part = fc.option(fc.uint8Array({ minLength: 1, maxLength: 30 }), { nil: null });
    const timestamp = fc.integer({ min: -(2 ** 40), max: 2 ** 42 });
    const record = fc.record({ timestamp, key: part, value: part, headers: fc.constant([]) });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (all) => {
        const ours = encodeBatch(all, settings, codecs);
        expect(ours).toEqual(await byKafkajs(all));
        const theirs = await decodeRecordBatch(new Decoder(Buffer.from(ours)));
        expect(theirs.records.map(readByKafkajs)).toEqual(all.map(seenByKafkajs));
      }),
    );
  });
});
