/** What a client makes of a broker that is not what it should be: a login is the one talk in which the client doubts as much as the broker. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reader } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { nodeCrypto } from '../../lib/node/crypto.ts';
import { type AnyApi, apis, SaslHandshake } from '../../lib/protocol/apis/index.ts';
import { decodeRequestHeader, encodeResponse, FrameSplitter } from '../../lib/protocol/frame.ts';
import { shapeOf } from '../../lib/protocol/schema.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { loggedIn, type SaslSettings } from '../../lib/wire/sasl.ts';
import { bytesOf, readClientFirst, ScramKeys, signedMessages, textOf } from '../../lib/wire/scram.ts';
import type { Stream } from '../../lib/world/world.ts';

const at = { host: 'broker', port: 9092 };
const settings: SaslSettings = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'secret' };

interface Answers {
  readonly handshake?: { readonly errorCode: number; readonly mechanisms: readonly string[] };
  /** The answer to the token with this number; `closed` ends the connection. */
  readonly token: (
    index: number,
    token: string,
  ) => string | { readonly errorCode: number; readonly errorMessage: string } | 'closed';
  /** Does something to the bytes of every answer. */
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
}

async function answer(stream: Stream, { handshake, token, damage = (bytes) => bytes }: Answers): Promise<void> {
  const splitter = new FrameSplitter(1 << 20);
  let tokens = 0;
  for (;;) {
    const chunk = await stream.read();
    if (chunk === null) return;
    for (const frame of splitter.push(chunk)) {
      const reader = new Reader(frame);
      const { apiKey, apiVersion, correlationId } = decodeRequestHeader(reader, () => undefined);
      const api = apis.get(apiKey) as AnyApi;
      const body = api.request.read(reader, shapeOf(api, apiVersion)) as { readonly authBytes?: Uint8Array };
      const said = body.authBytes === undefined ? undefined : token(tokens++, textOf(body.authBytes));
      if (said === 'closed') return stream.abort('it does not like the client');
      const response =
        apiKey === SaslHandshake.key
          ? (handshake ?? { errorCode: 0, mechanisms: ['SCRAM-SHA-256'] })
          : typeof said === 'string'
            ? { errorCode: 0, errorMessage: '', authBytes: bytesOf(said) }
            : { ...said, authBytes: new Uint8Array(0) };
      await stream.write([damage(concat(encodeResponse(api, apiVersion, correlationId, response as never)))]);
    }
  }
}

