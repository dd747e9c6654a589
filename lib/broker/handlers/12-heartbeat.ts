/** Heartbeat, versions 0-4. */
import type { HeartbeatEvent, HeartbeatResponse } from '../../coordinators/events.ts';
import type { Heartbeat } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

export const handleHeartbeat: Handler<typeof Heartbeat> = async ({ groups }, request) => {
  const { groupId, generationId, memberId, groupInstanceId } = request;
  const unavailable = groups.errorFor(groupId);
  // While the coordinator reads its log it cannot know the member, and sessions have not begun: the member may go on.
  if (unavailable === Errors.COORDINATOR_LOAD_IN_PROGRESS) return { errorCode: Errors.NONE.code };
  if (unavailable !== Errors.NONE) return { errorCode: unavailable.code };
  const identity = { groupId, generationId, memberId, groupInstanceId };
  const event = (to: number): HeartbeatEvent => ({ type: 'heartbeat', to, ...identity });
  return (await groups.ask(groupId, event)) as HeartbeatResponse;
};
