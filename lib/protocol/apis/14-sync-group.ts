/** SyncGroup: the leader hands in the assignment, and every member, the leader too, is answered with its own part. */
import { api, array, bytes, int16, int32, string, struct } from '../schema.ts';

export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string.about('The group.'),
    generationId: int32.about('The generation of the join.'),
    memberId: string.about('The member.'),
    groupInstanceId: string.nullable().since(3).default(null).about('Its own name, if static.'),
    protocolType: string.nullable().since(5).default(null).about('The kind of group, as the join answered.'),
    protocolName: string.nullable().since(5).default(null).about('The strategy, as the join answered.'),
    assignments: array(
      struct({
        memberId: string.about('A member.'),
        assignment: bytes.about('Its part.'),
      }),
    ).about('From the leader: one entry a member. From the others: empty.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('Why there is no assignment, or 0.'),
    protocolType: string.nullable().since(5).default(null).about('The kind of group.'),
    protocolName: string.nullable().since(5).default(null).about('The strategy.'),
    assignment: bytes.default(new Uint8Array(0)).about("The caller's part."),
  },
});
