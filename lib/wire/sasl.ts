/**
 * Logging in: a network whose connections are let in before anybody gets to see them.
 *
 * What is said is SaslHandshake and then SaslAuthenticate, as often as the mechanism wants; after that a connection is like any other. So
 * clients know nothing of passwords, and one that is refused learns it in the place where it also learns that nobody is there.
 *
 * Source: KIP-43, KIP-152; Apache Kafka `SaslClientAuthenticator.java`, `ScramSaslClient.java`.
 */
import { Reader } from '../bytes/reader.ts';
import { SaslHandshake } from '../protocol/apis/17-sasl-handshake.ts';
import { SaslAuthenticate } from '../protocol/apis/36-sasl-authenticate.ts';
import { Errors, errorOf } from '../protocol/errors.ts';
import { decodeResponse, encodeRequest, FrameSplitter } from '../protocol/frame.ts';
import type { Api, Fields, Input, Output } from '../protocol/schema.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Cancel, Clock, Crypto, Network, Stream } from '../world/world.ts';
import { AuthenticationFailed } from './errors.ts';
import {
  bytesOf,
  clientFirstBare,
  readServerFinal,
  readServerFirst,
  ScramKeys,
  type ScramMechanism,
  signedMessages,
  textOf,
  toBase64,
} from './scram.ts';

export interface SaslSettings {
  /** Default `SCRAM-SHA-512`, which never sends the password. */
  readonly mechanism?: 'PLAIN' | ScramMechanism;
  readonly username: string;
  readonly password: string;
}

/** Tokens and their size are a few hundred bytes. Also what a neighbour that is no Kafka may make us take in. */
const MAX_FRAME_BYTES = 1 << 16;
/** In these versions every broker since 1.0 understands both, so that there is no need to ask first. */
const HANDSHAKE_VERSION = 1;
const AUTHENTICATE_VERSION = 0;
/** Fewer are too easy to guess through, more would keep us busy for seconds at the word of a broker that we do not know yet. */
const ITERATIONS = [4096, 1_000_000] as const;
/** How long the whole login may take, so that a peer that accepts and stays silent does not keep a connection that nobody knows of. */
const LOGIN_TIMEOUT_MS = 10_000;
/** `n,,` of the first message, in base64: no channel binding, and the rights of the user itself. */
const HEAD = 'n,,';

/**
 * As `network`, for brokers that ask who one is. `connect` rejects with `AuthenticationFailed` where one is not let in, and with `ConnectionLost`
 * where the connection ends before that is said, or the login is not over after 10 s.
 */
export function loggedIn(network: Network, settings: SaslSettings, crypto: Crypto, clock: Clock): Network {
  return {
    listen: (at, accept) => network.listen(at, accept),
    async connect(to) {
      const stream = await network.connect(to);
      const broker = `${to.host}:${to.port}`;
      let cancel: Cancel = () => {};
      const tooLong = new Promise<never>((_, reject) => {
        cancel = clock.after(LOGIN_TIMEOUT_MS, () =>
          reject(
            new ConnectionLost(`${broker} accepts connections, but the login took longer than ${LOGIN_TIMEOUT_MS} ms`),
          ),
        );
      });
      try {
        await Promise.race([logIn(new Dialogue(stream, broker, settings.username), settings, crypto), tooLong]);
        return stream;
      } catch (error) {
        stream.abort('the login failed');
        throw error;
      } finally {
        cancel();
      }
    },
  };
}

