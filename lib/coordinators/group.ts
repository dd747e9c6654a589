/**
 * A classic consumer group, as its coordinator holds it in memory.
 *
 * A group is a value: a decision makes a new one and leaves the old one as it was. Part of it is durable and comes back when the log is
 * replayed (generation, strategy, leader, members with their assignments). The rest is soft, and a coordinator that dies loses it by
 * design: who is just joining, which requests are parked, which appends are under way.
 *
 * Source: `ClassicGroup.java`, `ClassicGroupMember.java`.
 */

import type { DeleteOffsetsResponse, JoinResponse } from './events.ts';
import type { ReplyTo } from './outcome.ts';

// #region states
/** Where a group is in its round. There is no way from Stable to Empty but through a rebalance in which nobody joins. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** From which states each state can be reached. */
export const allowedBefore: { readonly [state in GroupState]: readonly GroupState[] } = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
};
// #endregion states

/** One assignment strategy that a member offers, with its subscription in the form of that strategy. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface Member {
  readonly memberId: string;
  /** A static member's own name (KIP-345). */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** The favourite first. After a replay only the strategy chosen last is known. */
  readonly protocols: readonly MemberProtocol[];
  /** What the leader gave it; empty while there is no assignment. The coordinator does not look inside. */
  readonly assignment: Uint8Array;
  /** Its first JoinGroup has not been answered, so it cannot send heartbeats yet. */
  readonly isNew: boolean;
  /** Its JoinGroup that waits for the end of the join phase. */
  readonly parkedJoin: ReplyTo | null;
  /** Its SyncGroup that waits for the leader's assignment. */
  readonly parkedSync: ReplyTo | null;
}

/** The first rebalance of a group is held open for a while, so that members that start together end up in one generation. */
export interface InitialRebalance {
  /** The delay that is running now. */
  readonly delayMs: number;
  /** How much longer the delay may be prolonged. */
  readonly remainingMs: number;
  readonly newMemberAdded: boolean;
}

/** What to do when an append is safe, or was refused. It is refused at once, or becomes safe in its turn. */
export type Appending =
  | {
      readonly kind: 'assignment';
      readonly generationId: number;
      readonly assignments: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'topicDeleted' }
  | {
      readonly kind: 'commit';
      readonly to: ReplyTo;
      readonly memberId: string;
      readonly generationId: number;
      readonly topics: readonly CommittedTopic[];
    }
  | {
      readonly kind: 'staticMember';
      readonly to: ReplyTo;
      readonly response: JoinResponse;
      readonly memberId: string;
      readonly generationId: number;
      /** The member as it was, to be put back when the append fails. */
      readonly before: Member;
    }
  | { readonly kind: 'sweep'; readonly isLast: boolean }
  | { readonly kind: 'delete'; readonly to: ReplyTo }
  | { readonly kind: 'deleteOffsets'; readonly to: ReplyTo; readonly response: DeleteOffsetsResponse };

/** The partitions of one commit with what became of each. */
export interface CommittedTopic {
  readonly name: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly offset: number;
    readonly errorCode: number;
  }[];
}

export interface Group {
  readonly groupId: string;
  readonly state: GroupState;
  /** When it came to this state, in ms since 1970 by the coordinator's clock; null: it never left its first. Durable while the group is Empty. */
  readonly stateTimestamp: number | null;
  /** Counts the join phases that have ended; 0 before the first. */
  readonly generationId: number;
  /** "consumer" for consumers; null for a group that has only ever stored offsets. */
  readonly protocolType: string | null;
  /** The assignment strategy that the members voted for. */
  readonly protocolName: string | null;
  /** The member that computes the assignment. */
  readonly leaderId: string | null;
  /** In the order in which they came. */
  readonly members: ReadonlyMap<string, Member>;
  /** Ids that were handed out and have not come back with a second JoinGroup (KIP-394). */
  readonly pendingIds: ReadonlySet<string>;
  /** Members of this generation that have not sent their SyncGroup. */
  readonly pendingSync: ReadonlySet<string>;
  /** Set while the group prepares its first rebalance since it was Empty. */
  readonly initialRebalance: InitialRebalance | null;
  readonly appending: readonly Appending[];
}

export function newGroup(groupId: string): Group {
  return {
    groupId,
    state: 'Empty',
    stateTimestamp: null,
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    members: new Map(),
    pendingIds: new Set(),
    pendingSync: new Set(),
    initialRebalance: null,
    appending: [],
  };
}

/** The member that goes by this `group.instance.id`. */
export function staticMember(group: Group, groupInstanceId: string): Member | undefined {
  for (const member of group.members.values()) if (member.groupInstanceId === groupInstanceId) return member;
  return undefined;
}

/** How long a rebalance may take: the longest time that any member asks for. */
export function rebalanceTimeoutMs(group: Group): number {
  let longestMs = 0;
  for (const member of group.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs);
  return longestMs;
}

export function awaitingJoin(group: Group): number {
  let count = 0;
  for (const member of group.members.values()) if (member.parkedJoin !== null) count++;
  return count;
}

/** The join phase can end: every member has a JoinGroup parked, and no id is out that may still come back. */
export function everybodyJoined(group: Group): boolean {
  return group.pendingIds.size === 0 && awaitingJoin(group) === group.members.size;
}

/** What a member offers for a strategy; empty when it does not know the strategy. */
export function metadataOf(member: Member, protocolName: string | null): Uint8Array {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NOTHING;
}

export const NOTHING = new Uint8Array(0);
