/**
 * Offsets that nobody has had a use for, for a long time, are forgotten, and so are groups that have nothing left.
 *
 * The time counts from the moment at which the group lost its last member, not from the commit: a group that is at work keeps its offsets however
 * rarely it commits. Two cases count from the commit. A group that has only ever stored offsets has no members to lose; and a group at
 * work may have offsets of topics that none of its members wants any more. Where an old client has said with its commit how long the offset is to be
 * kept, its word counts instead. What expires together need not go into one batch, and a group's own record goes last.
 *
 * Source: `ClassicGroup.offsetExpirationCondition`, `OffsetMetadataManager.cleanupExpiredOffsets`; KIP-211, KIP-496.
 */
import { CONSUMER_PROTOCOL_TYPE } from '../protocol/consumerProtocol.ts';
import { subscribedTopics } from './deleteOffsets.ts';
import type { SweepEvent } from './events.ts';
import type { Appending, Group } from './group.ts';
import { groupTombstone } from './groupRecord.ts';
import { forgetPendingId } from './members.ts';
import { offsetTombstone } from './offsetRecord.ts';
import type { Step } from './step.ts';

type SweptOffset = SweepEvent['offsets'][number];

// #region onSweep
export function onSweep(step: Step, event: SweepEvent): void {
  const { group, now, settings } = step;
  // What is being written may be a commit of one of these offsets; it is for the next time.
  if (group.appending.length > 0) return;
  const { groupId } = group;
  const idleSince = idlenessIn(group);
  const expired = event.offsets.filter((offset) => {
    const since = idleSince(offset);
    return since !== null && now >= (offset.expireTimestamp ?? since + settings.offsetsRetentionMs);
  });
  const isLast = group.state === 'Empty' && expired.length === event.offsets.length;
  if (expired.length === 0 && !isLast) return;
  const records = expired.map(({ topic, partition }) => offsetTombstone({ group: groupId, topic, partition }));
  for (const { topic, partition } of expired) step.tell('offset.expired', { group: groupId, topic, partition });
  step.appendInPieces(isLast ? [...records, groupTombstone(groupId)] : records, { kind: 'sweep', isLast });
}

/**
 * Says of each offset since when it is of no use, in ms since 1970; null: it is. What the members want is read once: they may be hundreds, and the offsets
 * thousands.
 */
function idlenessIn(group: Group): (offset: SweptOffset) => number | null {
  const { protocolType, state, stateTimestamp } = group;
  if (protocolType === null) return ({ commitTimestamp }) => commitTimestamp;
  if (state === 'Empty') return ({ commitTimestamp }) => stateTimestamp ?? commitTimestamp;
  if (state !== 'Stable' || protocolType !== CONSUMER_PROTOCOL_TYPE) return () => null;
  const subscribed = subscribedTopics(group);
  return ({ topic, commitTimestamp }) => (subscribed === 'all' || subscribed.has(topic) ? null : commitTimestamp);
}
// #endregion onSweep

/** Somebody may have come back while the tombstones were being written: what comes later in the log stays. */
export function sweepAppended(step: Step, { isLast }: Extract<Appending, { kind: 'sweep' }>): void {
  if (!isLast || step.group.state !== 'Empty' || step.group.appending.length > 0) return;
  for (const memberId of step.group.pendingIds) forgetPendingId(step, memberId);
  step.moveTo('Dead');
}
