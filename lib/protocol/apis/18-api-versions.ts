/** ApiVersions: which requests does this broker know, in which versions? A client may ask before it knows anything (KIP-35, KIP-511). */
import { api, array, boolean, int16, int32, int64, string, struct } from '../schema.ts';

export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleSince: 3,
  request: {
    clientSoftwareName: string.since(3).default('kafkaito').about('The library that asks.'),
    clientSoftwareVersion: string.since(3).default('0').about('Its version.'),
  },
  response: {
    errorCode: int16.about('UNSUPPORTED_VERSION when the broker does not know this version of the question, or 0.'),
    apiKeys: array(
      struct({
        apiKey: int16.about('An API.'),
        minVersion: int16.about('The oldest version that the broker knows.'),
        maxVersion: int16.about('The newest.'),
      }),
    ).about('One entry an API.'),
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    supportedFeatures: array(
      struct({
        name: string.about('A feature.'),
        minVersion: int16.about('The oldest level supported.'),
        maxVersion: int16.about('The newest.'),
      }),
    )
      .since(3)
      .tagged(0)
      .about('Features that this broker supports (KIP-584).'),
    finalizedFeaturesEpoch: int64.since(3).tagged(1).default(-1).about('Version of the list below; -1: unknown.'),
    finalizedFeatures: array(
      struct({
        name: string.about('A feature.'),
        maxVersionLevel: int16.about('The newest level in force.'),
        minVersionLevel: int16.about('The oldest.'),
      }),
    )
      .since(3)
      .tagged(2)
      .about('Features in force in the whole cluster.'),
    zkMigrationReady: boolean.since(3).tagged(3).default(false).about('Left over from the time of ZooKeeper.'),
  },
});
