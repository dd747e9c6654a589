/** Compression in a simulated world. Only `none` so far: what is asked for beyond that is refused, and never stored as something else. */
import type { CodecName, Codecs } from '../world/world.ts';

export const plainCodecs: Codecs = {
  compress: (codec, bytes) => plain(codec, bytes),
  decompress: (codec, bytes, limitBytes) => {
    if (bytes.length > limitBytes)
      throw new RangeError(`${bytes.length} bytes are more than the limit of ${limitBytes}`);
    return plain(codec, bytes);
  },
};

function plain(codec: CodecName, bytes: Uint8Array): Uint8Array {
  if (codec === 'none') return bytes;
  throw new Error(`the simulated world has no codec '${codec}' yet: use 'none'`);
}
