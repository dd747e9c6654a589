/**
 * DeleteGroups: a group without members is forgotten, and its offsets with it, in one batch. A group with more offsets than fit into one cannot be deleted, as
 * in Kafka: OffsetDelete takes them away in portions.
 *
 * Source: `GroupCoordinatorShard.deleteGroups`.
 */
import { Errors } from '../protocol/errors.ts';
import type { DeleteEvent } from './events.ts';
import type { Appending } from './group.ts';
import { groupTombstone } from './groupRecord.ts';
import { forgetPendingId } from './members.ts';
import { offsetTombstone } from './offsetRecord.ts';
import { refusal } from './refusal.ts';
import type { Step } from './step.ts';

export function onDelete(step: Step, event: DeleteEvent): void {
  if (step.group.state !== 'Empty') return step.reply(event.to, refusal(event, Errors.NON_EMPTY_GROUP));
  const { groupId } = step.group;
  const offsets = event.offsets.map(({ topic, partition }) => offsetTombstone({ group: groupId, topic, partition }));
  step.append([...offsets, groupTombstone(groupId)], { kind: 'delete', to: event.to });
}

/** Somebody may have joined or committed while the deletion was being written: what comes later in the log stays. */
export function deleteAppended(step: Step, done: Extract<Appending, { kind: 'delete' }>): void {
  step.reply(done.to, { groupId: step.group.groupId, errorCode: Errors.NONE.code });
  if (step.group.state !== 'Empty' || step.group.appending.length > 0) return;
  for (const memberId of step.group.pendingIds) forgetPendingId(step, memberId);
  step.moveTo('Dead');
}
