/** What a client may say before it has shown who it is, byte by byte as Kafka has it. */
import { describe, expect, test } from 'vitest';
import { saslAuthentication } from '../../lib/broker/sasl/authenticator.ts';
import { Reader } from '../../lib/bytes/reader.ts';
import { nodeCrypto } from '../../lib/node/crypto.ts';
import {
  type AnyApi,
  ApiVersions,
  apis,
  Heartbeat,
  Metadata,
  SaslAuthenticate,
  SaslHandshake,
} from '../../lib/protocol/apis/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { Connection } from '../../lib/wire/connection.ts';
import { loggedIn, type SaslSettings } from '../../lib/wire/sasl.ts';
import { bytesOf, readServerFirst, ScramKeys, signedMessages, textOf, toBase64 } from '../../lib/wire/scram.ts';
import { onStage, type Stage, type StageSettings } from './stage.ts';
import { framed, request, Talk } from './talk.ts';

const users = { alice: 'secret', bob: 'sésame' };
const authentication = saslAuthentication(nodeCrypto, users);
const guarded = (play: (stage: Stage) => Promise<void>, settings: StageSettings = {}) =>
  onStage(play, { ...settings, authentication });

const talk = async (stage: Stage) => new Talk(await stage.stream());
const isIn = async (one: Talk) => expect((await one.ask(Metadata, { topics: [] })).brokers).toHaveLength(1);
const whyClosed = (stage: Stage) => stage.events('connection.closed').map(({ detail }) => detail.why);
const refused = { errorCode: Errors.SASL_AUTHENTICATION_FAILED.code };

describe('the way in', () => {
  test(
    'is: versions if one likes, a mechanism, its tokens; then everything is answered',
    guarded(async (stage) => {
      for (const asksFirst of [true, false]) {
        const client = await talk(stage);
        if (asksFirst) {
          const { apiKeys } = await client.ask(ApiVersions, {});
          expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual([...apis.keys()]);
        }
        expect(await client.handshake('PLAIN')).toEqual({
          errorCode: 0,
          mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
        });
        expect(await client.token('\0alice\0secret')).toEqual({
          errorCode: 0,
          errorMessage: '',
          authBytes: new Uint8Array(0),
          sessionLifetimeMs: 0,
        });
        await isIn(client);
      }
      expect(stage.events('client.authenticated').map(({ detail }) => detail.user)).toEqual(['alice', 'alice']);
    }),
  );

  test.each([0, 1, 2])('version %i of SaslAuthenticate is understood', (version) =>
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake('PLAIN');
      expect((await client.token('\0bob\0sésame', version)).errorCode).toBe(0);
      await isIn(client);
    })(),
  );

  test(
    'after a handshake of version 0 the tokens come bare',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake('PLAIN', 0);
      await client.say(framed(bytesOf('alice\0alice\0secret')));
      expect(await client.hear()).toEqual(new Uint8Array(0));
      await isIn(client);
      const other = await talk(stage);
      await other.handshake('PLAIN', 0);
      await other.say(framed(bytesOf('\0alice\0wrong')));
      await other.end();
      expect(whyClosed(stage)).toEqual(['Authentication failed: Invalid username or password']);
    }),
  );

  test(
    'SCRAM takes two tokens, and the second answer proves the broker',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake('SCRAM-SHA-256');
      const challenge = textOf((await client.token('n,,n=alice,r=fyko')).authBytes);
      const { nonce, salt, iterations } = readServerFirst(challenge)!;
      expect([nonce.startsWith('fyko'), nonce.length, iterations]).toEqual([true, 28, 4096]);
      const keys = new ScramKeys(nodeCrypto, 'SCRAM-SHA-256');
      const salted = keys.salted('secret', salt, iterations);
      const messages = signedMessages('n=alice,r=fyko', challenge, `c=biws,r=${nonce}`);
      const answer = await client.token(`c=biws,r=${nonce},p=${toBase64(keys.proof(salted, messages))}`);
      const signature = toBase64(keys.serverSignature(keys.serverKey(salted), messages));
      expect([answer.errorCode, textOf(answer.authBytes)]).toEqual([0, `v=${signature}`]);
      await isIn(client);
    }),
  );

  test(
    'bytes behind a request are passed over, as they are after the login',
    guarded(async (stage) => {
      const client = await talk(stage);
      const askWithMore = async (bytes: Uint8Array) => {
        await client.say(framed(Uint8Array.from([...bytes.subarray(4), 1, 0, 0])));
        return new Reader(await client.hear());
      };
      const authBytes = bytesOf('\0alice\0secret');
      for (const bytes of [
        request(ApiVersions, {}, 4),
        request(SaslHandshake, { mechanism: 'PLAIN' }, 1),
        request(SaslAuthenticate, { authBytes }, 1),
        request(Metadata, { topics: [] }, 1),
      ]) {
        const answer = await askWithMore(bytes);
        expect(answer.int32()).toBe(7);
      }
      expect(stage.events('client.authenticated').map(({ detail }) => detail.user)).toEqual(['alice']);
    }),
  );

  test(
    'ApiVersions in a version of the future, or without a proper name, may be asked again',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.say(request({ ...ApiVersions, versions: [9, 9] }, {}, 9));
      const oldest = new Reader(await client.hear());
      expect([oldest.int32(), oldest.int16()]).toEqual([7, Errors.UNSUPPORTED_VERSION.code]);
      const wrong = { clientSoftwareName: '?', clientSoftwareVersion: '1' };
      expect((await client.ask(ApiVersions, wrong)).errorCode).toBe(Errors.INVALID_REQUEST.code);
      expect((await client.ask(ApiVersions, {})).errorCode).toBe(0);
      await client.handshake('PLAIN');
      await client.token('\0alice\0secret');
      await isIn(client);
    }),
  );
});

