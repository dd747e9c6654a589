/** The sticky strategies. Beside Java's own they are in test/kafka/assignors.test.ts. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Assignor,
  cooperativeSticky,
  type GroupMember,
  sticky,
  type TopicPartition,
} from '../../lib/assignors/index.ts';

const parsed = (text: string): TopicPartition[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((name) => ({ topic: name.slice(0, name.lastIndexOf('-')), partition: Number(name.split('-').at(-1)) }));
const names = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ topic, partition }) => `${topic}-${partition}`);

/** A member that held `owned` in a generation, and says so in the way of its strategy. */
function member(assignor: Assignor, memberId: string, topics: string, owned = '', generationId = -1): GroupMember {
  const last = { partitions: parsed(owned), generationId };
  return {
    memberId,
    groupInstanceId: null,
    topics: topics.split(' '),
    ownedPartitions: assignor === cooperativeSticky ? last.partitions : [],
    generationId,
    userData: assignor.userData?.(generationId < 0 ? undefined : last) ?? null,
  };
}

function divided(assignor: Assignor, members: GroupMember[], counts: Record<string, number>): Record<string, string> {
  const assignment = assignor.assign(members, new Map(Object.entries(counts)));
  return Object.fromEntries([...assignment].map(([id, partitions]) => [id, names(partitions).sort().join(' ')]));
}

describe('sticky', () => {
  test('a newcomer gets its share, and nobody gets anything else than before', () => {
    const members = [
      member(sticky, 'a', 'x', 'x-0 x-1 x-2', 1),
      member(sticky, 'b', 'x', 'x-3 x-4 x-5', 1),
      member(sticky, 'c', 'x'),
    ];
    expect(divided(sticky, members, { x: 6 })).toEqual({ a: 'x-0 x-1', b: 'x-3 x-4', c: 'x-2 x-5' });
  });

  test('what a member leaves behind is divided, and all else stays', () => {
    const members = [member(sticky, 'a', 'x', 'x-0 x-3', 4), member(sticky, 'c', 'x', 'x-2 x-5', 4)];
    expect(divided(sticky, members, { x: 6 })).toEqual({ a: 'x-0 x-1 x-3', c: 'x-2 x-4 x-5' });
  });

  test('of two claims to one partition the younger counts; of the same age, neither', () => {
    const older = member(sticky, 'a', 'x', 'x-0', 3);
    const younger = member(sticky, 'b', 'x', 'x-0', 5);
    expect(divided(sticky, [older, younger], { x: 1 })).toEqual({ a: '', b: 'x-0' });
    const twins = [member(sticky, 'b', 'x', 'x-0 x-1', 5), member(sticky, 'c', 'x', 'x-0 x-2', 5)];
    // x-0 goes to who has the least, as if nobody had held it.
    expect(divided(sticky, [member(sticky, 'a', 'x'), ...twins], { x: 3 })).toEqual({ a: 'x-0', b: 'x-1', c: 'x-2' });
  });

  // The second example in the documentation of Java's StickyAssignor.
  test('with different topics the one who leaves is made up for by moving as little as possible', () => {
    const c1 = member(sticky, 'C1', 't0 t1', 't1-0', 2);
    const c2 = member(sticky, 'C2', 't0 t1 t2', 't1-1 t2-0 t2-1 t2-2', 2);
    expect(divided(sticky, [c1, c2], { t0: 1, t1: 2, t2: 3 })).toEqual({ C1: 't0-0 t1-0 t1-1', C2: 't2-0 t2-1 t2-2' });
  });

  test('with different topics partitions go from who has two more to who wants them, and no further', () => {
    const members = [
      member(sticky, 'a', 'x y', 'x-0 x-1 x-2 x-3', 1),
      member(sticky, 'b', 'x'),
      member(sticky, 'c', 'y'),
    ];
    const result = divided(sticky, members, { x: 4, y: 2 });
    expect(result).toEqual({ a: 'x-2 x-3', b: 'x-0 x-1', c: 'y-0 y-1' });
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['garbage', new Uint8Array([0xff, 0xff, 0xff])],
    ['the form without a generation', new Uint8Array([0, 0, 0, 1, 0, 1, 0x78, 0, 0, 0, 1, 0, 0, 0, 1])],
  ])('user data that is %s is no reason to fail', (what, userData) => {
    const members = [{ ...member(sticky, 'a', 'x'), userData }, member(sticky, 'b', 'x')];
    const expected = what.startsWith('the form') ? { a: 'x-1', b: 'x-0' } : { a: 'x-0', b: 'x-1' };
    expect(divided(sticky, members, { x: 2 })).toEqual(expected);
  });
});

