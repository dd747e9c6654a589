/** LeaveGroup: members go in an orderly way, so that nobody waits for their session to run out. Several at once since version 3. */
import { api, array, int16, int32, string, struct } from '../schema.ts';

export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string.about('The group.'),
    memberId: string.until(2).about('The member that leaves.'),
    members: array(
      struct({
        memberId: string.about('A member that leaves; may be empty for a static one.'),
        groupInstanceId: string.nullable().default(null).about('Its own name, if static.'),
        reason: string.nullable().since(5).default(null).about('Why it leaves, for the log.'),
      }),
    )
      .since(3)
      .about('The members that leave.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('An error of the whole request, or 0.'),
    members: array(
      struct({
        memberId: string.about('The member.'),
        groupInstanceId: string.nullable().default(null).about('Its own name, if static.'),
        errorCode: int16.about('Why it could not leave, or 0.'),
      }),
    )
      .since(3)
      .about('One entry a member.'),
  },
});
