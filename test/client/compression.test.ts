import { expect, test } from 'vitest';
import { PartitionQueue } from '../../lib/client/producer/partitionQueue.ts';
import { produceRequest } from '../../lib/client/producer/produceRequest.ts';
import { serialize, sizeOf } from '../../lib/client/producer/record.ts';
import { Sending } from '../../lib/client/producer/sending.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { checkBatch, decodeBatch } from '../../lib/records/batch.ts';

test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
  'compressionType %s is what the batches of a request are packed with',
  (compressionType) => {
    const queue = new PartitionQueue('ledger', 0);
    const values = Array.from({ length: 100 }, (_, index) => `Ada pays Bob ${index}.`);
    const sending = new Sending(values.length);
    for (const [index, value] of values.entries()) {
      const data = serialize({ topic: 'ledger', value }, 1_700_000_000_000);
      queue.add({ topic: 'ledger', partition: 0, data, sizeInBytes: sizeOf(data), sending, index }, 0, 100_000);
    }
    const settings = { acks: -1, requestTimeoutMs: 1000, compressionType } as const;
    const request = produceRequest([{ queue, batch: queue.take() }], settings, portableCodecs);
    const bytes = request.topicData[0].partitionData[0].records as Uint8Array;
    expect(checkBatch(bytes)).toMatchObject({ codec: compressionType, recordCount: 100 });
    if (compressionType !== 'none') expect(bytes.length).toBeLessThan(1200);
    const read = decodeBatch(bytes, portableCodecs).map(({ value }) => new TextDecoder().decode(value ?? undefined));
    expect(read).toEqual(values);
  },
);
