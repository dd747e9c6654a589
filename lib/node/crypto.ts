/** Hashes and random bytes of Node, as the rooms above want them. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Crypto, HashName } from '../world/world.ts';

const names: { readonly [name in HashName]: string } = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' };
const lengths: { readonly [name in HashName]: number } = { 'SHA-256': 32, 'SHA-512': 64 };

export const nodeCrypto: Crypto = {
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  hash: (name, bytes) => new Uint8Array(createHash(names[name]).update(bytes).digest()),
  hmac: (name, key, bytes) => new Uint8Array(createHmac(names[name], key).update(bytes).digest()),
  stretch: (name, password, salt, iterations) =>
    new Uint8Array(pbkdf2Sync(password, salt, iterations, lengths[name], names[name])),
  equal: (one, other) => one.length === other.length && timingSafeEqual(one, other),
};