async function logIn(dialogue: Dialogue, settings: SaslSettings, crypto: Crypto): Promise<void> {
  const { mechanism = 'SCRAM-SHA-512', username, password } = settings;
  await dialogue.shakeHands(mechanism);
  if (mechanism === 'PLAIN') {
    await dialogue.exchange(bytesOf(`\0${username}\0${password}`));
    return;
  }
  const keys = new ScramKeys(crypto, mechanism);
  const nonce = toBase64(crypto.randomBytes(18));
  const bare = clientFirstBare(username, nonce);
  const challenge = textOf(await dialogue.exchange(bytesOf(HEAD + bare)));
  const first = readServerFirst(challenge);
  if (!first?.nonce.startsWith(nonce) || first.nonce === nonce)
    throw dialogue.failed('its challenge is not one of SCRAM');
  if (first.iterations < ITERATIONS[0] || first.iterations > ITERATIONS[1]) {
    throw dialogue.failed(`it asks for ${first.iterations} iterations; ${ITERATIONS.join(' to ')} are reasonable`);
  }
  const salted = keys.salted(password, first.salt, first.iterations);
  const withoutProof = `c=${toBase64(bytesOf(HEAD))},r=${first.nonce}`;
  const messages = signedMessages(bare, challenge, withoutProof);
  const proof = toBase64(keys.proof(salted, messages));
  const final = readServerFinal(textOf(await dialogue.exchange(bytesOf(`${withoutProof},p=${proof}`))));
  if (final === undefined || 'error' in final)
    throw dialogue.failed(`it answered ${final?.error ?? 'with no signature'}`);
  if (!crypto.equal(final.signature, keys.serverSignature(keys.serverKey(salted), messages))) {
    throw dialogue.failed('it does not know the password either: this is not the broker that it claims to be');
  }
}

/** Requests of a login and their answers, one at a time, on a connection that nobody else uses yet. */
class Dialogue {
  readonly #stream: Stream;
  readonly #broker: string;
  readonly #user: string;
  readonly #splitter = new FrameSplitter(MAX_FRAME_BYTES);
  #lastCorrelationId = 0;

  constructor(stream: Stream, broker: string, user: string) {
    this.#stream = stream;
    this.#broker = broker;
    this.#user = user;
  }

  failed(why: string): AuthenticationFailed {
    return new AuthenticationFailed(`the broker at ${this.#broker} and ${this.#user} do not trust each other: ${why}`);
  }

  async shakeHands(mechanism: string): Promise<void> {
    const { errorCode, mechanisms } = await this.#ask(SaslHandshake, { mechanism }, HANDSHAKE_VERSION);
    if (errorCode === Errors.NONE.code) return;
    if (errorCode === Errors.UNSUPPORTED_SASL_MECHANISM.code) {
      throw this.failed(
        `it does not offer ${mechanism}; set the mechanism to one that it does: ${mechanisms.join(', ')}`,
      );
    }
    if (errorCode === Errors.ILLEGAL_SASL_STATE.code) {
      throw this.failed('it asks nobody who he is on this port: leave sasl out, or choose the port that does');
    }
    throw this.failed(errorOf(errorCode).message);
  }

  async exchange(authBytes: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#ask(SaslAuthenticate, { authBytes }, AUTHENTICATE_VERSION);
    if (answer.errorCode === Errors.NONE.code) return answer.authBytes;
    const { name, message } = errorOf(answer.errorCode);
    throw this.failed(`${name}, ${answer.errorMessage || message}; check the user name and the password`);
  }

  async #ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    apiVersion: number,
  ): Promise<Output<S>> {
    const correlationId = ++this.#lastCorrelationId;
    await this.#stream.write(encodeRequest(api, { apiVersion, correlationId, clientId: null }, body));
    const reader = new Reader(await this.#frame(api.name));
    const answered = reader.int32();
    if (answered !== correlationId)
      throw this.failed(`response ${answered} has come, and ${correlationId} is waited for`);
    return decodeResponse(api as unknown as Api<Fields, S>, apiVersion, reader);
  }

  async #frame(asked: string): Promise<Uint8Array> {
    for (;;) {
      const chunk = await this.#stream.read();
      // No word about who we are: a proxy does so while the broker behind it is down. Java tries again as well (NetworkClient).
      if (chunk === null)
        throw new ConnectionLost(`the broker at ${this.#broker} closed the connection instead of answering ${asked}`);
      const [frame] = this.#splitter.push(chunk);
      if (frame !== undefined) return frame;
    }
  }
}
