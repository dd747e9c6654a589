/** What state each group was in, moment by moment, as its coordinator told it. */
import type { TraceEvent } from '../../trace/trace.ts';

export type StateName = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'unknown';

export interface GroupMoment {
  readonly index: number;
  /** Where it came from, when this moment is a change of state. */
  readonly from?: StateName;
  /** `unknown` after the broker has died, until the group is heard of again. */
  readonly state: StateName;
  /** -1: unknown. */
  readonly generation: number;
  /** Undefined: unknown. */
  readonly members: ReadonlySet<string> | undefined;
}

export function groupMoments(events: readonly TraceEvent[]): Map<string, GroupMoment[]> {
  const groups = new Map<string, GroupMoment[]>();
  for (const [index, { what, detail, node }] of events.entries()) {
    if (what === 'group.state') {
      const { group, from, to, generation, members } = detail as never as StateDetail;
      add(groups, group, { index, from, state: to, generation, members: new Set(members) });
    } else if (what === 'group.member') {
      const { group, member, change } = detail as never as MemberDetail;
      const before = groups.get(group)?.at(-1) ?? {
        state: 'Empty' as const,
        generation: 0,
        members: new Set<string>(),
      };
      const members = before.members && new Set(before.members);
      if (change === 'joined') members?.add(member);
      else members?.delete(member);
      add(groups, group, { index, state: before.state, generation: before.generation, members });
    } else if (what === 'coordinator.unloaded' || (what === 'process.crashed' && node.startsWith('broker-'))) {
      for (const group of groups.keys())
        add(groups, group, { index, state: 'unknown', generation: -1, members: undefined });
    }
  }
  return groups;
}

/** The moment in force at a place, and those until another. */
export function momentsDuring(moments: readonly GroupMoment[], from: number, to: number): GroupMoment[] {
  let first = 0;
  while (first + 1 < moments.length && moments[first + 1].index <= from) first++;
  const during: GroupMoment[] = [];
  for (let at = first; at < moments.length && moments[at].index <= to; at++) during.push(moments[at]);
  return during;
}

interface StateDetail {
  readonly group: string;
  readonly from: StateName;
  readonly to: StateName;
  readonly generation: number;
  readonly members: readonly string[];
}

interface MemberDetail {
  readonly group: string;
  readonly member: string;
  readonly change: string;
}

function add(groups: Map<string, GroupMoment[]>, group: string, moment: GroupMoment): void {
  const moments = groups.get(group);
  if (moments === undefined) groups.set(group, [moment]);
  else moments.push(moment);
}
