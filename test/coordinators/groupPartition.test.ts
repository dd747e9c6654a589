import { expect, test } from 'vitest';
import { groupPartition } from '../../lib/coordinators/groupPartition.ts';

test.each([
  ['my-group', 12],
  ['orders', 31],
  ['payments', 13],
  ['a', 47],
  ['b', 48],
  ['analytics-v2', 29],
  ['kafkajs', 47],
  ['zürich', 30],
  ['polygenelubricants', 0],
  ['group-000001', 33],
])('Apache Kafka 4.3.1 keeps group %s in partition %i of 50, and so do we', (groupId, partition) => {
  expect(groupPartition(groupId, 50)).toBe(partition);
});

test('a character beyond 16 bits counts as two, as in Java', () => {
  // "😀".hashCode() is 31 * 0xd83d + 0xde00.
  expect(groupPartition('😀', 50)).toBe((31 * 0xd83d + 0xde00) % 50);
});
