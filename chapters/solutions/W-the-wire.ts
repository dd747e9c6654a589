/** The answers of chapter W. */
import { type Frames, int32At, joined } from 'course/W';

/** `rates` has two letters less than `account`: the string says so, and so does the frame. */
export const askForRates = `
  00 00 00 1d  00 03 00 06  00 00 00 01  00 07 6b 61 66 6b 61 6a 73
  00 00 00 01  00 05 72 61 74 65 73  01
`;

/** What a chunk leaves over stands in front of the next one, and a size is looked at before it is believed. */
export function connection(): Frames {
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    const frames: Uint8Array[] = [];
    rest = joined(rest, chunk);
    while (rest.length >= 4) {
      const size = int32At(rest, 0);
      if (size < 0 || size > 1_000_000) throw new Error(`a frame of ${size} bytes`);
      if (rest.length < 4 + size) break;
      frames.push(rest.subarray(4, 4 + size));
      rest = rest.subarray(4 + size);
    }
    return frames;
  };
}
