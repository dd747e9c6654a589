/** Record batches of 1,000 records of 100 bytes: ours against those inside kafkajs 2.2.4. */
import { Decoder, decodeRecordBatch, encodeRecord, encodeRecordBatch } from '../records/kafkajs.ts';
import { compete, load } from './harness.ts';

const { checkBatch, decodeBatch, encodeBatch } =
  await load<typeof import('../../lib/records/batch.ts')>('records/batch');
const { nodeCodecs } = await load<typeof import('../../lib/node/codecs.ts')>('node/codecs');

const COUNT = 1000;
const START = 1_700_000_000_000;

const messages = Array.from({ length: COUNT }, (_, index) => ({
  timestamp: START + index,
  key: Buffer.from(`key-${index}`),
  value: Buffer.alloc(100, index),
  headers: {},
}));
const records = messages.map(({ timestamp, key, value }) => ({
  timestamp,
  key: new Uint8Array(key),
  value: new Uint8Array(value),
  headers: [],
}));

const encodeOurs = () => encodeBatch(records, {}, nodeCodecs);

/** As kafkajs does it in a produce request. */
async function encodeTheirs(): Promise<Buffer> {
  const encoded = messages.map((message, offsetDelta) =>
    encodeRecord({ ...message, offsetDelta, timestampDelta: message.timestamp - START }),
  );
  const batch = await encodeRecordBatch({
    firstTimestamp: START,
    maxTimestamp: START + COUNT - 1,
    lastOffsetDelta: COUNT - 1,
    records: encoded,
  });
  return batch.buffer;
}

export async function bench(): Promise<boolean> {
  const ours = encodeOurs();
  const theirs = await encodeTheirs();
  if (ours.length !== theirs.length) throw new Error('the two made batches of different sizes');
  const bytes = ours.length;
  const rival = 'kafkajs';
  const decodeTheirs = () => decodeRecordBatch(new Decoder(theirs));
  const decodeChecked = () => {
    checkBatch(ours);
    return decodeBatch(ours, nodeCodecs);
  };
  const results = [
    await compete({ name: 'encode 1,000 x 100 B', ours: encodeOurs, theirs: encodeTheirs, rival, atLeast: 5, bytes }),
    await compete({
      name: 'decode 1,000 x 100 B',
      ours: () => decodeBatch(ours, nodeCodecs),
      theirs: decodeTheirs,
      rival,
      atLeast: 3,
      bytes,
    }),
    await compete({
      name: 'decode 1,000 x 100 B with a look at the checksum, which kafkajs does not take',
      ours: decodeChecked,
      theirs: decodeTheirs,
      rival,
      bytes,
    }),
  ];
  return results.every(Boolean);
}
