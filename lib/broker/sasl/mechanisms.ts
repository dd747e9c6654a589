/**
 * The ways in which a client can show who it is: PLAIN, which says the password, and SCRAM, which proves that one knows it.
 *
 * The sentences of refusals are Kafka's, since clients show them and tests look for them. For SCRAM there is one for all that can be wrong.
 * It still tells which users exist: as in Kafka, an unknown one is refused at the first message, and a wrong password at the second.
 *
 * Source: Apache Kafka `PlainSaslServer.java`, `ScramSaslServer.java`; RFC 4616, RFC 5802.
 */
import {
  bytesOf,
  type ClientFirst,
  readClientFinal,
  readClientFirst,
  ScramKeys,
  type ScramMechanism,
  serverFinal,
  serverFirst,
  signedMessages,
  textOf,
  toBase64,
} from '../../wire/scram.ts';
import type { Crypto } from '../../world/world.ts';
import type { Users } from './users.ts';

/** The client is not let in. The message is for the client. */
export class AuthenticationRefused extends Error {
  override readonly name = 'AuthenticationRefused';
}

export interface Step {
  readonly token: Uint8Array;
  /** Who the client is, when this was the last step. */
  readonly user?: string;
}

/** A mechanism at work on one connection: the next token of the client, and the answer to it. Throws `AuthenticationRefused`. */
export type Exchange = (token: Uint8Array) => Step;

/** In the order in which they are offered. */
export const mechanismNames = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type MechanismName = (typeof mechanismNames)[number];

export function beginExchange(mechanism: MechanismName, users: Users, crypto: Crypto): Exchange {
  return mechanism === 'PLAIN' ? (token) => plain(token, users) : scram(mechanism, users, crypto);
}

const NO_BYTES = new Uint8Array(0);
const OTHER_RIGHTS = 'Authentication failed: Client requested an authorization id that is different from username';

/** Whose rights, who, and the password, with a zero byte between. */
function plain(token: Uint8Array, users: Users): Step {
  const parts = textOf(token).split('\0');
  if (parts.length !== 3) {
    const count = Math.min(parts.length, 4);
    throw new AuthenticationRefused(`Invalid SASL/PLAIN response: expected 3 tokens, got ${count}`);
  }
  const [authorizationId, user, password] = parts;
  if (user === '') throw new AuthenticationRefused('Authentication failed: username not specified');
  if (password === '') throw new AuthenticationRefused('Authentication failed: password not specified');
  if (!users.accepts(user, password)) {
    throw new AuthenticationRefused('Authentication failed: Invalid username or password');
  }
  if (authorizationId !== '' && authorizationId !== user) throw new AuthenticationRefused(OTHER_RIGHTS);
  return { token: NO_BYTES, user };
}

function scram(mechanism: ScramMechanism, users: Users, crypto: Crypto): Exchange {
  const keys = new ScramKeys(crypto, mechanism);
  const refused = () =>
    new AuthenticationRefused(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`,
    );
  let begun: { readonly first: ClientFirst; readonly nonce: string; readonly answer: string } | undefined;

  function begin(token: Uint8Array): Step {
    const first = readClientFirst(textOf(token));
    // A delegation token in place of a password: there are none here.
    if (first === undefined || first.extensions.includes(',tokenauth=true')) throw refused();
    const credential = users.scram(mechanism, first.user);
    if (credential === undefined) throw refused();
    if (first.authorizationId !== '' && first.authorizationId !== first.user) {
      throw new AuthenticationRefused(OTHER_RIGHTS);
    }
    const nonce = first.nonce + toBase64(crypto.randomBytes(18));
    const answer = serverFirst({ nonce, salt: credential.salt, iterations: credential.iterations });
    begun = { first, nonce, answer };
    return { token: bytesOf(answer) };
  }

  return (token) => {
    if (begun === undefined) return begin(token);
    const { first, nonce, answer } = begun;
    const final = readClientFinal(textOf(token));
    const credential = users.scram(mechanism, first.user);
    if (final === undefined || credential === undefined || final.nonce !== nonce) throw refused();
    const messages = signedMessages(first.bare, answer, final.withoutProof);
    if (!keys.isProof(final.proof, credential.storedKey, messages)) throw refused();
    const signature = keys.serverSignature(credential.serverKey, messages);
    return { token: bytesOf(serverFinal(signature)), user: first.user };
  };
}
