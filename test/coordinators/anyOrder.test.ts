/** Whatever happens to a group, in whatever order: what must hold all the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Decision, decide } from '../../lib/coordinators/decide.ts';
import type { GroupEvent } from '../../lib/coordinators/events.ts';
import { allowedBefore, type Group, type GroupState } from '../../lib/coordinators/group.ts';
import { Errors } from '../../lib/protocol/errors.ts';

/** Which of those who are there, by number. */
const member = fc.oneof({ weight: 8, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constantFrom('', 'nobody') });
const generation = fc.constantFrom('current', 'current', 'current', 'older', 'none');
const instance = fc.constantFrom(null, null, null, null, 'static');
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      member,
      instance,
      once: fc.boolean(),
      metadata: fc.nat(1),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sync' as const), member, instance, generation }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), member, instance, generation }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('commit' as const), member, instance, generation }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), member, instance }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('timer' as const), which: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('appended' as const, 'appended' as const, 'appended' as const, 'appendFailed' as const),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs steps as the runtime would: timers ring only when set, and results of appends come only for appends. */
class Run {
  group: Group | null = null;
  appends = 0;
  asked = 0;
  readonly answered = new Map<number, number>();
  readonly timers = new Set<string>();
  #ids = 0;

  take(next: Step): { event: GroupEvent; before: Group | null; decision: Decision } | undefined {
    const event = this.#event(next);
    if (event === undefined) return undefined;
    const before = this.group;
    const decision = decide(before, event, 1_000);
    this.group = decision.group;
    if (event.type === 'appended' || event.type === 'appendFailed') this.appends--;
    if (decision.records.length > 0) this.appends++;
    for (const { to } of decision.replies) this.answered.set(to, (this.answered.get(to) ?? 0) + 1);
    for (const { name, afterMs } of decision.timers) {
      if (afterMs === null) this.timers.delete(name);
      else this.timers.add(name);
    }
    return { event, before, decision };
  }

  #event(next: Step): GroupEvent | undefined {
    const groupId = 'bank';
    switch (next.do) {
      case 'join':
        return {
          ...{ type: 'join', to: ++this.asked, groupId, memberId: this.#member(next), newMemberId: `m${this.#ids++}` },
          ...{ groupInstanceId: next.instance, clientId: 'c', clientHost: '/h', protocolType: 'consumer' },
          ...{
            sessionTimeoutMs: 6_000,
            rebalanceTimeoutMs: 10_000,
            requireKnownMemberId: !next.once,
            canSkipAssignment: false,
          },
          protocols: [{ name: 'range', metadata: Uint8Array.of(next.metadata) }],
        };
      case 'sync': {
        const kept = { protocolType: null, protocolName: null, assignments: [] };
        return { type: 'sync', to: ++this.asked, groupId, ...this.#identity(next), ...kept };
      }
      case 'heartbeat':
        return { type: 'heartbeat', to: ++this.asked, groupId, ...this.#identity(next) };
      case 'commit': {
        const offset = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null };
        const topics = [{ name: 'ledger', partitions: [offset] }];
        return { type: 'commit', to: ++this.asked, groupId, ...this.#identity(next), topics };
      }
      case 'leave':
        return {
          ...{ type: 'leave', to: ++this.asked, groupId },
          members: [{ memberId: this.#member(next), groupInstanceId: next.instance }],
        };
      case 'timer': {
        // The end of the join phase rings as often as all sessions together.
        const join = this.timers.has('join') && next.which % 2 === 0;
        const names = join ? ['join'] : [...this.timers];
        if (names.length === 0) return undefined;
        const name = names[next.which % names.length];
        this.timers.delete(name);
        return { type: 'timer', name };
      }
      case 'appended':
        return this.appends > 0 ? { type: 'appended' } : undefined;
      case 'appendFailed':
        return this.appends > 0 ? { type: 'appendFailed', error: Errors.NOT_ENOUGH_REPLICAS.code } : undefined;
    }
  }

  #member({ member }: { member: number | string }): string {
    if (typeof member === 'string') return member;
    const known = [...(this.group?.members.keys() ?? []), ...(this.group?.pendingIds ?? [])];
    return known[member] ?? '';
  }

  #identity(next: { member: number | string; instance: string | null; generation: string }) {
    const current = this.group?.generationId ?? 0;
    const generationId = next.generation === 'none' ? -1 : next.generation === 'older' ? current - 1 : current;
    return { memberId: this.#member(next), groupInstanceId: next.instance, generationId };
  }
}

const runs = fc.array(step, { minLength: 20, maxLength: 80, size: 'max' });
const settings = { numRuns: 150 };

test('a request is answered once, and every request is answered when the coordinator gives the group away', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const run = new Run();
      for (const next of steps) run.take(next);
      const last = run.group && decide(run.group, { type: 'unload' }, 1_000);
      for (const { to } of last?.replies ?? []) run.answered.set(to, (run.answered.get(to) ?? 0) + 1);
      expect([...run.answered.values()].every((times) => times === 1)).toBe(true);
      expect(run.answered.size).toBe(run.asked);
    }),
    settings,
  );
});

