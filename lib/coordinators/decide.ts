/**
 * The decider of classic consumer groups: what a group becomes when something happens to it, and what is to be done about it.
 *
 * It is a pure function. It reads no clock, draws no lots and waits for nothing; the same events give the same outcome in a test, in
 * virtual time and on a server. The rules are in the files beside this one, one for each request; here is the list of them.
 *
 * Source: `GroupMetadataManager.java` and `ClassicGroup.java`, followed where they differ from their own comments.
 */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import { commitAppended, commitFailed, onCommit } from './commit.ts';
import { deleteAppended, onDelete } from './delete.ts';
import { deleteOffsetsAppended, onDeleteOffsets } from './deleteOffsets.ts';
import {
  defaultGroupSettings,
  type GroupEvent,
  type GroupRequest,
  type GroupResponse,
  type GroupSettings,
} from './events.ts';
import { onSweep, sweepAppended } from './expire.ts';
import { type Appending, type Group, newGroup } from './group.ts';
import { onHeartbeat } from './heartbeat.ts';
import { onJoin, sessionTimeoutAllowed } from './join.ts';
import { onLeave } from './leave.ts';
import type { Outcome } from './outcome.ts';
import { onJoinTimer } from './rebalance.ts';
import { groupErrorOf, refusal } from './refusal.ts';
import { onSessionTimer } from './session.ts';
import { staticMemberAppended, staticMemberFailed } from './staticMember.ts';
import { JOIN_TIMER, memberOfTimer, Step, SYNC_TIMER } from './step.ts';
import { assignmentAppended, assignmentFailed, onSync, onSyncTimer } from './sync.ts';
import { onTopicDeleted } from './topicDeleted.ts';
import { onUnload } from './unload.ts';

export interface Decision extends Outcome<GroupResponse> {
  /** The group from now on; null when there is none (any more): a dead group is not kept. */
  readonly group: Group | null;
}

// #region decide
/** `group` is null when the coordinator has none of this id; `now` is the wall clock in ms, for the timestamps in records. */
export function decide(
  group: Group | null,
  event: GroupEvent,
  now: number,
  settings: GroupSettings = defaultGroupSettings,
): Decision {
  if (group === null) return decideWithoutGroup(event, now, settings);
  const step = new Step(group, now, settings);
  apply(step, event);
  return { ...step.outcome(), group: step.group.state === 'Dead' ? null : step.group };
}

function apply(step: Step, event: GroupEvent): void {
  switch (event.type) {
    case 'join':
      return onJoin(step, event);
    case 'sync':
      return onSync(step, event);
    case 'heartbeat':
      return onHeartbeat(step, event);
    case 'leave':
      return onLeave(step, event);
    case 'commit':
      return onCommit(step, event);
    case 'delete':
      return onDelete(step, event);
    case 'deleteOffsets':
      return onDeleteOffsets(step, event);
    case 'timer':
      return onTimer(step, event.name);
    case 'appended':
      return onAppended(step);
    case 'appendFailed':
      return onAppendFailed(step, event.error);
    case 'loaded':
      return onLoaded(step);
    case 'sweep':
      return onSweep(step, event);
    case 'topicDeleted':
      return onTopicDeleted(step, event);
    case 'unload':
      return onUnload(step);
  }
}
// #endregion decide

/** Two requests may found a group: a JoinGroup of somebody new, and a commit from outside the group protocol. */
function decideWithoutGroup(event: GroupEvent, now: number, settings: GroupSettings): Decision {
  const step = new Step(newGroup('groupId' in event ? event.groupId : ''), now, settings);
  if (!('to' in event)) return { ...step.outcome(), group: null };
  const error = errorWithoutGroup(event, settings);
  if (error !== Errors.NONE) {
    step.reply(event.to, refusal(event, error));
    return { ...step.outcome(), group: null };
  }
  const before = step.group;
  apply(step, event);
  return { ...step.outcome(), group: step.group === before ? null : step.group };
}

function errorWithoutGroup(event: GroupRequest, settings: GroupSettings): ErrorCode {
  if (event.groupId === '') return Errors.INVALID_GROUP_ID;
  switch (event.type) {
    case 'join':
      return event.memberId === '' || !sessionTimeoutAllowed(event, settings) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
    case 'commit':
      return event.generationId < 0 ? Errors.NONE : Errors.GROUP_ID_NOT_FOUND;
    case 'delete':
    case 'deleteOffsets':
      return Errors.GROUP_ID_NOT_FOUND;
    case 'leave':
      return Errors.NONE; // each member named is answered as unknown
    default:
      return Errors.UNKNOWN_MEMBER_ID;
  }
}

function onTimer(step: Step, name: string): void {
  const memberId = memberOfTimer(name);
  if (memberId !== undefined) onSessionTimer(step, memberId);
  else if (name === JOIN_TIMER) onJoinTimer(step);
  else if (name === SYNC_TIMER) onSyncTimer(step);
}

/** The sessions of members that were read from the log begin afresh: nobody knows when they were last heard of. */
function onLoaded(step: Step): void {
  for (const member of step.group.members.values()) step.startSession(member);
}

// #region onAppended
function onAppended(step: Step): void {
  const [done, ...rest] = openAppends(step);
  step.change({ appending: rest });
  if (done.kind === 'assignment') assignmentAppended(step, done);
  else if (done.kind === 'commit') commitAppended(step, done);
  else if (done.kind === 'staticMember') staticMemberAppended(step, done);
  else if (done.kind === 'delete') deleteAppended(step, done);
  else if (done.kind === 'sweep') sweepAppended(step, done);
  else if (done.kind === 'deleteOffsets') deleteOffsetsAppended(step, done);
}

/** Of the other kinds nobody waits for an answer: the group goes on, and the next coordinator finds what is in the log. */
function onAppendFailed(step: Step, error: number): void {
  const open = openAppends(step);
  const failed = open[open.length - 1];
  step.change({ appending: open.slice(0, -1) });
  if (failed.kind === 'assignment') assignmentFailed(step, failed, error);
  else if (failed.kind === 'commit') commitFailed(step, failed, error);
  else if (failed.kind === 'staticMember') staticMemberFailed(step, failed, error);
  else if (failed.kind === 'delete')
    step.reply(failed.to, { groupId: step.group.groupId, errorCode: groupErrorOf(error) });
  else if (failed.kind === 'deleteOffsets') step.reply(failed.to, { errorCode: groupErrorOf(error), topics: [] });
}
// #endregion onAppended

function openAppends({ group }: Step): readonly Appending[] {
  if (group.appending.length === 0)
    throw new Error(`group ${group.groupId} waits for no append: this is a bug in the runtime`);
  return group.appending;
}
