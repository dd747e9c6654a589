/** ApiVersions, InitProducerId, and requests that nobody of good manners sends: which are answered, and which end the connection. */
import { Reader } from '../../../lib/bytes/reader.ts';
import {
  ApiVersions,
  FindCoordinator,
  InitProducerId,
  ListGroups,
  Metadata,
  Produce,
} from '../../../lib/protocol/apis/index.ts';
import { decodeResponse } from '../../../lib/protocol/frame.ts';
import { observation } from './observation.ts';
import { joined, type Scene } from './scene.ts';
import { nameOf, type Plain, tell } from './telling.ts';

/** The bytes of a request with another API key or version written over its own. */
function withHeader(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy;
}

const KEY_AT = 4;
const VERSION_AT = 6;

async function fate(scene: Scene, bytes: Uint8Array): Promise<Plain> {
  const answer = await scene.raw(bytes);
  return answer === 'closed' ? answer : 'answered';
}

/** The answer to ApiVersions, read in this version. Which ranges there are is another story. */
async function versions(scene: Scene, bytes: Uint8Array, version: number): Promise<Plain> {
  const frame = await scene.raw(bytes);
  if (frame === 'closed') return frame;
  const reader = new Reader(frame);
  const correlationId = reader.int32();
  const { errorCode, apiKeys } = decodeResponse(ApiVersions, version, reader);
  const own = apiKeys.filter(({ apiKey }) => apiKey === ApiVersions.key);
  return [correlationId, tell({ errorCode, own: own.length, others: apiKeys.length > own.length }), reader.remaining];
}

const body = { clientSoftwareName: 'observer', clientSoftwareVersion: '1.0' };

