/**
 * Stands in for `lib/codecs/codecs.ts` in the kernel. The codecs weigh as much as a tenth of the library, and few cells pack records: so they are
 * a text of their own, which the page sends along with the first cell that names one of them.
 *
 * The text is given the classes of its errors, so that an error is of the same class wherever it was made.
 */

import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';
import type { Codecs } from '../../lib/world/world.ts';

let loaded: Codecs | undefined;

/** Takes the codecs out of the text that bundle.ts has made. Again is harmless. */
export function loadCodecs(text: string): void {
  loaded ??= new Function('shared', `${text}\nreturn codecs.portableCodecs;`)({
    MalformedBytes,
    CodecUnavailable,
  }) as Codecs;
}

function codecs(): Codecs {
  if (loaded !== undefined) return loaded;
  throw new CodecUnavailable(
    "this page loads its codecs with the first cell that names one: write 'gzip', 'snappy', 'lz4' or 'zstd' in the cell, as text",
  );
}

export const portableCodecs: Codecs = {
  prepare: async (codec) => codecs().prepare(codec),
  compress: (codec, bytes) => codecs().compress(codec, bytes),
  decompress: (codec, bytes, limitBytes) => codecs().decompress(codec, bytes, limitBytes),
};