/** How a login with a broker that answers like this ends: `in`, or the message of the error. */
async function login(answers: Answers, change: Partial<SaslSettings> = {}): Promise<string> {
  const world = new SimulatedWorld(1);
  await world
    .process('broker')
    .host()
    .network.listen(at, (stream) => void answer(stream, answers).catch(() => {}));
  const client = world.process('client').host();
  const network = loggedIn(client.network, { ...settings, ...change }, nodeCrypto, client.clock);
  const ended = network.connect(at).then(
    () => 'in',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  const how = await world.drive.drive('the test', ended);
  world.drive.close();
  return how;
}

/** A broker as it should be, with the parts of its words that a test may twist. */
function honest({ iterations = 4096, nonce = '', password = 'secret' } = {}): Answers {
  const keys = new ScramKeys(nodeCrypto, 'SCRAM-SHA-256');
  let bare = '';
  let challenge = '';
  return {
    token(index, token) {
      if (index === 0) {
        const first = readClientFirst(token)!;
        bare = first.bare;
        challenge = `r=${nonce || `${first.nonce}broker`},s=c2FsdA==,i=${iterations}`;
        return challenge;
      }
      const serverKey = keys.serverKey(keys.salted(password, bytesOf('salt'), iterations));
      const messages = signedMessages(bare, challenge, token.slice(0, token.lastIndexOf(',p=')));
      return `v=${Buffer.from(keys.serverSignature(serverKey, messages)).toString('base64')}`;
    },
  };
}

describe('a client', () => {
  test('is let in by a broker that knows its password', async () => {
    expect(await login(honest())).toBe('in');
    expect(await login({ token: () => '' }, { mechanism: 'PLAIN' })).toBe('in');
  });

  test.each([
    [
      'that only says that it knows the password',
      honest({ password: 'guessed' }),
      /this is not the broker that it claims to be/,
    ],
    ['that answers with another nonce', honest({ nonce: 'mine' }), /its challenge is not one of SCRAM/],
    [
      'that wants the password stretched a little only',
      honest({ iterations: 1 }),
      /it asks for 1 iterations; 4096 to 1000000 are/,
    ],
    ['that wants it stretched for hours', honest({ iterations: 999_999_999 }), /it asks for 999999999 iterations/],
    [
      'that ends with an error of SCRAM',
      { token: (index: number, token: string) => (index === 0 ? honest().token(0, token) : 'e=other-error') },
      /it answered other-error/,
    ],
    [
      'that ends without a signature',
      { token: (index: number, token: string) => (index === 0 ? honest().token(0, token) : 'yes') },
      /with no signature/,
    ],
    ['that answers nothing', { token: () => '' }, /its challenge is not one of SCRAM/],
    [
      'that refuses it',
      { token: () => ({ errorCode: 58, errorMessage: 'no' }) },
      /SASL_AUTHENTICATION_FAILED, no; check the user name and the password/,
    ],
    [
      'that does not offer its mechanism',
      { handshake: { errorCode: 33, mechanisms: ['GSSAPI'] }, token: () => '' },
      /one that it does: GSSAPI/,
    ],
    [
      'that asks nobody',
      { handshake: { errorCode: 34, mechanisms: [] }, token: () => '' },
      /it asks nobody who he is on this port/,
    ],
    [
      'that has an error of its own',
      { handshake: { errorCode: -1, mechanisms: [] }, token: () => '' },
      /The broker met an error/,
    ],
  ] satisfies [string, Answers, RegExp][])('is not in at a broker %s', async (_, answers, message) => {
    const how = await login(answers);
    expect(how).toMatch(/^AuthenticationFailed: the broker at broker:9092 and alice do not trust each other/);
    expect(how).toMatch(message);
  });

  test('may try again when the connection ends in the middle: a proxy does that while the broker behind it is down', async () => {
    expect(await login({ token: () => 'closed' })).toMatch(
      /^ConnectionLost: the broker at broker:9092 closed the connection instead of answering SaslAuthenticate/,
    );
  });

  test('gives up a broker that accepts and stays silent, and leaves it no open connection', async () => {
    const world = new SimulatedWorld(1);
    const client = world.process('client').host();
    const broker = world.process('broker').host();
    let left = () => {};
    const hasLeft = new Promise<void>((resolve) => {
      left = resolve;
    });
    await broker.network.listen(at, async (stream) => {
      while ((await stream.read()) !== null);
      left();
    });
    const login = loggedIn(client.network, settings, nodeCrypto, client.clock).connect(at);
    await expect(world.drive.drive('the test', login)).rejects.toMatchObject({
      name: 'ConnectionLost',
      message: 'broker:9092 accepts connections, but the login took longer than 10000 ms',
    });
    await world.drive.drive('the test', hasLeft);
    world.drive.close();
  });

  test('is never let in, and never waits for ever, when the words of the broker are damaged', async () => {
    const place = fc.record({ at: fc.nat(), bit: fc.nat(7), of: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(place, async ({ at: where, bit, of }) => {
        let answers = 0;
        const damage = (bytes: Uint8Array) => {
          if (answers++ !== of) return bytes;
          const changed = bytes.slice();
          // Behind the length and the correlation id, whose damage would only make the client wait for its time-out; and before the
          // last sign of base64, of which not every bit counts.
          changed[8 + (where % (changed.length - 10))] ^= 1 << bit;
          return changed;
        };
        const broker = honest();
        // In the first answer the list of mechanisms is of no account.
        if ((await login({ ...broker, damage })) === 'in') expect(of).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
