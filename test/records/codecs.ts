/** Compression for tests: gzip from Node's zlib, which kafkajs uses too. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Codecs } from '../../lib/world/world.ts';

export const codecs: Codecs = {
  compress(codec, bytes) {
    if (codec !== 'gzip') throw new Error(`the tests have no ${codec}`);
    return new Uint8Array(gzipSync(bytes));
  },
  decompress(codec, bytes, limitBytes) {
    if (codec !== 'gzip') throw new Error(`the tests have no ${codec}`);
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: limitBytes }));
  },
};