test('states follow each other only as allowed, and the generation never goes back', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const run = new Run();
      for (const next of steps) {
        const taken = run.take(next);
        for (const { what, detail } of taken?.decision.facts ?? []) {
          if (what === 'group.state') expect(allowedBefore[detail.to as GroupState]).toContain(detail.from);
        }
        const before = taken?.before?.generationId ?? 0;
        if (run.group) expect(run.group.generationId).toBeGreaterThanOrEqual(before);
      }
    }),
    settings,
  );
});

test('a group is Stable only right after an append, or as it was', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const run = new Run();
      for (const next of steps) {
        const taken = run.take(next);
        if (run.group?.state === 'Stable' && taken?.before?.state !== 'Stable' && taken) {
          expect(taken.event.type).toBe('appended');
        }
      }
    }),
    settings,
  );
});

test('a refused request changes nothing', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const refusals = [Errors.ILLEGAL_GENERATION, Errors.FENCED_INSTANCE_ID, Errors.UNKNOWN_MEMBER_ID].map(
        ({ code }) => code,
      );
      const run = new Run();
      for (const next of steps) {
        const taken = run.take(next);
        if (!taken || (taken.event.type !== 'sync' && taken.event.type !== 'heartbeat')) continue;
        const { event, before, decision } = taken;
        const own = decision.replies.find(({ to }) => to === event.to)?.response;
        if (own === undefined || !('errorCode' in own) || !refusals.includes(own.errorCode)) continue;
        expect(decision.group).toBe(before);
        expect(decision.timers).toEqual([]);
      }
    }),
    settings,
  );
});

test('as long as somebody is a member, a timer is running or a request of theirs is parked', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const run = new Run();
      for (const next of steps) {
        run.take(next);
        for (const one of run.group?.members.values() ?? []) {
          const watched = run.timers.has(`session ${one.memberId}`);
          expect(watched || one.parkedJoin !== null || one.parkedSync !== null).toBe(true);
        }
        if (run.group?.state === 'PreparingRebalance') expect(run.timers.has('join')).toBe(true);
      }
    }),
    settings,
  );
});

test('there is one leader, and it is a member', () => {
  fc.assert(
    fc.property(runs, (steps) => {
      const run = new Run();
      for (const next of steps) {
        run.take(next);
        const { members, leaderId } = run.group ?? {};
        if (members !== undefined && members.size > 0) expect(members.has(leaderId ?? '')).toBe(true);
        if (members?.size === 0) expect(leaderId).toBeNull();
      }
    }),
    settings,
  );
});

test('such runs get everywhere', () => {
  const states = new Set<string>();
  const events = new Set<string>();
  for (const steps of fc.sample(runs, { numRuns: 400, seed: 1 })) {
    const run = new Run();
    for (const next of steps) {
      const taken = run.take(next);
      if (taken && run.group) states.add(`${run.group.state} with ${Math.min(run.group.members.size, 3)}`);
      for (const { detail } of taken?.decision.facts ?? []) if (detail.to) events.add(`${detail.from} to ${detail.to}`);
    }
  }
  expect([...states].sort()).toEqual([
    ...[1, 2, 3].map((size) => `CompletingRebalance with ${size}`),
    'Empty with 0',
    ...[0, 1, 2, 3].map((size) => `PreparingRebalance with ${size}`),
    ...[1, 2, 3].map((size) => `Stable with ${size}`),
  ]);
  expect([...events].sort()).toEqual([
    'CompletingRebalance to PreparingRebalance',
    'CompletingRebalance to Stable',
    'Empty to PreparingRebalance',
    'PreparingRebalance to CompletingRebalance',
    'PreparingRebalance to Empty',
    'Stable to PreparingRebalance',
  ]);
});
