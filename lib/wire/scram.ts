/**
 * SCRAM: showing that one knows a password without sending it, and learning that the other side knows it too (RFC 5802).
 *
 * Four messages go to and fro, in text. What both sides can compute from the password, and nobody who only listened, are two signatures over
 * these messages: the client's proves the client, the broker's the broker. The broker keeps no password for this, only a salted
 * and stretched form of it. Here is what both sides share: the messages and the arithmetic.
 *
 * Source: RFC 5802, RFC 7677; Apache Kafka `ScramMessages.java`, `ScramFormatter.java`.
 */
import type { Crypto, HashName } from '../world/world.ts';

export const scramHashes = { 'SCRAM-SHA-256': 'SHA-256', 'SCRAM-SHA-512': 'SHA-512' } as const satisfies {
  readonly [mechanism: string]: HashName;
};

export type ScramMechanism = keyof typeof scramHashes;

/** What a broker keeps of a password. */
export interface ScramCredential {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

const text = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export const bytesOf = (message: string): Uint8Array => text.encode(message);
export const textOf = (message: Uint8Array): string => utf8.decode(message);

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Only for what `BASE64` matches. */
export function fromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

// The parts that messages are made of.
const BASE64 = '(?:[a-zA-Z0-9/+]{4})*(?:[a-zA-Z0-9/+]{3}=|[a-zA-Z0-9/+]{2}==)?';
const VALUE = '[\\x01-\\x2b\\x2d-\\x7f]+';
const NONCE = '[\\x21-\\x2b\\x2d-\\x7e]+';
const NAME = '(?:[\\x01-\\x2b\\x2d-\\x3c\\x3e-\\x7f]|=2C|=3D)+';
const EXTENSIONS = `(?:,[A-Za-z]+=${VALUE})*`;

export interface ClientFirst {
  /** Whose rights the user wants; empty: the user's own. */
  readonly authorizationId: string;
  readonly user: string;
  readonly nonce: string;
  /** With a comma in front of each. */
  readonly extensions: string;
  /** The message without its head, as the signatures cover it. */
  readonly bare: string;
}

const clientFirstForm = new RegExp(`^n,(?:a=(${NAME}))?,(?:m=${VALUE},)?n=(${NAME}),r=(${NONCE})(${EXTENSIONS})$`);

/** Undefined: this is no such message. */
export function readClientFirst(message: string): ClientFirst | undefined {
  const parts = clientFirstForm.exec(message);
  if (parts === null) return undefined;
  const [, authorizationId = '', user, nonce, extensions] = parts;
  return { authorizationId, user: unquoted(user), nonce, extensions, bare: `n=${user},r=${nonce}${extensions}` };
}

export function clientFirstBare(user: string, nonce: string): string {
  return `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
}

function unquoted(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

const serverFirstForm = new RegExp(`^(?:m=${VALUE},)?r=(${NONCE}),s=(${BASE64}),i=([1-9][0-9]{0,8})${EXTENSIONS}$`);

/** Undefined: this is no such message. */
export function readServerFirst(message: string): ServerFirst | undefined {
  const parts = serverFirstForm.exec(message);
  return parts === null ? undefined : { nonce: parts[1], salt: fromBase64(parts[2]), iterations: Number(parts[3]) };
}

export function serverFirst({ nonce, salt, iterations }: ServerFirst): string {
  return `r=${nonce},s=${toBase64(salt)},i=${iterations}`;
}

export interface ClientFinal {
  readonly nonce: string;
  readonly proof: Uint8Array;
  /** The message without the proof and without extensions, as the signatures cover it. */
  readonly withoutProof: string;
}

const clientFinalForm = new RegExp(`^c=(${BASE64}),r=(${NONCE})${EXTENSIONS},p=(${BASE64})$`);

/** Undefined: this is no such message. */
export function readClientFinal(message: string): ClientFinal | undefined {
  const parts = clientFinalForm.exec(message);
  if (parts === null) return undefined;
  const [, binding, nonce, proof] = parts;
  return { nonce, proof: fromBase64(proof), withoutProof: `c=${binding},r=${nonce}` };
}

const serverFinalForm = new RegExp(`^(?:e=([^,]+)|v=(${BASE64}))${EXTENSIONS}$`);

/** The broker's signature, or its error. Undefined: this is no such message. */
export function readServerFinal(
  message: string,
): { readonly signature: Uint8Array } | { readonly error: string } | undefined {
  const parts = serverFinalForm.exec(message);
  if (parts === null) return undefined;
  return parts[1] === undefined ? { signature: fromBase64(parts[2]) } : { error: parts[1] };
}

export function serverFinal(signature: Uint8Array): string {
  return `v=${toBase64(signature)}`;
}

/** The keys of one hash: everything that the two sides compute. */
export class ScramKeys {
  readonly #crypto: Crypto;
  readonly #hash: HashName;

  constructor(crypto: Crypto, mechanism: ScramMechanism) {
    this.#crypto = crypto;
    this.#hash = scramHashes[mechanism];
  }

  salted(password: string, salt: Uint8Array, iterations: number): Uint8Array {
    return this.#crypto.stretch(this.#hash, bytesOf(password), salt, iterations);
  }

  credential(password: string, salt: Uint8Array, iterations: number): ScramCredential {
    const salted = this.salted(password, salt, iterations);
    const storedKey = this.#crypto.hash(this.#hash, this.#clientKey(salted));
    return { salt, iterations, storedKey, serverKey: this.#sign(salted, 'Server Key') };
  }

  /** What the client sends to show that it knows the password. */
  proof(salted: Uint8Array, messages: string): Uint8Array {
    const clientKey = this.#clientKey(salted);
    return xor(clientKey, this.#sign(this.#crypto.hash(this.#hash, clientKey), messages));
  }

  /** Whether the proof is that of somebody who knows the password behind `storedKey`. */
  isProof(proof: Uint8Array, storedKey: Uint8Array, messages: string): boolean {
    if (proof.length !== storedKey.length) return false;
    const clientKey = xor(proof, this.#sign(storedKey, messages));
    return this.#crypto.equal(this.#crypto.hash(this.#hash, clientKey), storedKey);
  }

  /** What the broker sends to show that it knows the user. */
  serverSignature(serverKey: Uint8Array, messages: string): Uint8Array {
    return this.#sign(serverKey, messages);
  }

  serverKey(salted: Uint8Array): Uint8Array {
    return this.#sign(salted, 'Server Key');
  }

  #clientKey(salted: Uint8Array): Uint8Array {
    return this.#sign(salted, 'Client Key');
  }

  #sign(key: Uint8Array, message: string): Uint8Array {
    return this.#crypto.hmac(this.#hash, key, bytesOf(message));
  }
}

/** What both signatures cover. */
export function signedMessages(clientFirstBare: string, serverFirst: string, clientFinalWithoutProof: string): string {
  return `${clientFirstBare},${serverFirst},${clientFinalWithoutProof}`;
}

function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, index) => byte ^ other[index]);
}
