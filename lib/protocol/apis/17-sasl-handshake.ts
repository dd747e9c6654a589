/** SaslHandshake: in which way does this client want to show who it is? (KIP-43, KIP-152) */
import { api, array, int16, string } from '../schema.ts';

export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  // No version of it will ever be flexible: clients send it before they know what the broker speaks (KAFKA-9577).
  flexibleSince: 2,
  request: {
    mechanism: string.about(
      'The mechanism that the client has chosen. In version 0 its tokens follow bare; since version 1 they come in SaslAuthenticate.',
    ),
  },
  response: {
    errorCode: int16.about('UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE, or 0.'),
    mechanisms: array(string).about('The mechanisms that the broker offers.'),
  },
});
