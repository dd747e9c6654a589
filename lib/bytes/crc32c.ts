/**
 * CRC-32C (Castagnoli), the checksum over each record batch.
 *
 * The plain algorithm takes one table look-up per byte, and each look-up must wait for the one before. "Slicing by 16" keeps sixteen tables, of
 * which table k tells what a byte does to the checksum k bytes later: sixteen bytes go at a time, and their look-ups side by side. All
 * that a broker does to most bytes is this, so the loop is written out; half as many tables take half as long again.
 */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/** Table k begins at `256 * k`. */
const tables = new Int32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  tables[byte] = crc;
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256];
  tables[at] = (before >>> 8) ^ tables[before & 0xff];
}

/**
 * The checksum of `bytes[start, end)` as an unsigned 32-bit number. To go on over a second piece, pass the result of the first as
 * `seed`.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = ~seed;
  let at = start;
  // The bytes that are left over go first: behind the long loop, V8 would meet this one again and again without knowing it, and start over.
  for (const even = end - ((end - start) & -SLICES); at < even; at++)
    crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  for (; at < end; at += SLICES) {
    const a = view.getInt32(at, true) ^ crc;
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc =
      tables[3840 + (a & 0xff)] ^
      tables[3584 + ((a >>> 8) & 0xff)] ^
      tables[3328 + ((a >>> 16) & 0xff)] ^
      tables[3072 + (a >>> 24)] ^
      tables[2816 + (b & 0xff)] ^
      tables[2560 + ((b >>> 8) & 0xff)] ^
      tables[2304 + ((b >>> 16) & 0xff)] ^
      tables[2048 + (b >>> 24)] ^
      tables[1792 + (c & 0xff)] ^
      tables[1536 + ((c >>> 8) & 0xff)] ^
      tables[1280 + ((c >>> 16) & 0xff)] ^
      tables[1024 + (c >>> 24)] ^
      tables[768 + (d & 0xff)] ^
      tables[512 + ((d >>> 8) & 0xff)] ^
      tables[256 + ((d >>> 16) & 0xff)] ^
      tables[d >>> 24];
  }
  return ~crc >>> 0;
}
