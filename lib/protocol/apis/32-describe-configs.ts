/** DescribeConfigs: which settings hold for a topic or a broker, and where does each value come from? (KIP-133, KIP-226) */
import { api, array, boolean, int8, int16, int32, string, struct } from '../schema.ts';

/** What settings can belong to, as a number on the wire. Source: `ConfigResource.java`. */
export const TOPIC_RESOURCE = 2;
export const BROKER_RESOURCE = 4;

/** Where a value comes from, the strongest first. Source: `DescribeConfigsResponse.java`. */
export const ConfigSource = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
} as const;

/** What kind of value a setting has. Source: `DescribeConfigsResponse.java`. */
export const ConfigType = { BOOLEAN: 1, STRING: 2, INT: 3, LONG: 5, DOUBLE: 6, LIST: 7 } as const;

export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: {
    resources: array(
      struct({
        resourceType: int8.about('2: a topic; 4: a broker.'),
        resourceName: string.about("The topic, or the broker's id; empty: what holds for all brokers."),
        configurationKeys: array(string).nullable().default(null).about('The settings wanted; null: all.'),
      }),
    ).about('Whose settings.'),
    includeSynonyms: boolean
      .default(false)
      .about('Whether to list the values that would hold without the one that does.'),
    includeDocumentation: boolean.since(3).default(false).about('Whether to say what each setting does.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    results: array(
      struct({
        errorCode: int16.about('Why the settings are not shown, or 0.'),
        errorMessage: string.nullable().default(null).about('The same in words.'),
        resourceType: int8.about('2: a topic; 4: a broker.'),
        resourceName: string.about('Its name.'),
        configs: array(
          struct({
            name: string.about('A setting.'),
            value: string.nullable().about('Its value; null when it is secret.'),
            readOnly: boolean.about('Whether only a restart can change it.'),
            configSource: int8.default(-1).about('Where the value comes from.'),
            isSensitive: boolean.default(false).about('Whether it is secret.'),
            synonyms: array(
              struct({
                name: string.about('The setting under the name that it has there.'),
                value: string.nullable().about('Its value there.'),
                source: int8.about('Where that is.'),
              }),
            ).about('The values that there are, the one that holds first.'),
            configType: int8.since(3).default(0).about('The kind of value.'),
            documentation: string.nullable().since(3).default(null).about('What the setting does.'),
          }),
        ).about('The settings.'),
      }),
    ).about('One entry a resource.'),
  },
});
