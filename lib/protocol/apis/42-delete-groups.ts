/** DeleteGroups: forget groups that have no members, with their offsets. */
import { api, array, int16, int32, string, struct } from '../schema.ts';

export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    groupsNames: array(string).about('The groups.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    results: array(
      struct({
        groupId: string.about('The group.'),
        errorCode: int16.about('Why it was not deleted, or 0.'),
      }),
    ).about('One entry a group.'),
  },
});
