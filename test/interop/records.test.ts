/**
 * Records as every client writes and reads them, in every codec that it has. What one writes all read, and so do we: each
 * writer has a topic of its own for a codec, and every reader must find there what was written, byte by byte.
 */
import { bytes, type Kafka } from 'kafkaito';
import { connect } from 'kafkaito/node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { framesSnappy, keys } from './clients.ts';
import { type Codec, Driver, type PlacedRecord, Refusal, type WireRecord } from './driver.ts';
import { base64, begin, createTopic, numbered } from './observe.ts';

const { bootstrap, clients } = inject('interop');
const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** We write as well. */
const OURS = 'us';
/** The topic of a writer and a codec, which has what it wrote when it last tried. */
const topics = new Map<string, string>();
const topicOf = (codec: Codec, writer: string) => topics.get(`${codec} by ${writer}`)!;

const drivers = new Map<string, Driver>();
const driverOf = (name: string) => drivers.get(name)!;
let kafka: Kafka;

beforeAll(async () => {
  kafka = await connect(bootstrap);
  for (const client of clients) drivers.set(client.name, new Driver(client));
});

afterAll(async () => {
  await Promise.all([...drivers.values()].map((driver) => driver.close()));
  await kafka.close();
});

async function createTopicOf(codec: Codec, writer: string): Promise<string> {
  const topic = fresh(`records-${codec}-${writer}`);
  topics.set(`${codec} by ${writer}`, topic);
  await createTopic(driverOf(clients[0].name), topic, 1);
  return topic;
}

