/** The coordinator gives the group away: what is durable, the next coordinator reads; who waits here is sent there. */
import { Errors } from '../protocol/errors.ts';
import { commitResponse } from './commit.ts';
import { type Appending, NOTHING } from './group.ts';
import { refusedJoin } from './refusal.ts';
import type { Step } from './step.ts';

const notCoordinator = Errors.NOT_COORDINATOR.code;

// #region onUnload
export function onUnload(step: Step): void {
  for (const member of step.group.members.values()) {
    if (member.parkedJoin !== null) step.reply(member.parkedJoin, refusedJoin(member.memberId, notCoordinator));
    if (member.parkedSync !== null) step.reply(member.parkedSync, { errorCode: notCoordinator, assignment: NOTHING });
  }
  for (const append of step.group.appending) sendAway(step, append);
  step.change({ appending: [] });
  step.moveTo('Dead');
}
// #endregion onUnload

function sendAway(step: Step, append: Appending): void {
  if (append.kind === 'commit') step.reply(append.to, commitResponse(append.topics, notCoordinator));
  else if (append.kind === 'delete') step.reply(append.to, { groupId: step.group.groupId, errorCode: notCoordinator });
  else if (append.kind === 'deleteOffsets') step.reply(append.to, { errorCode: notCoordinator, topics: [] });
}
