/** The exercises of chapter 08: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { homeOf, judge, judgeNeighbour, type OffsetRecord, type Replay } from 'course/08';
import { expect, test } from 'vitest';
import { neighbour, replay } from '../../chapters/solutions/08-the-coordinator.ts';

test('the solutions pass', async () => {
  expect((await judgeNeighbour(neighbour)).passed).toBe(true);
  const verdict = await judge(replay);
  expect(verdict.lines.slice(1, 6)).toEqual([
    'ledger, account 0: 2',
    'ledger, account 1: 7',
    'archive, account 0: 20',
    'audit, account 1: nothing',
    'archive, account 1: 0',
  ]);
  expect(verdict.passed).toBe(true);
});

test('a group is kept where its name says, also the one whose hash has no absolute value', async () => {
  expect(await homeOf('my-group')).toBe(12);
  expect(await homeOf('zürich')).toBe(30);
  expect(await homeOf('polygenelubricants')).toBe(0);
});

test('the starter of the warm-up looks alike and lives elsewhere', async () => {
  const verdict = await judgeNeighbour('ledger-2');
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(/ledger-2 is in partition 24[\s\S]*Let a loop try names/);
  expect((await judgeNeighbour('ledger')).text).toMatch(/one of its own/);
});

/** An answer that keeps one number under each name. */
function keeping(
  nameOf: (group: string, topic: string, partition: number) => string,
  keep: (before: number | undefined, value: OffsetRecord['value']) => number | undefined,
): Replay {
  return (records) => {
    const offsets = new Map<string, number | undefined>();
    for (const { key, value } of records) {
      const name = nameOf(key.group, key.topic, key.partition);
      offsets.set(name, keep(offsets.get(name), value));
    }
    return (group, topic, partition) => offsets.get(nameOf(group, topic, partition));
  };
}

const whole = (...parts: unknown[]) => parts.join(' ');
const last = (_: number | undefined, value: OffsetRecord['value']) => value?.offset;

test.each<[name: string, answer: Replay, says: RegExp]>([
  [
    'the starter: the key omits the group',
    keeping(
      (_, topic, partition) => whole(topic, partition),
      (before, value) => value?.offset ?? before,
    ),
    /0 came with records\[9\], which is of archive, account 1\. The key must have the group in it/,
  ],
  [
    'the key omits the partition',
    keeping((group, topic) => whole(group, topic), last),
    /The key must have the partition in it|is not found/,
  ],
  [
    'the largest for the latest',
    keeping(whole, (before, value) => (value === null ? undefined : Math.max(before ?? 0, value.offset))),
    /3 is the largest that ledger has committed\. With records\[4\] it went to 2, and the last counts, not the largest/,
  ],
  [
    'tombstones ignored',
    keeping(whole, (before, value) => value?.offset ?? before),
    /records\[6\] is a tombstone: the offset of audit was deleted/,
  ],
  [
    'the first for the latest',
    keeping(whole, (before, value) => before ?? value?.offset),
    /1 was the first commit of ledger\. Later ones came after it/,
  ],
  [
    '0 taken for nothing',
    keeping(whole, (_, value) => value?.offset || undefined),
    /0 was committed with records\[9\] and is not found\. 0 is an offset too/,
  ],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});
