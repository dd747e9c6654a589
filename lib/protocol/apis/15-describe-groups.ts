/** DescribeGroups: state and members of groups, for people and tools. */
import { api, array, boolean, bytes, int16, int32, string, struct } from '../schema.ts';

export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 5],
  flexibleSince: 5,
  request: {
    groups: array(string).about('The groups.'),
    includeAuthorizedOperations: boolean.since(3).default(false).about('Whether to say what is allowed.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    groups: array(
      struct({
        errorCode: int16.about('An error of this group, or 0.'),
        groupId: string.about('The group.'),
        groupState: string.about('Empty, PreparingRebalance, CompletingRebalance, Stable or Dead.'),
        protocolType: string.about('The kind of group.'),
        protocolData: string.about('The assignment strategy, while the group is stable.'),
        members: array(
          struct({
            memberId: string.about('The member.'),
            groupInstanceId: string.nullable().since(4).default(null).about('Its own name, if static.'),
            clientId: string.about('The client id it gave.'),
            clientHost: string.about('Where it connected from.'),
            memberMetadata: bytes.about('Its subscription.'),
            memberAssignment: bytes.about('Its part.'),
          }),
        ).about('Its members.'),
        authorizedOperations: int32.since(3).default(-0x80000000).about('What is allowed, as bits.'),
      }),
    ).about('One entry a group.'),
  },
});
