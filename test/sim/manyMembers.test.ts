/** A thousand members that start within a minute: the wait before the first round of a group gathers them. */
import { expect, test } from 'vitest';
import { simulate } from '../../lib/sim/simulate.ts';
import { gather } from './manyMembers.ts';

test('a thousand that start within a minute are one group in one round, with ten requests each at the most', {
  timeout: 60_000,
}, async () => {
  const seen = await gather(simulate, { members: 1_000, withinMs: 60_000 });
  expect(seen.generations).toBe(1);
  expect(seen.divided).toBe(1_000);
  expect(seen.mostRequests).toBeLessThanOrEqual(10);
  expect(Object.fromEntries(seen.requests)).toEqual({
    // One connection to find the way and one to the coordinator; a question for the topic, one for the coordinator.
    ...{ ApiVersions: 2_000, Metadata: 1_000, FindCoordinator: 1_000 },
    // An id, a place, and the work.
    ...{ JoinGroup: 2_000, SyncGroup: 1_000 },
    // Of those who have got one of the hundred partitions.
    ...{ OffsetFetch: 100, ListOffsets: 100 },
  });
  // The group waits three seconds, and three more as long as somebody has come meanwhile: from three to six seconds after the last.
  expect(seen.settledAfterMs).toBeGreaterThan(3_000);
  expect(seen.settledAfterMs).toBeLessThan(6_200);
});

test('ten that come six seconds apart meet ten times: the wait gathers only those who come while it lasts', async () => {
  const seen = await gather(simulate, { members: 10, withinMs: 60_000 });
  expect(seen.generations).toBe(10);
  expect(seen.divided).toBe(10);
  // Everybody has an id and then a place in each round from its own on; so has the work.
  expect(seen.requests.get('JoinGroup')).toBe(10 + 55);
  expect(seen.requests.get('SyncGroup')).toBe(55);
});
