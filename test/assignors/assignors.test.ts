import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Assignor, type GroupMember, kafkajsRoundRobin, range, roundRobin } from '../../lib/assignors/index.ts';

const member = (memberId: string, topics: string[], groupInstanceId: string | null = null): GroupMember => ({
  memberId,
  groupInstanceId,
  topics,
  ownedPartitions: [],
  generationId: -1,
  userData: null,
});

/** `{ ada: 't0-0 t0-1' }`: who gets what, in the order given. */
function dealt(assignor: Assignor, members: GroupMember[], counts: Record<string, number>): Record<string, string> {
  const assignment = assignor.assign(members, new Map(Object.entries(counts)));
  return Object.fromEntries(
    [...assignment].map(([id, partitions]) => [id, partitions.map((p) => `${p.topic}-${p.partition}`).join(' ')]),
  );
}

describe('range', () => {
  // The example in the documentation of Java's RangeAssignor.
  test('two members cut two topics of three partitions, and the first gets the odd one of both', () => {
    const members = [member('C1', ['t1', 't0']), member('C0', ['t0', 't1'])];
    expect(dealt(range, members, { t0: 3, t1: 3 })).toEqual({ C0: 't0-0 t0-1 t1-0 t1-1', C1: 't0-2 t1-2' });
  });

  test('a topic is cut among its subscribers only', () => {
    const members = [member('a', ['x']), member('b', ['x', 'y']), member('c', ['y'])];
    expect(dealt(range, members, { x: 3, y: 2 })).toEqual({ a: 'x-0 x-1', b: 'x-2 y-0', c: 'y-1' });
  });

  test('static members come first, by the name that they keep over a restart', () => {
    const members = [member('a', ['x']), member('z-2', ['x'], 'beta'), member('z-1', ['x'], 'gamma')];
    expect(dealt(range, members, { x: 4 })).toEqual({ 'z-2': 'x-0 x-1', 'z-1': 'x-2', a: 'x-3' });
  });
});

describe('round robin', () => {
  // Both examples in the documentation of Java's RoundRobinAssignor.
  test('two members are dealt the partitions of two topics in turns', () => {
    const members = [member('C0', ['t0', 't1']), member('C1', ['t0', 't1'])];
    expect(dealt(roundRobin, members, { t0: 3, t1: 3 })).toEqual({ C0: 't0-0 t0-2 t1-1', C1: 't0-1 t1-0 t1-2' });
  });

  test('with unequal subscriptions the members that may are dealt more', () => {
    const members = [member('C0', ['t0']), member('C1', ['t0', 't1']), member('C2', ['t0', 't1', 't2'])];
    expect(dealt(roundRobin, members, { t0: 1, t1: 2, t2: 3 })).toEqual({
      C0: 't0-0',
      C1: 't1-0',
      C2: 't1-1 t2-0 t2-1 t2-2',
    });
  });
});

test("kafkajs's round robin goes by member ids alone, static or not", () => {
  const members = [member('b', ['x'], 'anna'), member('a', ['x'])];
  expect(dealt(kafkajsRoundRobin, members, { x: 3 })).toEqual({ a: 'x-0 x-2', b: 'x-1' });
  expect(dealt(roundRobin, members, { x: 3 })).toEqual({ b: 'x-0 x-2', a: 'x-1' });
  expect(kafkajsRoundRobin.name).toBe('RoundRobinAssigner');
});

describe.each([range, roundRobin, kafkajsRoundRobin])('$name', (assignor) => {
  const topics = ['t0', 't1', 't2'];
  const members = fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
    .chain((ids) => fc.tuple(...ids.map((id) => fc.subarray(topics).map((wanted) => member(id, wanted)))));
  const counts = fc.dictionary(fc.constantFrom(...topics), fc.integer({ min: 0, max: 7 }));

  test('gives each partition to exactly one member that subscribes to its topic', () => {
    fc.assert(
      fc.property(members, counts, (group, sizes) => {
        const assignment = assignor.assign(group, new Map(Object.entries(sizes)));
        expect([...assignment.keys()].sort()).toEqual(group.map(({ memberId }) => memberId).sort());
        const given = [...assignment].flatMap(([memberId, partitions]) => {
          const { topics } = group.find((one) => one.memberId === memberId)!;
          for (const { topic } of partitions) expect(topics).toContain(topic);
          return partitions.map(({ topic, partition }) => `${topic}-${partition}`);
        });
        const wanted = Object.entries(sizes)
          .filter(([topic]) => group.some((one) => one.topics.includes(topic)))
          .flatMap(([topic, size]) => Array.from({ length: size }, (_, partition) => `${topic}-${partition}`));
        expect(given.sort()).toEqual(wanted.sort());
      }),
    );
  });

  test('does not care in which order the members come', () => {
    fc.assert(
      fc.property(members, counts, (group, sizes) => {
        const there = assignor.assign(group, new Map(Object.entries(sizes)));
        const back = assignor.assign([...group].reverse(), new Map(Object.entries(sizes)));
        for (const [memberId, partitions] of there) expect(back.get(memberId)).toEqual(partitions);
      }),
    );
  });

  test('with equal subscriptions to one topic nobody has two partitions more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 20 }), (size, partitions) => {
        const group = Array.from({ length: size }, (_, index) => member(`m${index}`, ['t0']));
        const sizes = [...assignor.assign(group, new Map([['t0', partitions]])).values()].map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
