/** ListGroups: the groups that this broker coordinates. */
import { api, array, int16, int32, string, struct } from '../schema.ts';

export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    statesFilter: array(string).since(4).about('Only groups in these states; empty: all.'),
    typesFilter: array(string).since(5).about('Only groups of these types; empty: all.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('An error of the whole request, or 0.'),
    groups: array(
      struct({
        groupId: string.about('The group.'),
        protocolType: string.about('The kind of group.'),
        groupState: string.since(4).default('').about('Its state.'),
        groupType: string.since(5).default('').about('classic, consumer or share.'),
      }),
    ).about('One entry a group.'),
  },
});
