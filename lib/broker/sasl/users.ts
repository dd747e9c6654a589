/**
 * The users that a broker lets in, by name and password.
 *
 * For SCRAM a password is salted and stretched when its user comes for the first time, since stretching takes milliseconds on purpose and a
 * broker in a test should start at once. How long an answer takes says nothing that the answer does not say itself.
 */
import { bytesOf, type ScramCredential, ScramKeys, type ScramMechanism } from '../../wire/scram.ts';
import type { Crypto } from '../../world/world.ts';

/** The least that Kafka accepts (`ScramMechanism.java`), and what its tools take when nobody says. */
const ITERATIONS = 4096;
const SALT_BYTES = 24;

export class Users {
  readonly #crypto: Crypto;
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #credentials = new Map<string, ScramCredential>();

  constructor(crypto: Crypto, passwords: { readonly [user: string]: string }) {
    this.#crypto = crypto;
    this.#passwords = new Map(Object.entries(passwords));
  }

  accepts(user: string, password: string): boolean {
    const known = this.#passwords.get(user);
    // Hashes have one length, so that comparing them tells nothing about the length of the password either.
    const same = this.#crypto.equal(this.#digest(password), this.#digest(known ?? ''));
    return known !== undefined && same;
  }

  scram(mechanism: ScramMechanism, user: string): ScramCredential | undefined {
    const password = this.#passwords.get(user);
    if (password === undefined) return undefined;
    const key = `${mechanism} ${user}`;
    let credential = this.#credentials.get(key);
    if (credential === undefined) {
      const salt = this.#crypto.randomBytes(SALT_BYTES);
      credential = new ScramKeys(this.#crypto, mechanism).credential(password, salt, ITERATIONS);
      this.#credentials.set(key, credential);
    }
    return credential;
  }

  #digest(password: string): Uint8Array {
    return this.#crypto.hash('SHA-256', bytesOf(password));
  }
}
