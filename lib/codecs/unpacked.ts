/** What all decoders here say when they stop: one kind of error, and one sentence for what is too large. */
import { MalformedBytes, UnpacksToTooMuch } from '../bytes/reader.ts';

/** Refuses a size before memory is taken for it. */
export function checkLimit(codec: string, sizeInBytes: number, limitBytes: number): void {
  if (sizeInBytes <= limitBytes) return;
  throw new UnpacksToTooMuch(`${codec}: this unpacks to ${sizeInBytes} bytes or more, and the limit is ${limitBytes}`);
}

/** Where the size comes to light only while unpacking. */
export function tooMuch(codec: string): UnpacksToTooMuch {
  return new UnpacksToTooMuch(`${codec}: this unpacks to more than its limit, or than it announces`);
}

export function malformed(codec: string, what: string): MalformedBytes {
  return new MalformedBytes(`${codec}: ${what}`);
}
