/**
 * The two ends of a join phase: how it begins, and how it is closed.
 *
 * While a group prepares, JoinGroups are parked. The phase ends when everybody has one parked; or, in the first rebalance of a group, when
 * its delay is over; or at the latest when the rebalance timeout has passed, and then without those that did not come. Closing it
 * makes a generation: a number, a strategy, a leader, and one answer for each parked JoinGroup, of which the leader's lists all members.
 */
import { Errors } from '../protocol/errors.ts';
import type { JoinResponse } from './events.ts';
import { everybodyJoined, type Group, type Member, metadataOf, NOTHING, rebalanceTimeoutMs } from './group.ts';
import { groupRecord } from './groupRecord.ts';
import { removeMember } from './members.ts';
import { JOIN_TIMER, type Step, SYNC_TIMER } from './step.ts';
import { selectProtocol } from './vote.ts';

// #region rebalance
/** Begins a join phase, or, when one is under way, looks whether it is complete. */
export function rebalance(step: Step): void {
  if (step.group.state === 'PreparingRebalance') completeJoinIfEverybodyIsThere(step);
  else prepareRebalance(step);
}

export function prepareRebalance(step: Step): void {
  if (step.group.state === 'CompletingRebalance') dropAssignments(step, Errors.REBALANCE_IN_PROGRESS.code);
  stopWaitingForSync(step);
  const wasEmpty = step.group.state === 'Empty';
  step.moveTo('PreparingRebalance');
  if (wasEmpty) return startInitialDelay(step);
  if (everybodyJoined(step.group)) return completeJoin(step);
  step.startTimer(JOIN_TIMER, rebalanceTimeoutMs(step.group));
}

/** The first rebalance ends by its delay alone: who has come by then is known only then. */
export function completeJoinIfEverybodyIsThere(step: Step): void {
  if (step.group.initialRebalance === null && everybodyJoined(step.group)) completeJoin(step);
}
// #endregion rebalance

/** Everybody who waits for an assignment is told `errorCode` instead, and nobody keeps one. */
export function dropAssignments(step: Step, errorCode: number): void {
  const members = new Map<string, Member>();
  for (const member of step.group.members.values()) {
    if (member.parkedSync !== null) {
      step.reply(member.parkedSync, { errorCode, assignment: NOTHING });
      step.startSession(member);
    }
    members.set(member.memberId, { ...member, assignment: NOTHING, parkedSync: null });
  }
  step.change({ members });
}

function stopWaitingForSync(step: Step): void {
  if (step.group.pendingSync.size === 0) return;
  step.stopTimer(SYNC_TIMER);
  step.change({ pendingSync: new Set() });
}

function startInitialDelay(step: Step): void {
  const delayMs = step.settings.initialRebalanceDelayMs;
  const remainingMs = Math.max(rebalanceTimeoutMs(step.group) - delayMs, 0);
  step.change({ initialRebalance: { delayMs, remainingMs, newMemberAdded: false } });
  step.startTimer(JOIN_TIMER, delayMs);
}

// #region onJoinTimer
/** The initial delay is over, or the rebalance timeout. As long as new members keep coming, the delay is prolonged. */
export function onJoinTimer(step: Step): void {
  if (step.group.state !== 'PreparingRebalance') return;
  const initial = step.group.initialRebalance;
  if (initial === null || !initial.newMemberAdded || initial.remainingMs === 0) return completeJoin(step);
  const delayMs = Math.min(step.settings.initialRebalanceDelayMs, initial.remainingMs);
  const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0);
  step.change({ initialRebalance: { delayMs, remainingMs, newMemberAdded: false } });
  step.startTimer(JOIN_TIMER, delayMs);
}
// #endregion onJoinTimer

// #region completeJoin
/** Ends the join phase with those who are there. */
export function completeJoin(step: Step): void {
  step.stopTimer(JOIN_TIMER);
  for (const member of step.group.members.values()) {
    // A static member may be restarting: it keeps its place until its session ends.
    if (member.parkedJoin === null && member.groupInstanceId === null) {
      removeMember(step, member, 'expired', 'did not join before the rebalance timeout');
    }
  }
  if (step.group.members.size > 0 && !electLeader(step)) {
    // Only static members are left, and none of them has come: wait for another round, or for their sessions to end.
    return step.startTimer(JOIN_TIMER, rebalanceTimeoutMs(step.group));
  }
  step.change({ initialRebalance: null, generationId: step.group.generationId + 1 });
  if (step.group.members.size === 0) return becomeEmpty(step);
  step.change({ protocolName: selectProtocol(step.group), pendingSync: new Set(step.group.members.keys()) });
  step.moveTo('CompletingRebalance');
  answerJoins(step);
  step.startTimer(SYNC_TIMER, rebalanceTimeoutMs(step.group));
}

/** The leader stays if it has joined again; else the oldest member that has takes over. False: nobody has joined. */
function electLeader(step: Step): boolean {
  const { leaderId, members } = step.group;
  const leader = leaderId === null ? undefined : members.get(leaderId);
  if (leader !== undefined && leader.parkedJoin !== null) return true;
  for (const member of members.values()) {
    if (member.parkedJoin === null) continue;
    step.change({ leaderId: member.memberId });
    return true;
  }
  return false;
}

function answerJoins(step: Step): void {
  const members = new Map<string, Member>();
  for (const member of step.group.members.values()) {
    if (member.parkedJoin !== null) step.reply(member.parkedJoin, joined(step.group, member));
    step.startSession(member);
    members.set(member.memberId, { ...member, parkedJoin: null, isNew: false });
  }
  step.change({ members });
}
// #endregion completeJoin

/** The generation in which nobody is left is written down, so that after a failover nobody believes in the one before it. */
function becomeEmpty(step: Step): void {
  step.change({ protocolName: null, leaderId: null });
  step.moveTo('Empty');
  step.append([groupRecord(step.group, step.now)], { kind: 'empty' });
}

/** The answer to a JoinGroup that succeeded. Only the leader needs to know who else is there. */
export function joined(group: Group, member: Member): JoinResponse {
  return {
    errorCode: Errors.NONE.code,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: member.memberId === group.leaderId ? membersForLeader(group) : [],
  };
}

export function membersForLeader(group: Group): JoinResponse['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }));
}