describe('cooperative sticky', () => {
  test('a partition that moves is in no hands between the two meetings', () => {
    const a = member(cooperativeSticky, 'a', 'x', 'x-0 x-1', 1);
    const b = member(cooperativeSticky, 'b', 'x');
    expect(divided(cooperativeSticky, [a, b], { x: 2 })).toEqual({ a: 'x-0', b: '' });
    const second = [member(cooperativeSticky, 'a', 'x', 'x-0', 2), member(cooperativeSticky, 'b', 'x', '', 2)];
    expect(divided(cooperativeSticky, second, { x: 2 })).toEqual({ a: 'x-0', b: 'x-1' });
  });

  test('the same when members want different topics', () => {
    const a = member(cooperativeSticky, 'a', 'x y', 'x-0 x-1 y-0', 1);
    const b = member(cooperativeSticky, 'b', 'x');
    expect(divided(cooperativeSticky, [a, b], { x: 2, y: 1 })).toEqual({ a: 'x-1 y-0', b: '' });
  });

  test('its generation stands in the user data for members of old protocol versions', () => {
    const old = (memberId: string, owned: string, generationId: number): GroupMember => ({
      ...member(cooperativeSticky, memberId, 'x', owned, generationId),
      generationId: -1,
    });
    expect(divided(cooperativeSticky, [old('a', 'x-0', 3), old('b', 'x-0', 5)], { x: 1 })).toEqual({ a: '', b: 'x-0' });
    expect(cooperativeSticky.userData!(undefined)).toEqual(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  });
});

describe.each([sticky, cooperativeSticky])('$name', (assignor) => {
  const ids = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1 });
  const topics = fc.subarray(['x', 'y', 'z'], { minLength: 1 });
  const counts = fc.record({ x: fc.nat(8), y: fc.nat(8), z: fc.nat(8) });
  const members = (same: boolean) =>
    fc
      .tuple(ids, topics)
      .chain(([ids, shared]) =>
        fc.tuple(
          ...ids.map((id) => (same ? fc.constant(shared) : topics).map((own) => member(assignor, id, own.join(' ')))),
        ),
      );

  /** Meets until nobody has anything left to give up, as a group does. */
  function settled(group: readonly GroupMember[], sizes: ReadonlyMap<string, number>, generationId: number) {
    let now = group;
    for (let round = 0; round < 2; round++) {
      const given = assignor.assign(now, sizes);
      now = now.map((one) =>
        member(
          assignor,
          one.memberId,
          one.topics.join(' '),
          names(given.get(one.memberId)!).join(' '),
          generationId + round,
        ),
      );
    }
    return { group: now, given: assignor.assign(now, sizes) };
  }

  test.each([true, false])(
    'everything has one owner that wants it, once the group has settled (same topics: %s)',
    (same) => {
      fc.assert(
        fc.property(members(same), members(same), counts, (first, second, sizes) => {
          const counted = new Map(Object.entries(sizes));
          const { group } = settled(first, counted, 1);
          // Some of the first group stay, and some of the second come to them.
          const changed = [...group.filter((_, index) => index % 2 === 0), ...second];
          const unique = [...new Map(changed.map((one) => [one.memberId, one])).values()];
          const { given } = settled(unique, counted, 3);
          const wanted = Object.entries(sizes)
            .filter(([topic]) => unique.some((one) => one.topics.includes(topic)))
            .flatMap(([topic, size]) => Array.from({ length: size }, (_, partition) => `${topic}-${partition}`));
          expect([...given.values()].flatMap(names).sort()).toEqual(wanted.sort());
          for (const { memberId, topics } of unique)
            for (const { topic } of given.get(memberId)!) expect(topics).toContain(topic);
        }),
      );
    },
  );

  test('meeting again without a change moves nothing', () => {
    fc.assert(
      fc.property(members(true), counts, (group, sizes) => {
        const counted = new Map(Object.entries(sizes));
        const once = settled(group, counted, 1);
        const twice = settled(once.group, counted, 3);
        for (const [memberId, partitions] of once.given)
          expect(names(twice.given.get(memberId)!).sort()).toEqual(names(partitions).sort());
      }),
    );
  });

  test('nobody can take a partition from a member that has two more', () => {
    fc.assert(
      fc.property(members(false), counts, (group, sizes) => {
        const given = assignor.assign(group, new Map(Object.entries(sizes)));
        const size = (id: string) => given.get(id)!.length;
        for (const [holder, partitions] of given)
          for (const { topic } of partitions)
            for (const other of group.filter((one) => one.topics.includes(topic)))
              expect(size(holder)).toBeLessThanOrEqual(size(other.memberId) + 1);
      }),
    );
  });

  test('does not care in which order the members come', () => {
    fc.assert(
      fc.property(members(true), members(false), counts, (same, different, sizes) => {
        const counted = new Map(Object.entries(sizes));
        for (const { group } of [settled(same, counted, 1), settled(different, counted, 1)]) {
          const there = assignor.assign(group, counted);
          const back = assignor.assign([...group].reverse(), counted);
          for (const [memberId, partitions] of there) expect(names(back.get(memberId)!)).toEqual(names(partitions));
        }
      }),
    );
  });

  test('when one of many leaves, all others keep all they had', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 30 }), (size, partitions) => {
        const counted = new Map([['x', partitions]]);
        const all = [...'abcdefgh'].slice(0, size).map((id) => member(assignor, id, 'x'));
        const { group, given } = settled(all, counted, 1);
        const after = assignor.assign(group.slice(1), counted);
        for (const { memberId } of group.slice(1)) {
          const now = names(after.get(memberId)!);
          for (const name of names(given.get(memberId)!)) expect(now).toContain(name);
        }
      }),
    );
  });
});