describe('before that', () => {
  test.each<[string, AnyApi]>([
    ['Metadata', Metadata as unknown as AnyApi],
    ['SaslAuthenticate without a handshake', SaslAuthenticate as unknown as AnyApi],
  ])('%s ends the connection without an answer', (_, api) =>
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.say(request(api, { topics: [], authBytes: new Uint8Array(0) }, api.versions[1]));
      await client.end();
      expect(whyClosed(stage)).toEqual([`Unexpected Kafka request of type ${api.name} during SASL handshake.`]);
      expect(stage.events('request.failed')).toEqual([]);
    })(),
  );

  test(
    'versions are told once',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.ask(ApiVersions, {});
      await client.say(request(ApiVersions, {}, 4));
      await client.end();
    }),
  );

  test(
    'a mechanism that is not offered is answered with those that are, and the connection ends',
    guarded(
      async (stage) => {
        const client = await talk(stage);
        expect(await client.handshake('GSSAPI')).toEqual({
          errorCode: Errors.UNSUPPORTED_SASL_MECHANISM.code,
          mechanisms: ['SCRAM-SHA-512'],
        });
        await client.end();
        const forger = await talk(stage);
        await forger.handshake('\u001b[2J\nkafkaito: all is well');
        await forger.end();
        expect(whyClosed(stage)[1]).toBe('Unsupported SASL mechanism "\\u001b[2J\\nkafkaito: all is well"');
        expect(whyClosed(stage).slice(0, 1)).toEqual(['Unsupported SASL mechanism "GSSAPI"']);
      },
      { config: { 'sasl.enabled.mechanisms': 'SCRAM-SHA-512' } },
    ),
  );

  test(
    'a request in the place of a token is refused with ILLEGAL_SASL_STATE where its answer has room for that',
    guarded(async (stage) => {
      const beat = { groupId: 'bank', generationId: 1, memberId: 'm' };
      const client = await talk(stage);
      await client.handshake('PLAIN');
      expect((await client.ask(Heartbeat, beat)).errorCode).toBe(Errors.ILLEGAL_SASL_STATE.code);
      await client.end();
      const other = await talk(stage);
      await other.handshake('PLAIN');
      await other.say(request(Metadata, { topics: [] }, 12));
      await other.end();
      const again = await talk(stage);
      await again.handshake('PLAIN');
      expect((await again.handshake('PLAIN')).errorCode).toBe(Errors.ILLEGAL_SASL_STATE.code);
      await again.end();
    }),
  );

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['noise', new Uint8Array(40).fill(0xff)],
    ['a token without a handshake', bytesOf('\0alice\0secret')],
  ])('%s end the connection', (_, content) =>
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.say(framed(content));
      await client.end();
      expect(stage.events('request.failed')).toEqual([]);
    })(),
  );

  test(
    'a frame may be half a megabyte, and after it any that socket.request.max.bytes allows',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.say(Uint8Array.of(0, 8, 0, 1));
      await client.end();
      expect(whyClosed(stage)).toEqual(['a frame of 524289 bytes is announced; at most 524288 are accepted']);
      const known = await talk(stage);
      await known.handshake('PLAIN');
      await known.token('\0alice\0secret');
      const names = Array.from({ length: 20 }, (_, index) => ({ name: `${index}${'x'.repeat(30_000)}` }));
      expect((await known.ask(Metadata, { topics: names })).topics).toHaveLength(20);
    }),
  );
});

