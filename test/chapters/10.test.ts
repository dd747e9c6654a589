/** The exercises of chapter 10: the starters fail, the solutions pass, with stock kafkajs too, and each usual wrong answer is told what is wrong with it. */
import { judge, judgeRolling } from 'course/10';
import * as stranger from 'course/kafkajs';
import { type Assignor, type GroupMember, range, roundRobin, type TopicPartition } from 'kafkaito';
import { expect, test } from 'vitest';
import { keeping, rolling } from '../../chapters/solutions/10-the-group-leader.ts';
import { shown } from './outputs.ts';

test('the solution of the warm-up passes', async () => {
  const verdict = await judgeRolling(rolling);
  expect(verdict.lines.slice(0, 4)).toEqual([
    'before: range',
    'with 1 of 3 replaced: range',
    'with 2 of 3 replaced: range',
    'with 3 of 3 replaced: roundrobin',
  ]);
  expect(verdict.passed).toBe(true);
});

test.each([
  [
    'the starter: the new one alone',
    [roundRobin],
    /INCONSISTENT_GROUP_PROTOCOL[\s\S]*must offer what that member offers/,
  ],
  ['both, the old one first', [range, roundRobin], /votes for the first of its list/],
])('the warm-up, not yet: %s', async (_, strategies, says) => {
  const verdict = await judgeRolling(strategies);
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(says);
});

test('the solution passes, led by stock kafkajs and by ours', async () => {
  const { passed, lines } = await judge(keeping, stranger);
  expect(lines.at(-2)).toBe('led by kafkajs: 7 of 7 read');
  expect(lines.at(-1)).toMatch(/^led by ours \d: 7 of 7 read$/);
  expect(passed).toBe(true);
});

/** A strategy by one rule: which of the members gets the nth partition of all. */
const by = (pick: (turn: number, members: readonly GroupMember[], topic: string) => number): Assignor => ({
  name: 'by',
  assign(members, counts) {
    const hands = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    let turn = 0;
    for (const [topic, count] of counts) {
      for (let partition = 0; partition < count; partition++, turn++) {
        hands.get(members[pick(turn, members, topic)]?.memberId)?.push({ topic, partition });
      }
    }
    return hands;
  },
});

test.each<[name: string, answer: Assignor, says: RegExp]>([
  [
    'the starter: shares rounded down',
    by((turn, members) => Math.floor(turn / Math.floor(7 / members.length))),
    /accounts-6 has no reader/,
  ],
  ['everything to one', by(() => 0), /They have 7, 0, 0/],
  ['a topic that is not wanted', by((turn, members) => turn % members.length), /given \S+ and does not subscribe/],
  [
    'in the order of the list',
    by((turn, members, topic) => {
      const wanting = [...members.keys()].filter((index) => members[index].topics.includes(topic));
      return wanting[turn % wanting.length];
    }),
    /listed the other way round/,
  ],
  ['dealt out anew each time', roundRobin, /changed hands between the two that stayed/],
  ['range', range, /changed hands between the two that stayed/],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer, stranger);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('not yet: every partition to everybody', async () => {
  const verdict = await judge({ name: 'twice', assign: everythingTo }, stranger);
  expect(verdict.lines.at(-1)).toMatch(/accounts-0 has 3 readers/);
});

function everythingTo(members: readonly GroupMember[], counts: ReadonlyMap<string, number>) {
  const all = [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
  return new Map(members.map(({ memberId }) => [memberId, all]));
}

test('what the text says is what the cells have shown', () => {
  expect(shown('10', 'vote')).toMatch(/1: led by one, strategy roundrobin\n.*strategy range\nfive is turned away/);
  expect(shown('10', 'roles')).toMatch(/one +3 +3\ntwo +0 +0\nthree +0 +0\n.*led by one,.*\n.*led by (two|three),/);
  expect(shown('10', 'list')).toMatch(
    /^10\.(\d) s {2}three asks to join\n.*one asks to join\n30\.\1 s {2}one is told of one, three\ntwo, 7 heartbeats: REB/,
  );
});
