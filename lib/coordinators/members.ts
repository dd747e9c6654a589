/** Taking a member out of a group, whatever the reason. Nobody who waits for an answer is forgotten. */
import { Errors } from '../protocol/errors.ts';
import { type Member, NOTHING } from './group.ts';
import { refusedJoin } from './refusal.ts';
import { type MemberChange, type Step, sessionTimer } from './step.ts';

// #region removeMember
/** The caller decides whether the group must rebalance. */
export function removeMember(step: Step, member: Member, change: MemberChange, why: string): void {
  const { memberId } = member;
  const current = step.group.members.get(memberId) ?? member;
  const unknown = Errors.UNKNOWN_MEMBER_ID.code;
  if (current.parkedJoin !== null) step.reply(current.parkedJoin, refusedJoin('', unknown));
  if (current.parkedSync !== null) step.reply(current.parkedSync, { errorCode: unknown, assignment: NOTHING });
  const members = new Map(step.group.members);
  members.delete(memberId);
  const pendingSync = new Set(step.group.pendingSync);
  pendingSync.delete(memberId);
  // Kafka promotes an arbitrary member; the oldest is one, and the same in every run.
  const [oldest = null] = members.keys();
  const leaderId = step.group.leaderId === memberId ? oldest : step.group.leaderId;
  step.change({ members, pendingSync, leaderId });
  step.stopTimer(sessionTimer(memberId));
  step.tellMember(memberId, change, why);
}
// #endregion removeMember

/** Harmless when the id is not pending. */
export function forgetPendingId(step: Step, memberId: string): void {
  if (!step.group.pendingIds.has(memberId)) return;
  const pendingIds = new Set(step.group.pendingIds);
  pendingIds.delete(memberId);
  step.change({ pendingIds });
  step.stopTimer(sessionTimer(memberId));
}
