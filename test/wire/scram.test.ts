import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeCrypto } from '../../lib/node/crypto.ts';
import {
  bytesOf,
  clientFirstBare,
  fromBase64,
  readClientFinal,
  readClientFirst,
  readServerFinal,
  readServerFirst,
  ScramKeys,
  type ScramMechanism,
  serverFinal,
  serverFirst,
  signedMessages,
  textOf,
  toBase64,
} from '../../lib/wire/scram.ts';

describe('the exchange of RFC 7677', () => {
  const first = readClientFirst('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')!;
  const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const final = readClientFinal(`c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=${proof}`)!;
  const messages = signedMessages(first.bare, challenge, final.withoutProof);
  const keys = new ScramKeys(nodeCrypto, 'SCRAM-SHA-256');

  test('has the proof and the signature that stand there', () => {
    const { salt, iterations } = readServerFirst(challenge)!;
    const credential = keys.credential('pencil', salt, iterations);
    expect(toBase64(keys.proof(keys.salted('pencil', salt, iterations), messages))).toBe(proof);
    expect(keys.isProof(final.proof, credential.storedKey, messages)).toBe(true);
    const signature = keys.serverSignature(credential.serverKey, messages);
    expect(serverFinal(signature)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
    expect(keys.serverKey(keys.salted('pencil', salt, iterations))).toEqual(credential.serverKey);
  });

  test('convinces nobody when any part of it is another', () => {
    const { salt, iterations } = readServerFirst(challenge)!;
    const { storedKey } = keys.credential('pencil', salt, iterations);
    expect(keys.isProof(final.proof.subarray(1), storedKey, messages)).toBe(false);
    expect(keys.isProof(final.proof, storedKey, `${messages} `)).toBe(false);
    expect(keys.isProof(final.proof, keys.credential('Pencil', salt, iterations).storedKey, messages)).toBe(false);
    expect(keys.isProof(final.proof, keys.credential('pencil', salt, iterations + 1).storedKey, messages)).toBe(false);
  });
});

describe('messages', () => {
  test('carry any name of a user, also one with the signs that messages use themselves', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: fc.integer({ min: 1, max: 127 }).map((code) => String.fromCharCode(code)) }),
        (user) => {
          expect(readClientFirst(`n,,${clientFirstBare(user, 'abc')}`)).toMatchObject({
            user,
            nonce: 'abc',
            authorizationId: '',
          });
        },
      ),
    );
  });

  test('are read with their optional parts', () => {
    expect(readClientFirst('n,a=al=2Cice,m=x,n=bo=3Db,r=n1,tokenauth=true')).toEqual({
      authorizationId: 'al=2Cice',
      user: 'bo=b',
      nonce: 'n1',
      extensions: ',tokenauth=true',
      bare: 'n=bo=3Db,r=n1,tokenauth=true',
    });
    expect(readServerFirst('r=n1,s=AAEC,i=5000,x=y')).toEqual({
      nonce: 'n1',
      salt: Uint8Array.of(0, 1, 2),
      iterations: 5000,
    });
    expect(readClientFinal('c=biws,r=n1,x=y,p=AQ==')).toEqual({
      nonce: 'n1',
      proof: Uint8Array.of(1),
      withoutProof: 'c=biws,r=n1',
    });
    expect(readServerFinal('e=other-error')).toEqual({ error: 'other-error' });
  });

  test.each([
    '',
    'n,,n=,r=x',
    'y,,n=a,r=x',
    'p=tls-unique,,n=a,r=x',
    'n,,n=a=b,r=x',
    'n,,n=a,r=',
    'n,,n=a',
    'n,,n=ä,r=x',
    'n,,n=a,r=x,',
  ])('%j is no first message of a client', (message) => expect(readClientFirst(message)).toBeUndefined());

  test.each(['', 'r=x', 'r=x,s=AA=A,i=1', 'r=x,s=AAA=,i=0', 'r=x,s=AAA=,i=-1', 'r=x,s=AAA=,i=9999999999'])(
    '%j is no challenge',
    (message) => expect(readServerFirst(message)).toBeUndefined(),
  );

  test.each(['', 'c=biws,r=x', 'c=biws,r=x,p=A', 'r=x,p=AAA='])('%j is no last message of a client', (message) =>
    expect(readClientFinal(message)).toBeUndefined(),
  );

  test('base64 and text come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'grapheme' }), (bytes, text) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(textOf(bytesOf(text))).toBe(text);
      }),
    );
    expect(textOf(bytesOf('\ufeffx'))).toBe('\ufeffx');
  });

  test('a challenge is written as it is read', () => {
    const challenge = { nonce: 'abc', salt: Uint8Array.of(7, 8), iterations: 4096 };
    expect(readServerFirst(serverFirst(challenge))).toEqual(challenge);
  });
});

test.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  '%s: whoever knows the password can show it, and no other',
  (mechanism: ScramMechanism) => {
    const keys = new ScramKeys(nodeCrypto, mechanism);
    const salt = nodeCrypto.randomBytes(16);
    const { storedKey } = keys.credential('pässword', salt, 4096);
    expect(keys.isProof(keys.proof(keys.salted('pässword', salt, 4096), 'm'), storedKey, 'm')).toBe(true);
    expect(keys.isProof(keys.proof(keys.salted('password', salt, 4096), 'm'), storedKey, 'm')).toBe(false);
  },
);
