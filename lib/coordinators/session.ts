/** The end of a session: nothing was heard of a member for its session timeout, or of an id that was handed out. */
import { everybodyJoined, type Member } from './group.ts';
import { forgetPendingId, removeMember } from './members.ts';
import { completeJoin, rebalance } from './rebalance.ts';
import type { Step } from './step.ts';

// #region onSessionTimer
export function onSessionTimer(step: Step, memberId: string): void {
  if (step.group.pendingIds.has(memberId)) {
    forgetPendingId(step, memberId);
    return completeJoinWithoutThem(step);
  }
  const member = step.group.members.get(memberId);
  if (member === undefined || waitsForUs(member)) return;
  removeMember(step, member, 'expired', member.isNew ? 'its first JoinGroup took too long' : 'session timeout');
  if (step.group.state === 'PreparingRebalance') completeJoinWithoutThem(step);
  else rebalance(step);
}

/** A member with a parked request cannot send heartbeats on that connection: it is the coordinator that is slow, not the member. */
function waitsForUs(member: Member): boolean {
  return !member.isNew && (member.parkedJoin !== null || member.parkedSync !== null);
}
// #endregion onSessionTimer

function completeJoinWithoutThem(step: Step): void {
  if (step.group.state === 'PreparingRebalance' && everybodyJoined(step.group)) completeJoin(step);
}
