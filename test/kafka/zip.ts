/** Reads the files of a jar, which is a zip, without anything but Node: its directory stands at the end (PKWARE APPNOTE 4.3). */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** The files whose path matches, as text. */
export function textsIn(zipFile: string, matches: RegExp): Map<string, string> {
  const zip = readFileSync(zipFile);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  const texts = new Map<string, string>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (matches.test(name)) texts.set(name, content(zip, at));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return texts;
}

function content(zip: Buffer, entry: number): string {
  const method = zip.readUInt16LE(entry + 10);
  const packedBytes = zip.readUInt32LE(entry + 20);
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedBytes);
  return (method === 0 ? packed : inflateRawSync(packed)).toString('utf8');
}
