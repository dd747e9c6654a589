import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Writer } from '../../lib/bytes/writer.ts';
import { murmur2, partitionOf, StickyPartitions } from '../../lib/client/producer/partitioner.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import { simulate } from '../../lib/sim/simulate.ts';

describe('the partition of a key', () => {
  // As Java's producer, kafkajs and librdkafka with murmur2 place them among six partitions.
  test.each([
    ['a', 4],
    ['k0', 5],
    ['user-1', 2],
    ['user-42', 4],
    ['order-1001', 0],
    ['abc', 3],
    ['Zürich', 1],
    ['0123456789', 2],
    ['key', 1],
  ])('%s goes to %i of 6, as Java says', (key, partition) => {
    expect(partitionOf(Writer.utf8(key), 6)).toBe(partition);
  });

  // From Apache Kafka's own UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('the hash of %s is that of Java', (key, hash) => {
    expect(murmur2(Writer.utf8(key))).toBe(hash);
  });

  test('every key has a partition, whatever the sign of its hash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });
});

describe('records without a key', () => {
  const drawnFrom = [0, 1, 2];
  const stickyAt = (batchSizeBytes: number) => new StickyPartitions(new SeededRandom(7), batchSizeBytes);

  test('stay with one partition until it has had a batch and no half-filled one is left, or two batches', () => {
    const sticky = stickyAt(100);
    const first = sticky.choose('t', drawnFrom);
    for (const bytes of [90, 30, 70]) {
      sticky.took('t', bytes, false);
      expect(sticky.choose('t', drawnFrom)).toBe(first);
    }
    sticky.took('t', 9, false);
    expect(sticky.current('t')).toBe(first);
    sticky.took('t', 1, false);
    expect(sticky.current('t')).toBeUndefined();
    sticky.choose('t', drawnFrom);
    sticky.took('t', 100, true);
    expect(sticky.current('t')).toBeUndefined();
  });

  test('stay also when their batches are sent half empty', async () => {
    const kafka = await simulate({ seed: 7, topics: { t: 3 } });
    const producer = kafka.producer();
    const partitions: number[] = [];
    for (let n = 0; n < 20; n++) partitions.push((await producer.send({ topic: 't', value: 'x' })).partition);
    expect(new Set(partitions).size).toBe(1);
    const value = 'x'.repeat(5_000);
    for (let n = 0; n < 60; n++) partitions.push((await producer.send({ topic: 't', value })).partition);
    expect(new Set(partitions).size).toBe(3);
    await kafka.close();
  });

  test('leave a partition that has lost its leader', () => {
    const sticky = stickyAt(100);
    const first = sticky.choose('t', drawnFrom);
    const others = drawnFrom.filter((partition) => partition !== first);
    expect(others).toContain(sticky.choose('t', others));
  });
});
