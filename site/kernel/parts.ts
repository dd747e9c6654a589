/**
 * What only some cells need is not in the kernel: the codecs, stock kafkajs, and the checks of exercises. Each is a text of its own, a part, which the page sends along
 * with a cell that names it (bundle.ts makes them).
 *
 * A part is given the kernel's own library and course, so that a class is the same class wherever it is met.
 */

import * as course from 'course';
import * as kafkaito from 'kafkaito';
import { MalformedBytes, UnpacksToTooMuch } from '../../lib/bytes/reader.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';

/** A module as its importer sees it. */
export type Exports = Record<string, unknown>;

const taken = new Map<string, Exports>();

/** Evaluates the text of a part. Again is harmless. */
export function takePart(name: string, text: string): Exports {
  const known = taken.get(name);
  if (known !== undefined) return known;
  const shared = { kafkaito, course, MalformedBytes, UnpacksToTooMuch, CodecUnavailable, partNamed };
  const part = new Function('shared', `${text}\nreturn part;`)(shared) as Exports;
  taken.set(name, part);
  return part;
}

/** A part that has been taken. */
export function partNamed(name: string): Exports | undefined {
  return taken.get(name);
}
