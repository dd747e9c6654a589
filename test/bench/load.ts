/** A client that costs next to nothing, to load brokers with: it sends batches made before, and looks only at the heads of those that it gets. */
import type { Connection } from '../../lib/wire/connection.ts';
import { load } from './harness.ts';

const { Connection: ConnectionOf } = await load<typeof import('../../lib/wire/connection.ts')>('wire/connection');
const { Produce } = await load<typeof import('../../lib/protocol/apis/00-produce.ts')>('protocol/apis/00-produce');
const { Fetch } = await load<typeof import('../../lib/protocol/apis/01-fetch.ts')>('protocol/apis/01-fetch');
const { batchesIn, encodeBatch, lastOffsetOf } =
  await load<typeof import('../../lib/records/batch.ts')>('records/batch');
const { nodeCodecs } = await load<typeof import('../../lib/node/codecs.ts')>('node/codecs');
const { memoryDisk } = await load<typeof import('../../lib/node/memoryDisk.ts')>('node/memoryDisk');
const { hostIn, realTrace, realWorld } = await load<typeof import('../../lib/node/world.ts')>('node/world');

const REQUEST_RECORDS = 1_000;
const IN_FLIGHT = 5;
/** The last version that names topics rather than their ids. */
const FETCH_VERSION = 12;

export interface Shape {
  readonly recordBytes: number;
  readonly partitions: number;
}

export function loadConnection(bootstrap: string): Promise<Connection> {
  const [host, port] = bootstrap.split(':');
  const self = hostIn(realWorld(memoryDisk()), realTrace(), 'load');
  return ConnectionOf.open(self, { host, port: Number(port) }, { clientId: 'load' });
}

/** Answers the bytes of the batches sent, which are at least `bytes`. */
export async function produceAll(connection: Connection, topic: string, shape: Shape, bytes: number): Promise<number> {
  const batch = batchOf(shape);
  const requestBytes = batch.length * shape.partitions;
  let left = Math.ceil(bytes / requestBytes);
  const sent = left * requestBytes;
  const partitionData = Array.from({ length: shape.partitions }, (_, index) => ({ index, records: batch }));
  const request = { acks: -1, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] };
  const line = async () => {
    while (left-- > 0) {
      const { responses } = await connection.send(Produce, request);
      const refused = responses[0].partitionResponses.find(({ errorCode }) => errorCode !== 0);
      if (refused !== undefined) throw new Error(`a batch was refused with error ${refused.errorCode}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, line));
  return sent;
}

/** Reads at least `bytes` from the beginning of a topic that holds as much. Answers how many it were. */
export async function fetchAll(connection: Connection, topic: string, shape: Shape, bytes: number): Promise<number> {
  const offsets = new Array<number>(shape.partitions).fill(0);
  let read = 0;
  while (read < bytes) {
    const partitions = offsets.map((fetchOffset, partition) => ({
      partition,
      fetchOffset,
      partitionMaxBytes: 1 << 20,
    }));
    const topics = [{ topic, partitions }];
    const request = { maxWaitMs: 500, minBytes: 1, maxBytes: 50 << 20, topics };
    const { responses } = await connection.send(Fetch, request, { version: FETCH_VERSION });
    const before = read;
    for (const { partitionIndex, records, errorCode } of responses[0].partitions) {
      if (errorCode !== 0) throw new Error(`partition ${partitionIndex} cannot be read: error ${errorCode}`);
      for (const { header, bytes: whole } of batchesIn(records ?? new Uint8Array(0))) {
        offsets[partitionIndex] = lastOffsetOf(header) + 1;
        read += whole.length;
      }
    }
    if (read === before) throw new Error(`${topic} holds less than was written to it`);
  }
  return read;
}

/** The part of a request for one partition. */
function batchOf({ recordBytes, partitions }: Shape): Uint8Array {
  const value = new Uint8Array(recordBytes).fill(107);
  const record = { timestamp: Date.now(), key: null, value, headers: [] };
  const records = new Array(Math.floor(REQUEST_RECORDS / partitions)).fill(record);
  return encodeBatch(records, {}, nodeCodecs);
}
