/** IncrementalAlterConfigs: changes single settings of a topic or a broker, and leaves the others as they are (KIP-339). */
import { api, array, boolean, int8, int16, int32, string, struct } from '../schema.ts';

/** What is to be done with a setting. Source: `AlterConfigOp.java`. */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleSince: 1,
  request: {
    resources: array(
      struct({
        resourceType: int8.about('2: a topic; 4: a broker.'),
        resourceName: string.about("The topic, or the broker's id; empty: what holds for all brokers."),
        configs: array(
          struct({
            name: string.about('A setting.'),
            configOperation: int8.about('0: set; 1: back to the default; 2 and 3: add to a list, take from it.'),
            value: string.nullable().about('The value to set, to add or to take away.'),
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
