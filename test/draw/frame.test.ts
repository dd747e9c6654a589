/** Frames explained byte by byte: honest ones to the last byte, broken ones up to the byte that is to blame, and nothing ever throws. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedBytes, Reader } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { type ExplainedFrame, explainFrame } from '../../lib/draw/frame.ts';
import { frameDrawing } from '../../lib/draw/frameDrawing.ts';
import { frameText } from '../../lib/draw/frameText.ts';
import { type AnyApi, ApiVersions, apis, Produce } from '../../lib/protocol/apis/index.ts';
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from '../../lib/protocol/frame.ts';
import { shapeOf } from '../../lib/protocol/schema.ts';
import { encodeBatch, readBatchHeader } from '../../lib/records/batch.ts';
import { messageOf } from '../protocol/arbitrary.ts';
import { honestRequests } from '../protocol/honest.ts';

const hex = (text: string) => Uint8Array.from(text.split(/\s+/), (digits) => Number.parseInt(digits, 16));
const explained = (bytes: Uint8Array) => frameText(bytes, explainFrame(bytes));
const askedByKafkajs = '00 00 00 11 00 12 00 02 00 00 00 00 00 07 6b 61 66 6b 61 6a 73';

/** Every byte belongs to one row, and the rows are in order. */
function expectTiles({ rows }: ExplainedFrame, to: number) {
  let at = 0;
  for (const row of rows) {
    expect(row.from).toBe(at);
    at = row.to;
  }
  expect(at).toBe(to);
}

test('the first frame of kafkajs, byte by byte', () => {
  expect(explained(hex(askedByKafkajs))).toBe(
    [
      'ApiVersions request, version 2',
      '  0  00 00 00 11              size           17',
      '  4  00 12                    apiKey         18 ApiVersions',
      '  6  00 02                    apiVersion     2',
      '  8  00 00 00 00              correlationId  0',
      ' 12  00 07 6b 61 66 6b 61 6a  clientId       "kafkajs"',
      ' 20  73',
    ].join('\n'),
  );
});

test('the drawing has the same bytes and words, and frames the byte to blame', () => {
  const bytes = hex(askedByKafkajs.replace('00 07', '00 77'));
  const { svg, text } = frameDrawing(bytes, explainFrame(bytes));
  expect(text).toBe(explained(bytes));
  expect([...svg.matchAll(/font-family="monospace"[^>]*>([0-9a-f]{2})</g)].map(([, digits]) => digits)).toEqual([
    ...askedByKafkajs.replace('00 07', '00 77').split(' ').slice(0, 20),
  ]);
  expect(svg.match(/stroke="#D55E00" stroke-width="2"/g)).toHaveLength(2);
  expect(svg).toContain('✘ clientId: 119 bytes announced, and 7 left');
  expect(svg).not.toContain('NaN');
});

test.each<[name: string, from: string, to: string, caret: string]>([
  [
    'a browser',
    askedByKafkajs,
    '47 45 54 20 2f',
    '     ^^ size: a frame of 1195725856 bytes is announced; at most 104857600 are accepted; as text these four bytes are "GET "',
  ],
  [
    'TLS',
    askedByKafkajs,
    '16 03 01 02 00',
    '     ^^ size: the other side speaks TLS and this one does not: use TLS on both sides, or on neither',
  ],
  [
    'a negative size',
    '00 00 00 11',
    'ff ff ff ff',
    '     ^^ size: a frame of -1 bytes is announced; at most 104857600 are accepted',
  ],
  ['an unknown API', '00 12', '03 e7', '     ^^ apiKey: no API with the key 999 is described here'],
  [
    'an unknown version',
    '12 00 02',
    '12 00 09',
    '     ^^ apiVersion: ApiVersions is described here in versions 0 to 4',
  ],
  ['a name that is too long', '00 07', '00 77', '     ^^ clientId: 119 bytes announced, and 7 left'],
  ['a frame that came in part', ' 6a 73', '', '                          ^^ clientId: 2 bytes missing'],
  [
    'a frame that says less than it has',
    '00 11 00 12',
    '00 10 00 12',
    '     ^^ clientId: 7 bytes announced, and 6 left',
  ],
])('%s: the caret stands under the byte to blame', (_, from, to, caret) => {
  const bytes = hex(askedByKafkajs.replace(from, to));
  expect(explained(bytes).split('\n').at(-1)).toBe(caret);
});

