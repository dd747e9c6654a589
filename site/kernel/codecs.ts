/**
 * Stands in for `lib/codecs/codecs.ts` in the kernel. The codecs weigh as much as a tenth of the library, and few cells pack records: so they are
 * a part (parts.ts), which the page sends along with the first cell that names one of them.
 */

import { CodecUnavailable } from '../../lib/world/errors.ts';
import type { Codecs } from '../../lib/world/world.ts';
import { partNamed } from './parts.ts';

function codecs(): Codecs {
  const part = partNamed('codecs');
  if (part !== undefined) return part.portableCodecs as Codecs;
  throw new CodecUnavailable(
    "this page loads its codecs with the first cell that names one: write 'gzip', 'snappy', 'lz4' or 'zstd' in the cell, as text",
  );
}

export const portableCodecs: Codecs = {
  prepare: async (codec) => codecs().prepare(codec),
  compress: (codec, bytes) => codecs().compress(codec, bytes),
  decompress: (codec, bytes, limitBytes) => codecs().decompress(codec, bytes, limitBytes),
};
