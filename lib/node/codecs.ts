/** Compression in the real world: what Node brings, through zlib. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Codecs } from '../world/world.ts';

export const nodeCodecs: Codecs = {
  compress(codec, bytes) {
    if (codec === 'none') return bytes;
    if (codec === 'gzip') return new Uint8Array(gzipSync(bytes));
    throw new Error(`compression with ${codec} is not there yet: use 'none' or 'gzip'`);
  },
  decompress(codec, bytes, limitBytes) {
    if (codec === 'gzip') return new Uint8Array(gunzipSync(bytes, { maxOutputLength: limitBytes }));
    if (codec !== 'none')
      throw new Error(`records compressed with ${codec} cannot be read yet: only 'none' and 'gzip'`);
    if (bytes.length > limitBytes)
      throw new RangeError(`${bytes.length} bytes are more than the limit of ${limitBytes}`);
    return bytes;
  },
};
