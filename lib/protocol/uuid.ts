/** Kafka prints a UUID as its 16 bytes in 22 characters of URL-safe base64, and so do we: text makes a good key and a good log line. */

/** Sixteen zero bytes: "no id". */
export const NO_UUID = 'A'.repeat(22);

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** By character code: what the character stands for, and 64 for one that is none of them. */
const sextetOf = Uint8Array.from({ length: 128 }, (_, code) => (base64.indexOf(String.fromCharCode(code)) + 65) % 65);

export function uuidText(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (let bit = 0; bit < 128; bit += 6) {
    const pair = (bytes[bit >> 3] << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    codes.push(base64.charCodeAt((pair >> (10 - (bit & 7))) & 63));
  }
  return String.fromCharCode(...codes);
}

export function uuidBytes(text: string): Uint8Array {
  const out = new Uint8Array(17);
  if (text.length !== 22) throw new TypeError(`${JSON.stringify(text)} is not a UUID in 22 characters of base64`);
  for (let index = 0; index < 22; index++) {
    const value = sextetOf[text.charCodeAt(index)] ?? 64;
    if (value === 64) throw new TypeError(`${JSON.stringify(text)} is not a UUID in 22 characters of base64`);
    const bit = index * 6;
    const pair = value << (10 - (bit & 7));
    out[bit >> 3] |= pair >> 8;
    out[(bit >> 3) + 1] |= pair & 0xff;
  }
  return out.subarray(0, 16);
}
