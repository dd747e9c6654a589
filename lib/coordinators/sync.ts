/**
 * SyncGroup: the leader hands in the assignment, and everybody is answered with a part of it. The group becomes Stable when the assignment
 * is safe in the log and not before: a member that acts on an assignment must be able to count on the next coordinator knowing it.
 */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { SyncEvent } from './events.ts';
import { type Appending, type Group, type Member, NOTHING } from './group.ts';
import { groupRecord } from './groupRecord.ts';
import { removeMember } from './members.ts';
import { dropAssignments, prepareRebalance } from './rebalance.ts';
import { groupErrorOf, refusal } from './refusal.ts';
import { type Step, SYNC_TIMER, validateMember } from './step.ts';

type AssignmentAppending = Extract<Appending, { kind: 'assignment' }>;

// #region onSync
export function onSync(step: Step, event: SyncEvent): void {
  const error = syncError(step.group, event);
  const member = step.group.members.get(event.memberId);
  if (error !== Errors.NONE || member === undefined) return step.reply(event.to, refusal(event, error));
  receivedSync(step, event.memberId);
  if (step.group.state === 'Stable') {
    step.startSession(member);
    return step.reply(event.to, synced(step.group, member));
  }
  park(step, event, member);
  if (event.memberId === step.group.leaderId && !isStoring(step.group)) storeAssignment(step, event);
}

function syncError(group: Group, event: SyncEvent): ErrorCode {
  const identity = validateMember(group, event.memberId, event.groupInstanceId);
  if (identity !== Errors.NONE) return identity;
  if (event.generationId !== group.generationId) return Errors.ILLEGAL_GENERATION;
  const sameType = event.protocolType === null || event.protocolType === group.protocolType;
  const sameName = event.protocolName === null || event.protocolName === group.protocolName;
  if (!sameType || !sameName) return Errors.INCONSISTENT_GROUP_PROTOCOL;
  return group.state === 'PreparingRebalance' ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
}

function park(step: Step, event: SyncEvent, member: Member): void {
  if (member.parkedSync !== null) {
    step.reply(member.parkedSync, { errorCode: Errors.REBALANCE_IN_PROGRESS.code, assignment: NOTHING });
  }
  step.putMember({ ...member, parkedSync: event.to });
}

/** A member that the leader forgot gets an empty assignment. */
function storeAssignment(step: Step, event: SyncEvent): void {
  const given = new Map(event.assignments.map(({ memberId, assignment }) => [memberId, assignment]));
  const assignments = new Map([...step.group.members.keys()].map((id) => [id, given.get(id) ?? NOTHING]));
  const { generationId } = step.group;
  step.append([groupRecord(step.group, step.now, assignments)], { kind: 'assignment', generationId, assignments });
}
// #endregion onSync

function isStoring({ appending, generationId }: Group): boolean {
  return appending.some((append) => append.kind === 'assignment' && append.generationId === generationId);
}

function synced(group: Group, member: Member) {
  const { protocolType, protocolName } = group;
  return { errorCode: Errors.NONE.code, protocolType, protocolName, assignment: member.assignment };
}

function receivedSync(step: Step, memberId: string): void {
  if (!step.group.pendingSync.has(memberId)) return;
  const pendingSync = new Set(step.group.pendingSync);
  pendingSync.delete(memberId);
  step.change({ pendingSync });
  if (pendingSync.size === 0) step.stopTimer(SYNC_TIMER);
}

// #region assignmentAppended
/** The assignment is safe. Meanwhile another round may have begun; then this one comes to nothing. */
export function assignmentAppended(step: Step, done: AssignmentAppending): void {
  if (!isCurrent(step.group, done)) return;
  const members = new Map<string, Member>();
  for (const member of step.group.members.values()) {
    const assigned = { ...member, assignment: done.assignments.get(member.memberId) ?? NOTHING, parkedSync: null };
    members.set(member.memberId, assigned);
    if (member.parkedSync === null) continue;
    step.reply(member.parkedSync, synced(step.group, assigned));
    step.startSession(member);
  }
  step.change({ members });
  step.moveTo('Stable');
}

export function assignmentFailed(step: Step, failed: AssignmentAppending, error: number): void {
  if (!isCurrent(step.group, failed)) return;
  dropAssignments(step, groupErrorOf(error));
  prepareRebalance(step);
}
// #endregion assignmentAppended

function isCurrent(group: Group, append: AssignmentAppending): boolean {
  return group.state === 'CompletingRebalance' && group.generationId === append.generationId;
}

/** Members of this generation that never asked for their assignment are taken out, static ones too (KAFKA-12890). */
export function onSyncTimer(step: Step): void {
  const { state, pendingSync, members } = step.group;
  if (pendingSync.size === 0 || (state !== 'CompletingRebalance' && state !== 'Stable')) return;
  for (const memberId of pendingSync) {
    const member = members.get(memberId);
    if (member) removeMember(step, member, 'expired', 'did not ask for its assignment in time');
  }
  prepareRebalance(step);
}
