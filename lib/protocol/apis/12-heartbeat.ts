/** Heartbeat: a member says that it lives, and learns whether the group is rebalancing. */
import { api, int16, int32, string } from '../schema.ts';

// #region heartbeat
export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: {
    groupId: string.about('The group.'),
    generationId: int32.about('The generation that the member is in.'),
    memberId: string.about('The member.'),
    groupInstanceId: string.nullable().since(3).default(null).about('Its own name, if static.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('What the member must do about the group, or 0.'),
  },
});
// #endregion heartbeat
