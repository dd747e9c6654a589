/** SaslAuthenticate: one token of the client, one token of the broker, until the mechanism is satisfied or refuses (KIP-152, KIP-368). */
import { api, bytes, int16, int64, string } from '../schema.ts';

export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    authBytes: bytes.about('What the mechanism wants to say.'),
  },
  response: {
    errorCode: int16.about('SASL_AUTHENTICATION_FAILED, ILLEGAL_SASL_STATE, or 0.'),
    errorMessage: string.nullable().about('What is wrong, or null.'),
    authBytes: bytes.about('What the mechanism answers.'),
    sessionLifetimeMs: int64
      .since(1)
      .default(0)
      .about('After this time the client must show again who it is; 0: never, on this connection.'),
  },
});
