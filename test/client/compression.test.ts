import { expect, test } from 'vitest';
import { PartitionQueue } from '../../lib/client/producer/partitionQueue.ts';
import { produceRequest } from '../../lib/client/producer/produceRequest.ts';
import { serialize } from '../../lib/client/producer/record.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { checkBatch, decodeBatch } from '../../lib/records/batch.ts';

test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
  'compressionType %s is what the batches of a request are packed with',
  (compressionType) => {
    const queue = new PartitionQueue('ledger', 0);
    const values = Array.from({ length: 100 }, (_, index) => `Ada pays Bob ${index}.`);
    for (const value of values) {
      const record = serialize({ topic: 'ledger', value }, 1_700_000_000_000);
      queue.add({ ...record, topic: 'ledger', partition: 0, resolve: () => {}, reject: () => {} }, 0, 100_000);
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
