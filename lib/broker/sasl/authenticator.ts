/**
 * What a client may say before it has shown who it is, and what it is told.
 *
 * The order is Kafka's: if it likes, one ApiVersions; then SaslHandshake, which names a mechanism; then the tokens of that mechanism, in
 * SaslAuthenticate, or bare after a handshake of version 0. Anything else ends the connection. Since no session here runs out, a
 * client is asked once for each connection (`connections.max.reauth.ms` is 0).
 *
 * Source: Apache Kafka `SaslServerAuthenticator.java`.
 */
import { MalformedBytes, Reader } from '../../bytes/reader.ts';
import { type AnyApi, ApiVersions, apis, SaslAuthenticate, SaslHandshake } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import { decodeRequestHeader, encodeResponse, type RequestHeader } from '../../protocol/frame.ts';
import { type Api, type Fields, type Input, type Output, shapeOf } from '../../protocol/schema.ts';
import type { Crypto } from '../../world/world.ts';
import type { Authentication, Authenticator, Reply } from '../authentication.ts';
import { knownApis, unsupportedApiVersions } from '../handlers/18-api-versions.ts';
import type { Services } from '../services.ts';
import {
  AuthenticationRefused,
  beginExchange,
  type Exchange,
  type MechanismName,
  mechanismNames,
} from './mechanisms.ts';
import { Users } from './users.ts';

const NO_BYTES = new Uint8Array(0);

/** The gate of a broker with these users. Which mechanisms it offers is the broker's `sasl.enabled.mechanisms`. */
export function saslAuthentication(crypto: Crypto, passwords: { readonly [user: string]: string }): Authentication {
  const users = new Users(crypto, passwords);
  return { begin: (services) => new SaslAuthenticator(services, users, crypto) };
}

/** What the client may say next. */
type State = 'versions or handshake' | 'handshake' | 'token in SaslAuthenticate' | 'bare token';

class SaslAuthenticator implements Authenticator {
  user: string | undefined;
  readonly #services: Services;
  readonly #users: Users;
  readonly #crypto: Crypto;
  readonly #offered: readonly MechanismName[];
  #state: State = 'versions or handshake';
  #exchange: Exchange = () => {
    throw new AuthenticationRefused('no mechanism is chosen yet');
  };

  constructor(services: Services, users: Users, crypto: Crypto) {
    this.#services = services;
    this.#users = users;
    this.#crypto = crypto;
    const enabled = services.config['sasl.enabled.mechanisms'].split(',');
    this.#offered = mechanismNames.filter((name) => enabled.includes(name));
  }

  take(frame: Uint8Array): Reply {
    if (this.#state === 'bare token') return this.#takeBareToken(frame);
    const reader = new Reader(frame);
    const header = decodeRequestHeader(reader, (key) => apis.get(key)?.flexibleSince);
    if (this.#state === 'token in SaslAuthenticate') return this.#takeToken(header, reader);
    if (header.apiKey === SaslHandshake.key) return this.#shakeHands(header, reader);
    if (header.apiKey === ApiVersions.key && this.#state === 'versions or handshake') {
      return this.#tellVersions(header, reader);
    }
    const name = apis.get(header.apiKey)?.name ?? `API ${header.apiKey}`;
    return { answer: null, failure: `Unexpected Kafka request of type ${name} during SASL handshake.` };
  }

  #tellVersions(header: RequestHeader, reader: Reader): Reply {
    const { apiVersion, correlationId } = header;
    const [min, max] = ApiVersions.versions;
    if (apiVersion < min || apiVersion > max) {
      const refusal = unsupportedApiVersions(this.#services, Errors.UNSUPPORTED_VERSION);
      return { answer: encodeResponse(ApiVersions, 0, correlationId, refusal) };
    }
    const response = knownApis(this.#services, read(ApiVersions, header, reader), apiVersion);
    if (response.errorCode === Errors.NONE.code) this.#state = 'handshake';
    return { answer: encodeResponse(ApiVersions, apiVersion, correlationId, response) };
  }

  #shakeHands(header: RequestHeader, reader: Reader): Reply {
    const { mechanism } = read(SaslHandshake, header, reader);
    const chosen = this.#offered.find((name) => name === mechanism);
    const { code } = chosen === undefined ? Errors.UNSUPPORTED_SASL_MECHANISM : Errors.NONE;
    const response = { errorCode: code, mechanisms: this.#offered };
    const answer = encodeResponse(SaslHandshake, header.apiVersion, header.correlationId, response);
    // The name goes to the operator's terminal: quoted, so that it cannot write there what it likes.
    const named = JSON.stringify(mechanism.slice(0, 64));
    if (chosen === undefined) return { answer, failure: `Unsupported SASL mechanism ${named}` };
    this.#exchange = beginExchange(chosen, this.#users, this.#crypto);
    this.#state = header.apiVersion === 0 ? 'bare token' : 'token in SaslAuthenticate';
    return { answer };
  }

  #takeToken(header: RequestHeader, reader: Reader): Reply {
    if (header.apiKey !== SaslAuthenticate.key) {
      const name = apis.get(header.apiKey)?.name ?? `API ${header.apiKey}`;
      const failure = `Unexpected Kafka request of type ${name} during SASL authentication.`;
      return { answer: refusalOf(header, Errors.ILLEGAL_SASL_STATE), failure };
    }
    const { authBytes } = read(SaslAuthenticate, header, reader);
    const answered = (errorCode: number, errorMessage: string, token: Uint8Array) =>
      encodeResponse(SaslAuthenticate, header.apiVersion, header.correlationId, {
        errorCode,
        errorMessage,
        authBytes: token,
      });
    try {
      const { token, user } = this.#exchange(authBytes);
      this.user = user;
      return { answer: answered(Errors.NONE.code, '', token) };
    } catch (error) {
      if (!(error instanceof AuthenticationRefused)) throw error;
      const { code } = Errors.SASL_AUTHENTICATION_FAILED;
      return { answer: answered(code, error.message, NO_BYTES), failure: error.message };
    }
  }

  /** Without a header there is no way to name an error: a client that is refused sees its connection end. */
  #takeBareToken(frame: Uint8Array): Reply {
    try {
      const { token, user } = this.#exchange(frame);
      this.user = user;
      const size = new Uint8Array(4);
      new DataView(size.buffer).setInt32(0, token.length);
      return { answer: [size, token] };
    } catch (error) {
      if (error instanceof AuthenticationRefused) return { answer: null, failure: error.message };
      throw error;
    }
  }
}

function read<Request extends Fields>(
  api: Api<Request, Fields>,
  header: RequestHeader,
  reader: Reader,
): Output<Request> {
  const { apiVersion } = header;
  if (apiVersion < api.versions[0] || apiVersion > api.versions[1]) {
    throw new MalformedBytes(`${api.name} has no version ${apiVersion} here`);
  }
  return api.request.read(reader, shapeOf(api, apiVersion));
}

/** The error in the form of the request's own response, where that has one place for it. */
function refusalOf({ apiKey, apiVersion, correlationId }: RequestHeader, error: ErrorCode): Uint8Array[] | null {
  const api: AnyApi | undefined = apis.get(apiKey);
  if (api === undefined || apiVersion < api.versions[0] || apiVersion > api.versions[1]) return null;
  if (api.response.format.fields?.errorCode?.exists(apiVersion) !== true) return null;
  return encodeResponse(api, apiVersion, correlationId, { errorCode: error.code } as Input<Fields>);
}