test('a name that is no UTF-8 is shown as the broker reads it', () => {
  const { bad, rows } = explainFrame(hex(askedByKafkajs.replace('66 6b', '66 ff')));
  expect([bad, rows.at(-1)?.value]).toEqual([undefined, '"kaf\ufffdajs"']);
});

test('every request in every version is explained to its last byte', () => {
  for (const { api, version, frame } of honestRequests) {
    const all = explainFrame(frame);
    expect(all.title).toBe(`${api.name} request, version ${version}`);
    expect(all.bad).toBeUndefined();
    expectTiles(all, frame.length);
  }
});

/** A message of any API and version, as bytes and as what was put in. */
const anyMessage = fc
  .constantFrom(...apis.values())
  .chain((api) =>
    fc.record({
      api: fc.constant(api),
      version: fc.integer({ min: api.versions[0], max: api.versions[1] }),
      isRequest: fc.boolean(),
    }),
  )
  .chain(({ api, version, isRequest }) =>
    messageOf((isRequest ? api.request : api.response) as never, shapeOf(api, version)).map((message) => {
      const header = { apiVersion: version, correlationId: 7, clientId: 'Ada' };
      const bytes = isRequest
        ? encodeRequest(api, header, message as never)
        : encodeResponse(api, version, 7, message as never);
      return {
        api,
        version,
        bytes: concat(bytes),
        answers: isRequest ? undefined : { apiKey: api.key, apiVersion: version },
      };
    }),
  );

/** What the library's own reader makes of the same frame. */
function really(bytes: Uint8Array, api: AnyApi, version: number, isRequest: boolean): unknown {
  const reader = new Reader(bytes.subarray(4));
  if (isRequest) {
    decodeRequestHeader(reader, () => api.flexibleSince);
    return api.request.read(reader, shapeOf(api, version));
  }
  reader.int32();
  return decodeResponse(api, version, reader);
}

test('the values are those that the reader of the schema gets', () => {
  fc.assert(
    fc.property(anyMessage, ({ api, version, bytes, answers }) => {
      const all = explainFrame(bytes, answers);
      if (all.bad !== undefined) return expect(all.bad.path).toContain('.batches[');
      expectTiles(all, bytes.length);
      const message = really(bytes, api, version, answers === undefined);
      const kept = ['int32', 'int64', 'bool', 'array', 'uuid'];
      for (const { path, value } of all.rows.filter(({ type }) => kept.includes(type))) {
        if (['size', 'correlationId'].includes(path) || path.includes('batches')) continue;
        const read = path
          .split(/[.[\]]+/)
          .filter((name) => name !== '')
          .reduce((from, name) => (from as Record<string, unknown>)[name], message);
        if (Array.isArray(read)) expect(Number.parseInt(value, 10), path).toBe(read.length);
        else expect(value.replaceAll('"', ''), path).toBe(String(read));
      }
    }),
    { numRuns: 100 },
  );
});

test('a damaged frame is bad exactly where the reader of the schema gives up', () => {
  fc.assert(
    fc.property(
      anyMessage,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      ({ api, version, bytes, answers }, place, change, cut) => {
        const start = answers === undefined ? 8 : 4;
        const at = start + (place % Math.max(1, bytes.length - start));
        const damaged = cut ? bytes.slice(0, at) : bytes.slice();
        if (!cut && at < bytes.length) damaged[at] ^= change;
        new DataView(damaged.buffer).setInt32(0, damaged.length - 4);
        const { bad, rows } = explainFrame(damaged, answers);
        expect(rows.every(({ from, to }) => from <= to && to <= damaged.length)).toBe(true);
        if (bad?.path.includes('.batches[')) return;
        // Any negative length of the client id is null to a broker, as in Kafka. One that is not -1 is damage all the same.
        if (bad?.path === 'clientId' && bad.reason.startsWith('a length of -')) return;
        if (api.key === ApiVersions.key && damaged[9] === 35) return;
        let fails = false;
        try {
          really(damaged, api, version, answers === undefined);
        } catch (error) {
          if (!(error instanceof MalformedBytes)) throw error;
          fails = true;
        }
        expect(bad !== undefined, bad?.reason).toBe(fails);
      },
    ),
    { numRuns: 200 },
  );
});