/** Records that have gone wrong somewhere before: nothing, nothing at all, every byte, much, and what does not compress. */
function awkward(): WireRecord[] {
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const noise = Uint8Array.from({ length: 5000 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 13);
  const headers: WireRecord['headers'] = [
    ['trace', base64('0af7651916cd43dd')],
    ['', base64('a header without a name')],
    ['empty', ''],
    ['Länge', Buffer.from(everyByte).toString('base64')],
  ];
  const records: Omit<WireRecord, 'timestamp'>[] = [
    { key: base64('both'), value: base64('a key and a value'), headers: [] },
    { key: null, value: base64('no key'), headers: [] },
    { key: base64('no value'), value: null, headers: [] },
    { key: '', value: '', headers: [] },
    { key: base64('Zürich ✓'), value: Buffer.from(everyByte).toString('base64'), headers },
    { key: base64('long'), value: base64('the same again and again, '.repeat(4000)), headers: [] },
    { key: base64('noise'), value: Buffer.from(noise).toString('base64'), headers: headers.slice(0, 1) },
  ];
  return records.map((record, index) => ({ ...record, timestamp: begin + index * 250 }));
}

const written = awkward();
const wanted: PlacedRecord[] = written.map((record, offset) => ({ ...record, partition: 0, offset }));

describe.each(codecs)('%s', (codec) => {
  const able = clients.filter((client) => client.codecs.includes(codec));
  const unable = clients.filter((client) => !client.codecs.includes(codec));
  const writers = [...able.map(({ name }) => name), OURS];

  test.each(able)('is written by $name', async ({ name }) => {
    const records = written.map((record) => ({ ...record, partition: 0 }));
    const topic = await createTopicOf(codec, name);
    const request = { topic, codec, acks: -1, idempotent: false, records } as const;
    const places = await driverOf(name).do('produce', request);
    // Some tell of each record, some of the first of each batch.
    expect(places[0]).toEqual({ partition: 0, offset: 0 });
  });

  test('is written by us', async () => {
    const topic = await createTopicOf(codec, OURS);
    const producer = kafka.producer({ compressionType: codec });
    const records = written.map(({ key, value, headers, timestamp }) => ({
      ...{ topic, timestamp, key: decoded(key), value: decoded(value) },
      headers: headers.map(([name, its]) => ({ key: name, value: decoded(its) })),
    }));
    await producer.send(records);
    await producer.close();
  });

  test.each(able)('is read by $name, whoever has written it', async ({ name, readsNoFramedSnappy }) => {
    for (const writer of writers) {
      const topic = topicOf(codec, writer);
      const read = driverOf(name).do('read', { topic, partition: 0, from: 0, count: wanted.length });
      if (codec === 'snappy' && readsNoFramedSnappy && framesSnappy.has(writer)) {
        await expect(read, `written by ${writer}`).rejects.toThrow(Refusal);
      } else {
        expect(await read, `written by ${writer}`).toEqual(wanted);
      }
    }
  });

  test('is read by us, whoever has written it', async () => {
    for (const writer of writers) {
      const records = await readAll(topicOf(codec, writer), wanted.length);
      expect(records, `written by ${writer}`).toEqual(wanted);
    }
  });

  if (unable.length > 0) {
    test.each(unable)('is nothing that $name reads, and it says so', async ({ name }) => {
      const refused = driverOf(name).do('read', { topic: topicOf(codec, OURS), partition: 0, from: 0, count: 1 });
      await expect(refused).rejects.toThrow(Refusal);
    });
  }
});

test('headers may repeat a name and lack a value, for those who know them as a list', async () => {
  const able = clients.filter(({ headersRepeat }) => headersRepeat).map(({ name }) => name);
  const headers: WireRecord['headers'] = [
    ['hop', base64('one')],
    ['hop', null],
    ['hop', ''],
    ['end', base64('x')],
    ['hop', base64('two')],
  ];
  for (const name of able) {
    const topic = fresh(`headers-${name}`);
    await createTopic(driverOf(name), topic, 1);
    const records = [{ ...numbered(1, 0)[0], headers }];
    await driverOf(name).do('produce', { topic, codec: 'none', acks: -1, idempotent: false, records });
    for (const reader of able) {
      const [found] = await driverOf(reader).do('read', { topic, partition: 0, from: 0, count: 1 });
      expect(found.headers, `written by ${name}, read by ${reader}`).toEqual(headers);
    }
    expect((await readAll(topic, 1))[0].headers, `written by ${name}`).toEqual(headers);
  }
});

async function readAll(topic: string, count: number): Promise<PlacedRecord[]> {
  const consumer = kafka.consumer({ autoOffsetReset: 'earliest', keyDeserializer: bytes, valueDeserializer: bytes });
  await consumer.assign([{ topic, partition: 0 }]);
  const records: PlacedRecord[] = [];
  for (let polls = 0; records.length < count && polls < 100; polls++) {
    for (const { partition, offset, timestamp, key, value, headers } of await consumer.poll('200 ms')) {
      const pairs = headers.map((header) => [header.key, encoded(header.value)] as const);
      records.push({ partition, offset, timestamp, key: encoded(key), value: encoded(value), headers: pairs });
    }
  }
  await consumer.close();
  return records;
}

describe.each(clients)('$name', ({ name, partitionsOfKeys }) => {
  let topic = '';
  const read = async (partition: number, from: number, count: number) =>
    (await driverOf(name).do('read', { topic, partition, from, count })).map(({ value }) => value);
  const values = (records: readonly WireRecord[]) => records.map(({ value }) => value);

  test('writes with any wish for acknowledgement, and with a producer id', async () => {
    topic = fresh(`kept-${name}`);
    await createTopic(driverOf(name), topic, 6);
    const produce = (acks: 0 | 1 | -1, idempotent: boolean) => {
      const records = numbered(3, 0);
      return driverOf(name).do('produce', { topic, codec: 'none', acks, idempotent, records });
    };
    expect(await produce(0, false)).toEqual([]);
    // Nobody says when records without acknowledgement have come. The next are sent once they are there.
    expect(await read(0, 0, 3)).toEqual(values(numbered(3, 0)));
    expect((await produce(1, false))[0]).toEqual({ partition: 0, offset: 3 });
    expect((await produce(-1, false))[0]).toEqual({ partition: 0, offset: 6 });
    expect((await produce(-1, true))[0]).toEqual({ partition: 0, offset: 9 });
    expect(await read(0, 3, 9)).toEqual([...Array(3)].flatMap(() => values(numbered(3, 0))));
    expect(await driverOf(name).do('listOffset', { topic, partition: 0, at: 'latest' })).toBe(12);
  });

  test('writes and reads many records, in batches as it makes them', async () => {
    const topic = fresh(`many-${name}`);
    await createTopic(driverOf(name), topic, 3);
    const records = [0, 1, 2].flatMap((partition) => numbered(2000, partition));
    await driverOf(name).do('produce', { topic, codec: 'gzip', acks: -1, idempotent: true, records });
    for (const partition of [0, 1, 2]) {
      const found = await driverOf(name).do('read', { topic, partition, from: 0, count: 2000 });
      expect(values(found)).toEqual(values(numbered(2000, partition)));
      expect(found.map(({ offset }) => offset)).toEqual(found.map((_, index) => index));
    }
  });

  test('seeks to where it wants to read', async () => {
    expect(await read(0, 10, 2)).toEqual(values(numbered(3, 0)).slice(1));
  });

  test('sends a key where its own partitioner says', async () => {
    const keyed = fresh(`keyed-${name}`);
    await createTopic(driverOf(name), keyed, 6);
    const records = keys.map((key, index) => ({
      ...{ partition: null, key: base64(key), value: base64(key), headers: [] },
      timestamp: begin + index,
    }));
    await driverOf(name).do('produce', { topic: keyed, codec: 'none', acks: -1, idempotent: false, records });
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
    await consumer.assign([...Array(6).keys()].map((partition) => ({ topic: keyed, partition })));
    const found = new Map<string | null, number>();
    for (let polls = 0; found.size < keys.length && polls < 100; polls++) {
      for (const { key, partition } of await consumer.poll('200 ms')) found.set(key, partition);
    }
    await consumer.close();
    expect(keys.map((key) => [key, found.get(key)])).toEqual(keys.map((key, index) => [key, partitionsOfKeys[index]]));
  });
});

function decoded(text: string | null): Uint8Array | null {
  return text === null ? null : Uint8Array.from(Buffer.from(text, 'base64'));
}

function encoded(content: Uint8Array | null): string | null {
  return content === null ? null : Buffer.from(content).toString('base64');
}
