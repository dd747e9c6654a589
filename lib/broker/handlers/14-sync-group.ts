/** SyncGroup, versions 0-5. The answer waits for the leader's assignment. */
import type { SyncEvent, SyncResponse } from '../../coordinators/events.ts';
import type { SyncGroup } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

const NAMES_PROTOCOL_SINCE = 5;

export const handleSyncGroup: Handler<typeof SyncGroup> = async ({ groups }, request, { version }) => {
  const { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName } = request;
  if (version >= NAMES_PROTOCOL_SINCE && (protocolType === null || protocolName === null)) {
    return { errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL.code };
  }
  const unavailable = groups.errorFor(groupId);
  // A round that was under way when the coordinator began to read its log is lost: the member has to join again.
  if (unavailable === Errors.COORDINATOR_LOAD_IN_PROGRESS) return { errorCode: Errors.REBALANCE_IN_PROGRESS.code };
  if (unavailable !== Errors.NONE) return { errorCode: unavailable.code };
  // The group keeps these bytes; the request is a view of a buffer that will be used again.
  const assignments = request.assignments.map((one) => ({
    memberId: one.memberId,
    assignment: one.assignment.slice(),
  }));
  const identity = { groupId, generationId, memberId, groupInstanceId };
  const event = (to: number): SyncEvent => ({ type: 'sync', to, ...identity, protocolType, protocolName, assignments });
  return (await groups.ask(groupId, event)) as SyncResponse;
};