describe('who is not let in', () => {
  const same =
    'Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512';
  test.each([
    ['PLAIN', '\0alice\0Secret', 'Authentication failed: Invalid username or password'],
    ['PLAIN', '\0mallory\0secret', 'Authentication failed: Invalid username or password'],
    ['PLAIN', '\0\0secret', 'Authentication failed: username not specified'],
    ['PLAIN', '\0alice\0', 'Authentication failed: password not specified'],
    ['PLAIN', 'alice', 'Invalid SASL/PLAIN response: expected 3 tokens, got 1'],
    ['PLAIN', 'a\0b\0c\0d\0e', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
    [
      'PLAIN',
      'bob\0alice\0secret',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
    ['SCRAM-SHA-512', 'n,,n=mallory,r=abc', same],
    ['SCRAM-SHA-512', 'n,,n=alice,r=abc,tokenauth=true', same],
    ['SCRAM-SHA-512', 'noise', same],
    [
      'SCRAM-SHA-512',
      'n,a=bob,n=alice,r=abc',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
  ])('by %s with %j: is told why, a little later, and then the connection ends', (mechanism, token, errorMessage) =>
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake(mechanism);
      const askedAt = stage.now;
      expect(await client.token(token)).toMatchObject({ ...refused, errorMessage, authBytes: new Uint8Array(0) });
      expect(stage.now - askedAt).toBeGreaterThanOrEqual(100);
      await client.end();
      expect(whyClosed(stage)).toEqual([errorMessage]);
    })(),
  );

  test.each([
    ['another nonce', (nonce: string) => `c=biws,r=${nonce}x,p=AAAA`],
    ['a proof of another length', (nonce: string) => `c=biws,r=${nonce},p=AAAA`],
    ['a proof of nothing', (nonce: string) => `c=biws,r=${nonce},p=${toBase64(new Uint8Array(64))}`],
    ['noise', () => 'noise'],
  ])('by SCRAM with %s in the second message', (_, second) =>
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake('SCRAM-SHA-512');
      const { nonce } = readServerFirst(textOf((await client.token('n,,n=alice,r=abc')).authBytes))!;
      expect(await client.token(second(nonce))).toMatchObject({ ...refused, errorMessage: same });
      await client.end();
    })(),
  );

  test(
    'holds up nobody else',
    guarded(
      async (stage) => {
        const [slow, quick] = [await talk(stage), await talk(stage)];
        await slow.handshake('PLAIN');
        await slow.say(request(SaslAuthenticate, { authBytes: bytesOf('\0alice\0wrong') }, 2));
        const begunAt = stage.now;
        await quick.handshake('PLAIN');
        await quick.token('\0alice\0secret');
        await isIn(quick);
        expect(stage.now - begunAt).toBeLessThan(1_000);
      },
      { config: { 'connection.failed.authentication.delay.ms': '60000' } },
    ),
  );
});

describe('where it does not belong', () => {
  const illegal = { errorCode: Errors.ILLEGAL_SASL_STATE.code };

  test(
    'a login after the login is refused, and the connection goes on',
    guarded(async (stage) => {
      const client = await talk(stage);
      await client.handshake('PLAIN');
      await client.token('\0alice\0secret');
      expect(await client.handshake('PLAIN')).toEqual({ ...illegal, mechanisms: [] });
      expect(await client.token('\0alice\0secret')).toMatchObject(illegal);
      await isIn(client);
    }),
  );

  test(
    'so is one at a broker without users',
    onStage(async (stage) => {
      const client = await talk(stage);
      expect(await client.handshake('PLAIN')).toMatchObject(illegal);
      expect(await client.token('\0alice\0secret')).toMatchObject(illegal);
      await isIn(client);
    }),
  );
});

describe('our client', () => {
  const open = (stage: Stage, settings: SaslSettings) => {
    const host = stage.world.process('client').host();
    const network = loggedIn(host.network, settings, nodeCrypto, host.clock);
    return Connection.open({ ...host, network }, stage.broker.address, { clientId: 'client' });
  };

  test.each([undefined, 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('logs in by %s', (mechanism) =>
    guarded(async (stage) => {
      const connection = await open(stage, { mechanism, username: 'bob', password: 'sésame' });
      expect((await connection.send(Metadata, { topics: [] })).brokers).toHaveLength(1);
      await expect(open(stage, { mechanism, username: 'bob', password: 'sesame' })).rejects.toMatchObject({
        name: 'AuthenticationFailed',
        message: expect.stringMatching(/^the broker at broker-0:9092 and bob do not trust each other: SASL_AUTH/),
      });
    })(),
  );
});
