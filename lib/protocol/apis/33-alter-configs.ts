/** AlterConfigs: all settings of a topic or a broker at once; what is not named falls back to its default. IncrementalAlterConfigs has taken its place (KIP-339). */
import { api, array, boolean, int8, int16, int32, string, struct } from '../schema.ts';

export const AlterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    resources: array(
      struct({
        resourceType: int8.about('2: a topic; 4: a broker.'),
        resourceName: string.about("The topic, or the broker's id; empty: what holds for all brokers."),
        configs: array(
          struct({
            name: string.about('A setting.'),
            value: string.nullable().about('Its value.'),
          }),
        ).about('The settings.'),
      }),
    ).about('Whose settings.'),
    validateOnly: boolean.default(false).about('Whether only to check.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    responses: array(
      struct({
        errorCode: int16.about('Why nothing was changed, or 0.'),
        errorMessage: string.nullable().default(null).about('The same in words.'),
        resourceType: int8.about('2: a topic; 4: a broker.'),
        resourceName: string.about('Its name.'),
      }),
    ).about('One entry a resource.'),
  },
});