test('any bytes at all are explained as far as they go', () => {
  const question = fc.record({
    apiKey: fc.integer({ min: -1, max: 70 }),
    apiVersion: fc.integer({ min: -1, max: 15 }),
  });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.option(question, { nil: undefined }),
      fc.boolean(),
      (bytes, answers, sized) => {
        if (sized && bytes.length > 4) new DataView(bytes.buffer).setInt32(0, bytes.length - 4);
        if (sized && answers === undefined && bytes.length > 7) bytes.set([0, bytes[5] % 62, 0, bytes[7] % 12], 4);
        const all = explainFrame(bytes, answers);
        expect(all.rows.length).toBeLessThanOrEqual(2000);
        expect(all.bad === undefined || (all.bad.at >= 0 && all.bad.at <= bytes.length)).toBe(true);
        expect(frameText(bytes, all)).toContain(all.title);
      },
    ),
    { numRuns: 300 },
  );
});

const batch = encodeBatch(
  [1, 2].map((number) => ({
    timestamp: 1_000 + number,
    key: null,
    value: new TextEncoder().encode(`+${number}`),
    headers: [{ key: 'from', value: null }],
  })),
  { producerId: 9, producerEpoch: 3, baseSequence: 4 },
  portableCodecs,
);
const produce = (records: Uint8Array) =>
  concat(
    encodeRequest(
      Produce,
      { apiVersion: 9, correlationId: 1, clientId: null },
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 100,
        topicData: [{ name: 'account', partitionData: [{ index: 0, records }] }],
      },
    ),
  );

test('the header of a batch says what the reader of batches says', () => {
  const frame = produce(batch);
  const all = explainFrame(frame);
  expect(all.bad).toBeUndefined();
  expectTiles(all, frame.length);
  const of = (name: string) => all.rows.find(({ path }) => path.endsWith(`batches[0].${name}`))?.value;
  const {
    sizeInBytes,
    crc,
    codec: _,
    timestampType: __,
    isTransactional: ___,
    isControl: ____,
    ...header
  } = readBatchHeader(batch);
  expect(Object.fromEntries(Object.keys(header).map((name) => [name, Number(of(name))]))).toEqual(header);
  expect(Number(of('batchLength'))).toBe(sizeInBytes - 12);
  expect(of('crc')).toBe(crc.toString(16).padStart(8, '0'));
  expect([of('records[1].value'), of('records[1].headers[0].key'), of('records[1].headers[0].value')]).toEqual([
    '"+2"',
    '"from"',
    'null',
  ]);
});

test('a frame that came without its end is read up to there, in the middle of a record too', () => {
  const frame = produce(batch);
  for (let length = 0; length < frame.length; length++) {
    const { bad } = explainFrame(frame.subarray(0, length));
    expect(bad?.at).toBe(length);
  }
});

test('one wrong bit in a batch is found by its checksum', () => {
  const frame = produce(batch);
  frame[frame.length - 8] ^= 1;
  expect(explainFrame(frame).bad).toMatchObject({ path: 'topicData[0].partitionData[0].records.batches[0].crc' });
});

test('an answer in the oldest form is known by its error, whatever was asked', () => {
  const bytes = concat(
    encodeResponse(ApiVersions, 0, 5, { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }),
  );
  const all = explainFrame(bytes, { apiKey: 18, apiVersion: 9 });
  expect(all.title).toBe('ApiVersions response, version 0');
  expect(all.rows.map(({ value }) => value)).toContain('35 UNSUPPORTED_VERSION');
});

test('more rows than anybody looks at are not made', () => {
  const bytes = concat(
    encodeResponse(ApiVersions, 0, 5, {
      errorCode: 0,
      apiKeys: Array.from({ length: 5000 }, () => ({ apiKey: 1, minVersion: 0, maxVersion: 4 })),
    }),
  );
  const all = explainFrame(bytes, { apiKey: 18, apiVersion: 0 });
  expect([all.isCut, all.rows.length]).toEqual([true, 2000]);
  expect(frameText(bytes, all, { rows: 3 }).split('\n').at(-1)).toBe('       … and 1997 fields more');
});