export const connectionObservations = [
  observation('the versions that a broker knows, asked in each version', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 0; version <= 4; version++) {
      seen.push(await versions(scene, scene.bytesOf(ApiVersions, version, body), version));
    }
    return seen;
  }),
  observation('the versions that a broker knows, asked in one that it does not know', async (scene) => {
    const request = scene.bytesOf(ApiVersions, 4, body);
    const seen: Plain[] = [];
    for (const version of [5, 99, 32_767, -1]) {
      seen.push(
        await versions(
          scene,
          withHeader(request, (view) => view.setInt16(VERSION_AT, version)),
          0,
        ),
      );
    }
    return seen;
  }),
  observation('names and versions of client software', async (scene) => {
    const seen: Plain[] = [];
    for (const [clientSoftwareName, clientSoftwareVersion] of [
      ['observer', '1.0'],
      ['', '1.0'],
      ['observer', ''],
      ['-observer', '1.0'],
      ['observer-', '1.0'],
      ['ob server', '1.0'],
      ['observer', '1.0_beta'],
      ['x'.repeat(2_000), '1.0'],
      ['o', '1'],
    ]) {
      const { errorCode, apiKeys } = await scene.ask(ApiVersions, { clientSoftwareName, clientSoftwareVersion });
      seen.push(tell({ errorCode, any: apiKeys.length > 0 }));
    }
    return seen;
  }),
  observation('our versions are among those of Apache Kafka', async (scene) => {
    const { apiKeys } = await scene.ask(ApiVersions, body);
    const own = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 37, 42, 44, 47, 60];
    return apiKeys.filter(({ apiKey }) => own.includes(apiKey)).map(({ apiKey, minVersion }) => [apiKey, minVersion]);
  }),
  observation('an API that nobody has', async (scene) => {
    const request = scene.bytesOf(Metadata, 1, { topics: [] });
    const seen: Plain[] = [];
    for (const key of [999, -1, 93])
      seen.push(
        await fate(
          scene,
          withHeader(request, (view) => view.setInt16(KEY_AT, key)),
        ),
      );
    return seen;
  }),
  observation('versions of an API that nobody has', async (scene) => {
    const request = scene.bytesOf(Metadata, 12, { topics: [] });
    const seen: Plain[] = [];
    for (const version of [40, 99, -1]) {
      seen.push(
        await fate(
          scene,
          withHeader(request, (view) => view.setInt16(VERSION_AT, version)),
        ),
      );
    }
    return seen;
  }),
  observation('Produce in the versions that carry older records', async (scene) => {
    const request = scene.bytesOf(Produce, 3, { acks: 1, timeoutMs: 1_000, topicData: [] });
    const seen: Plain[] = [];
    for (const version of [0, 1, 2]) {
      // The body of version 3 begins with the transactional id, which the older ones do not have.
      const copy = withHeader(request, (view) => view.setInt16(VERSION_AT, version));
      const at = copy.length - 12;
      const older = joined([copy.subarray(0, at), copy.subarray(at + 2)]);
      new DataView(older.buffer).setInt32(0, older.length - 4);
      seen.push(await fate(scene, older));
    }
    return seen;
  }),
  observation('a request that ends too early, and one that does not end where it should', async (scene) => {
    const request = scene.bytesOf(Metadata, 8, {
      topics: [{ name: scene.name('missing') }],
      allowAutoTopicCreation: false,
    });
    const short = request.subarray(0, request.length - 3).slice();
    new DataView(short.buffer).setInt32(0, short.length - 4);
    const long = joined([request, new Uint8Array(5)]);
    new DataView(long.buffer).setInt32(0, long.length - 4);
    return [await fate(scene, request), await fate(scene, short), await fate(scene, long)];
  }),
  observation('a string that is longer than its request, and more entries than there is room for', async (scene) => {
    const request = scene.bytesOf(Metadata, 1, { topics: [{ name: 'abc' }] });
    const at = request.length - 9;
    return [
      await fate(
        scene,
        withHeader(request, (view) => view.setInt16(at + 4, 0x7fff)),
      ),
      await fate(
        scene,
        withHeader(request, (view) => view.setInt16(at + 4, -5)),
      ),
      await fate(
        scene,
        withHeader(request, (view) => view.setInt32(at, 0x7fffffff)),
      ),
      await fate(
        scene,
        withHeader(request, (view) => view.setInt32(at, -7)),
      ),
    ];
  }),
  observation('frames of no length, of a negative one, and larger than is taken', async (scene) => {
    const frame = (length: number) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, length);
      return bytes;
    };
    const http = new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n');
    return [
      await fate(scene, frame(0)),
      await fate(scene, frame(-1)),
      await fate(scene, frame(104_857_601)),
      await fate(scene, frame(0x7fffffff)),
      await fate(scene, http),
    ];
  }),
  observation('a client without a name, and one whose name is long or strange', async (scene) => {
    const seen: Plain[] = [];
    for (const clientId of ['', 'x'.repeat(30_000), 'ä ß \u{1f600}', '../../etc']) {
      const connection = await scene.connect(clientId);
      const { errorCode } = await connection.send(ListGroups, {});
      seen.push(tell({ errorCode }));
    }
    return seen;
  }),
  observation('answers come in the order of the requests', async (scene) => {
    const connection = await scene.connect();
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    await Promise.all([
      connection.send(Metadata, { topics: [] }).then(note('metadata')),
      connection.send(ListGroups, {}).then(note('groups')),
      connection.send(ApiVersions, body).then(note('versions')),
    ]);
    return order;
  }),
  observation('producer ids: each asks for one and gets another, in epoch 0', async (scene) => {
    const ids: number[] = [];
    const epochs: number[] = [];
    await scene.until(async () => (await scene.ask(InitProducerId, {})).errorCode === 0);
    for (let version = 0; version <= 4; version++) {
      const { producerId, producerEpoch } = await scene.ask(InitProducerId, {}, version);
      ids.push(producerId);
      epochs.push(producerEpoch);
    }
    return [new Set(ids).size, ids.every((id) => id >= 0), epochs];
  }),
  observation('a producer id for who has one already', async (scene) => {
    await scene.until(async () => (await scene.ask(InitProducerId, {})).errorCode === 0);
    const seen: Plain[] = [];
    const { producerId } = await scene.ask(InitProducerId, {});
    for (const [id, producerEpoch] of [
      [producerId, 0],
      [producerId, 5],
      [producerId, -1],
      [-1, 3],
      [-2, -1],
    ]) {
      const answer = await scene.ask(InitProducerId, { producerId: id, producerEpoch });
      seen.push([tell(answer, { present: ['producerId'] }), answer.producerId === producerId]);
    }
    return seen;
  }),
  observation('a producer with a transactional id', async (scene) => {
    const passing = [
      'COORDINATOR_NOT_AVAILABLE',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'NOT_COORDINATOR',
      'CONCURRENT_TRANSACTIONS',
    ];
    let seen: Plain = null;
    await scene.until(async () => {
      await scene.ask(FindCoordinator, { keyType: 1, coordinatorKeys: [scene.name('transaction')] });
      const answer = await scene.ask(InitProducerId, { transactionalId: scene.name('transaction') });
      seen = tell(answer, { present: ['producerId'] });
      return !passing.includes(nameOf(answer.errorCode));
    });
    return seen;
  }),
  observation('a transactional id without a name', async (scene) =>
    tell(await scene.ask(InitProducerId, { transactionalId: '' })),
  ),
  observation('a transaction that may stay open for no time at all', async (scene) => {
    await scene.until(async () => (await scene.ask(InitProducerId, {})).errorCode === 0);
    return tell(await scene.ask(InitProducerId, { transactionTimeoutMs: 0 }), { present: ['producerId'] });
  }),
];
