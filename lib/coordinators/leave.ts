/** LeaveGroup: members go in an orderly way, so that the others need not wait for their sessions to end. */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { LeaveEvent, MemberIdentity } from './events.ts';
import { staticMember } from './group.ts';
import { forgetPendingId, removeMember } from './members.ts';
import { completeJoinIfEverybodyIsThere, rebalance } from './rebalance.ts';
import { type Step, validateMember } from './step.ts';

// #region onLeave
export function onLeave(step: Step, event: LeaveEvent): void {
  const before = step.group.members;
  const members = event.members.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: leave(step, { memberId, groupInstanceId }).code,
  }));
  step.reply(event.to, { errorCode: Errors.NONE.code, members });
  if (step.group.state === 'PreparingRebalance') completeJoinIfEverybodyIsThere(step);
  else if (step.group.members !== before) rebalance(step);
}

function leave(step: Step, { memberId, groupInstanceId }: MemberIdentity): ErrorCode {
  if (memberId === '') return leaveByInstanceId(step, groupInstanceId);
  if (step.group.pendingIds.has(memberId)) {
    forgetPendingId(step, memberId);
    return Errors.NONE;
  }
  const identity = validateMember(step.group, memberId, groupInstanceId);
  const member = step.group.members.get(memberId);
  if (identity !== Errors.NONE || member === undefined) return identity;
  removeMember(step, member, 'left', 'LeaveGroup');
  return Errors.NONE;
}

/** An administrator may take out a static member by its name, without knowing the member id. */
function leaveByInstanceId(step: Step, groupInstanceId: string | null): ErrorCode {
  const member = groupInstanceId === null ? undefined : staticMember(step.group, groupInstanceId);
  if (member === undefined) return Errors.UNKNOWN_MEMBER_ID;
  removeMember(step, member, 'left', 'LeaveGroup by group.instance.id');
  return Errors.NONE;
}
// #endregion onLeave
