/** LeaveGroup, versions 0-5. Up to version 2 one member leaves, and its error is that of the request. */
import type { LeaveEvent, LeaveResponse } from '../../coordinators/events.ts';
import type { LeaveGroup } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

const SEVERAL_MEMBERS_SINCE = 3;

export const handleLeaveGroup: Handler<typeof LeaveGroup> = async ({ groups }, request, { version }) => {
  const { groupId, memberId } = request;
  const several = version >= SEVERAL_MEMBERS_SINCE;
  const unavailable = groups.errorFor(groupId);
  if (unavailable !== Errors.NONE) return { errorCode: unavailable.code };
  const members = several ? request.members : [{ memberId, groupInstanceId: null }];
  const event = (to: number): LeaveEvent => ({ type: 'leave', to, groupId, members });
  const response = (await groups.ask(groupId, event)) as LeaveResponse;
  if (several) return response;
  return { errorCode: response.members?.[0]?.errorCode ?? response.errorCode };
};
