/**
 * JoinGroup: somebody wants to take part in the next generation.
 *
 * Somebody new comes twice. The first JoinGroup is answered with MEMBER_ID_REQUIRED and an id, the second carries the id and makes a member
 * of it. So a client that gives up while it waits and asks again does not leave a trail of members that nobody is behind (KIP-394).
 */
import { Errors } from '../protocol/errors.ts';
import { type GroupSettings, type JoinEvent, NEW_MEMBER_JOIN_TIMEOUT_MS } from './events.ts';
import { awaitingJoin, type Member, NOTHING, staticMember } from './group.ts';
import { forgetPendingId, removeMember } from './members.ts';
import { completeJoinIfEverybodyIsThere, joined, rebalance } from './rebalance.ts';
import { refusal, refusedJoin } from './refusal.ts';
import { replaceStaticMember } from './staticMember.ts';
import { type Step, sessionTimer, validateMember } from './step.ts';
import { sameProtocols, supportsProtocols } from './vote.ts';

// #region onJoin
export function onJoin(step: Step, event: JoinEvent): void {
  if (!sessionTimeoutAllowed(event, step.settings)) {
    return step.reply(event.to, refusal(event, Errors.INVALID_SESSION_TIMEOUT));
  }
  if (!hasRoomFor(step, event.memberId)) return refuseForSize(step, event);
  if (!supportsProtocols(step.group, event.protocolType, event.protocols)) {
    return step.reply(event.to, refusal(event, Errors.INCONSISTENT_GROUP_PROTOCOL));
  }
  if (event.memberId === '') joinAsNew(step, event);
  else if (step.group.pendingIds.has(event.memberId)) addMember(step, event, event.memberId);
  else joinAgain(step, event);
}

export function sessionTimeoutAllowed({ sessionTimeoutMs }: JoinEvent, settings: GroupSettings): boolean {
  return sessionTimeoutMs >= settings.minSessionTimeoutMs && sessionTimeoutMs <= settings.maxSessionTimeoutMs;
}

function joinAsNew(step: Step, event: JoinEvent): void {
  if (event.groupInstanceId !== null) {
    const holder = staticMember(step.group, event.groupInstanceId);
    if (holder) return replaceStaticMember(step, event, holder);
    return addMember(step, event, event.newMemberId);
  }
  if (!event.requireKnownMemberId) return addMember(step, event, event.newMemberId);
  step.change({ pendingIds: new Set(step.group.pendingIds).add(event.newMemberId) });
  step.startTimer(sessionTimer(event.newMemberId), event.sessionTimeoutMs);
  step.reply(event.to, refusedJoin(event.newMemberId, Errors.MEMBER_ID_REQUIRED.code));
}
// #endregion onJoin

// #region joinAgain
function joinAgain(step: Step, event: JoinEvent): void {
  const identity = validateMember(step.group, event.memberId, event.groupInstanceId);
  const member = step.group.members.get(event.memberId);
  if (identity !== Errors.NONE || member === undefined) return step.reply(event.to, refusal(event, identity));
  const { state, leaderId } = step.group;
  const changed = !sameProtocols(member.protocols, event.protocols);
  // A leader that joins a stable group again asks for a new assignment: partitions may have been added, or members' wishes changed.
  const wantsRound = state === 'PreparingRebalance' || changed || (state === 'Stable' && leaderId === member.memberId);
  if (wantsRound) return parkJoin(step, event, member);
  // Nothing new: the answer must have been lost on its way, and is given again.
  step.startSession(member);
  const answer = joined(step.group, member);
  step.reply(event.to, state === 'Stable' ? { ...answer, members: [] } : answer);
}
// #endregion joinAgain

function parkJoin(step: Step, event: JoinEvent, member: Member): void {
  if (member.parkedJoin !== null) {
    step.reply(member.parkedJoin, refusedJoin(member.memberId, Errors.REBALANCE_IN_PROGRESS.code));
  }
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = event;
  step.putMember({ ...member, protocols, sessionTimeoutMs, rebalanceTimeoutMs, parkedJoin: event.to });
  rebalance(step);
}

function addMember(step: Step, event: JoinEvent, memberId: string): void {
  forgetPendingId(step, memberId);
  const member: Member = {
    memberId,
    groupInstanceId: event.groupInstanceId,
    clientId: event.clientId,
    clientHost: event.clientHost,
    sessionTimeoutMs: event.sessionTimeoutMs,
    rebalanceTimeoutMs: event.rebalanceTimeoutMs,
    protocols: event.protocols,
    assignment: NOTHING,
    isNew: true,
    parkedJoin: event.to,
    parkedSync: null,
  };
  const { leaderId, members, initialRebalance } = step.group;
  step.change({
    // The first member decides the kind of the group.
    protocolType: members.size === 0 ? event.protocolType : step.group.protocolType,
    leaderId: leaderId ?? memberId,
    initialRebalance: initialRebalance && { ...initialRebalance, newMemberAdded: true },
  });
  step.putMember(member);
  step.startTimer(sessionTimer(memberId), NEW_MEMBER_JOIN_TIMEOUT_MS);
  step.tellMember(memberId, 'joined', 'new');
  rebalance(step);
}

/** While a group prepares, only those count who have joined again: the last to come may find no room. */
function hasRoomFor(step: Step, memberId: string): boolean {
  const { group, settings } = step;
  const member = group.members.get(memberId);
  if (group.state === 'Empty') return true;
  if (group.state !== 'PreparingRebalance') return member !== undefined || group.members.size < settings.maxSize;
  return (member !== undefined && member.parkedJoin !== null) || awaitingJoin(group) < settings.maxSize;
}

function refuseForSize(step: Step, event: JoinEvent): void {
  const member = step.group.members.get(event.memberId);
  if (member) removeMember(step, member, 'refused', 'group.max.size');
  else if (event.memberId !== '') forgetPendingId(step, event.memberId);
  step.reply(event.to, refusedJoin('', Errors.GROUP_MAX_SIZE_REACHED.code));
  // It may have been the one that the others waited for.
  if (step.group.state === 'PreparingRebalance') completeJoinIfEverybodyIsThere(step);
}
