/** Heartbeat: the member lives. The answer is the only way in which the coordinator can tell it that a rebalance has begun. */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { HeartbeatEvent } from './events.ts';
import { type Step, validateMember } from './step.ts';

// #region onHeartbeat
export function onHeartbeat(step: Step, event: HeartbeatEvent): void {
  const error = heartbeatError(step, event);
  const member = step.group.members.get(event.memberId);
  // "Join again" is an answer to a living member: its session goes on, so that it has the time to do so.
  if (member && (error === Errors.NONE || error === Errors.REBALANCE_IN_PROGRESS)) step.startSession(member);
  step.reply(event.to, { errorCode: error.code });
}

function heartbeatError(step: Step, event: HeartbeatEvent): ErrorCode {
  const { group } = step;
  const identity = validateMember(group, event.memberId, event.groupInstanceId);
  if (identity !== Errors.NONE) return identity;
  if (event.generationId !== group.generationId) return Errors.ILLEGAL_GENERATION;
  // In CompletingRebalance the member is where it should be, waiting for its assignment: no error.
  return group.state === 'PreparingRebalance' ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
}
// #endregion onHeartbeat
