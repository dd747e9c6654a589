/**
 * CRC-32C (Castagnoli), the checksum over each record batch.
 *
 * The plain algorithm takes one table look-up per byte, and each look-up must wait for the one before. "Slicing by 8" keeps eight
 * tables, of which table k tells what a byte does to the checksum k bytes later, so eight look-ups can run side by side.
 */
const POLYNOMIAL = 0x82f63b78;

const tables = new Int32Array(8 * 256);
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
  let crc = ~seed;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc =
      tables[1792 + (crc & 0xff)] ^
      tables[1536 + ((crc >>> 8) & 0xff)] ^
      tables[1280 + ((crc >>> 16) & 0xff)] ^
      tables[1024 + (crc >>> 24)] ^
      tables[768 + bytes[at + 4]] ^
      tables[512 + bytes[at + 5]] ^
      tables[256 + bytes[at + 6]] ^
      tables[bytes[at + 7]];
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
