/** JoinGroup: a consumer asks to take part in the next generation. The answer comes when the coordinator has closed the round. */
import { api, array, boolean, bytes, int16, int32, string, struct } from '../schema.ts';

export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: {
    groupId: string.about('The group.'),
    sessionTimeoutMs: int32.about('Silence after which the coordinator gives the member up.'),
    rebalanceTimeoutMs: int32
      .since(1)
      .default(-1)
      .about('How long the coordinator waits for this member to join again.'),
    memberId: string.about('The id from an earlier answer; empty the first time.'),
    groupInstanceId: string.nullable().since(5).default(null).about("A static member's own name (KIP-345)."),
    protocolType: string.about('The kind of group: "consumer" for consumers.'),
    protocols: array(
      struct({
        name: string.about('An assignment strategy.'),
        metadata: bytes.about("The member's subscription, in the form of that strategy."),
      }),
    ).about('The strategies that the member can use, the favourite first.'),
    reason: string.nullable().since(8).default(null).about('Why it joins, for the log.'),
  },
  response: {
    throttleTimeMs: int32.since(2).default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('Why the member is not in, or 0.'),
    generationId: int32.default(-1).about('The generation that has begun.'),
    protocolType: string.nullable().since(7).default(null).about('The kind of group.'),
    protocolName: string.nullable(7).default('').about('The strategy that all members share.'),
    leader: string.default('').about('The member that computes the assignment.'),
    skipAssignment: boolean
      .since(9)
      .default(false)
      .about('Whether the leader shall leave the assignment as it is (KIP-814).'),
    memberId: string.about('Who the caller is.'),
    members: array(
      struct({
        memberId: string.about('A member.'),
        groupInstanceId: string.nullable().since(5).default(null).about('Its own name, if static.'),
        metadata: bytes.about('Its subscription.'),
      }),
    ).about('All members, for the leader; empty for the others.'),
  },
});
