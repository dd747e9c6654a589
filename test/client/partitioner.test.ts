import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Writer } from '../../lib/bytes/writer.ts';
import { murmur2, partitionOf, StickyPartitions } from '../../lib/client/producer/partitioner.ts';
import { SeededRandom } from '../../lib/sim/random.ts';

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
  test('stay with one partition until its batch is closed', () => {
    const sticky = new StickyPartitions(new SeededRandom(7));
    const first = sticky.choose('t', [0, 1, 2]);
    expect(Array.from({ length: 9 }, () => sticky.choose('t', [0, 1, 2]))).toEqual(Array(9).fill(first));
    sticky.batchClosed('t', (first + 1) % 3);
    expect(sticky.choose('t', [0, 1, 2])).toBe(first);
  });

  test('go everywhere in the long run', () => {
    const sticky = new StickyPartitions(new SeededRandom(7));
    const seen = new Set<number>();
    for (let batch = 0; batch < 50; batch++) {
      const partition = sticky.choose('t', [0, 1, 2]);
      seen.add(partition);
      sticky.batchClosed('t', partition);
    }
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });

  test('leave a partition that has lost its leader', () => {
    const sticky = new StickyPartitions(new SeededRandom(7));
    const first = sticky.choose('t', [0, 1, 2]);
    const others = [0, 1, 2].filter((partition) => partition !== first);
    expect(others).toContain(sticky.choose('t', others));
  });
});
