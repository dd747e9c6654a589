/**
 * The rows of record batches: the header of each, and its records where they are not compressed.
 *
 * A batch is no message of the protocol, so there is no schema of it to read by. `records/` reads its 61 bytes in one go, because every byte that a broker
 * takes passes there; here they are written down as fields, and a test holds the two against each other.
 */
import { crc32c } from '../bytes/crc32c.ts';
import type { Reader } from '../bytes/reader.ts';
import { Field, int8, int16, int32, int64, type Shape } from '../protocol/schema.ts';
import { type AnyField, counted, type FieldRows, quoted } from './fieldRows.ts';

const HEADER_BYTES = 61;
/** The base offset and the length, in front of what the length counts. */
const LENGTH_OVERHEAD_BYTES = 12;
/** From here on the checksum covers everything. */
const ATTRIBUTES_AT = 21;
const codecs = ['not compressed', 'gzip', 'snappy', 'lz4', 'zstd'];
/** Nothing in a batch depends on the version of the message around it. */
const shape: Shape = { version: 0, flexible: false };

const uint32 = plain('uint32', (reader) => reader.uint32());
const varint = plain('varint', (reader) => reader.varint());
const varlong = plain('varlong', (reader) => reader.varlong());
const text = plain('varint and bytes', (reader) => {
  const length = reader.varint();
  return length === -1 ? null : reader.bytes(length);
});

/** All batches up to the end of what is being read. A fetch may end in the middle of one (KIP-74). */
export function batchRows(walk: FieldRows, path: string): void {
  for (let index = 0; walk.at < walk.end; index++) {
    if (walk.end - walk.at < LENGTH_OVERHEAD_BYTES) return walk.passOver(path, 'the beginning of a batch');
    batch(walk, `${path}[${index}]`);
  }
}

function batch(walk: FieldRows, path: string): void {
  const start = walk.at;
  const field = (name: string, of: AnyField, say?: (value: unknown) => string) =>
    walk.value(`${path}.${name}`, of, shape, say);
  field('baseOffset', about(int64, 'The offset of the first record, set by the broker.'));
  const lengthAt = walk.at;
  const length = Number(field('batchLength', about(int32, 'The bytes behind this field.')));
  const end = walk.at + length;
  if (length < HEADER_BYTES - LENGTH_OVERHEAD_BYTES)
    walk.bad(lengthAt, `${path}.batchLength`, `${counted(length, 'byte')} announced, less than a header`);
  if (end > walk.end) return walk.passOver(path, 'the beginning of a batch');
  field('partitionLeaderEpoch', about(int32, 'Set by the broker.'));
  const magic = field('magic', about(int8, 'The format of the batch.'));
  if (magic !== 2) walk.bad(walk.at - 1, `${path}.magic`, `format ${magic}, where 2 is the one in use`);
  const crcAt = walk.at;
  const crc = field('crc', about(uint32, 'CRC-32C of all that follows in the batch.'), hex);
  if (end <= walk.bytes.length) {
    const real = crc32c(walk.bytes, start + ATTRIBUTES_AT, end);
    if (real !== crc) walk.bad(crcAt, `${path}.crc`, `the checksum of what follows is ${hex(real)}`);
  }
  const attributes = Number(
    field('attributes', about(int16, 'The codec, and whose the times are.'), attributesInWords),
  );
  field('lastOffsetDelta', about(int32, 'The offset of the last record, from the first.'));
  field('baseTimestamp', about(int64, 'Milliseconds since 1970.'));
  field('maxTimestamp', about(int64, 'The latest time of a record.'));
  field('producerId', about(int64, 'The producer; -1 without idempotence.'));
  field('producerEpoch', about(int16, '-1 without idempotence.'));
  field('baseSequence', about(int32, 'The number of the first record, counted by the producer.'));
  const count = Number(field('recordCount', about(int32, 'How many records follow.')));
  const codec = attributes & 7;
  const outer = walk.end;
  walk.end = end;
  if (codec === 0)
    for (let index = 0; index < count && walk.at < end; index++) record(walk, `${path}.records[${index}]`);
  walk.passOver(
    `${path}.records`,
    codec === 0 ? 'behind the last record' : `packed with ${codecs[codec] ?? 'nothing known'}`,
  );
  walk.end = outer;
}

function record(walk: FieldRows, path: string): void {
  const field = (name: string, of: AnyField, say?: (value: unknown) => string) =>
    walk.value(`${path}.${name}`, of, shape, say);
  const lengthAt = walk.at;
  const length = Number(field('length', about(varint, 'The bytes of the record behind this field.')));
  const end = walk.at + length;
  if (length < 0 || end > walk.end)
    walk.bad(lengthAt, `${path}.length`, `${counted(length, 'byte')} announced, and ${walk.end - walk.at} left`);
  const outer = walk.end;
  walk.end = end;
  field('attributes', about(int8, 'Not in use.'));
  field('timestampDelta', about(varlong, 'Milliseconds from the base timestamp.'));
  field('offsetDelta', about(varint, 'From the base offset.'));
  field('key', text, bytesInWords);
  field('value', text, bytesInWords);
  const headers = Number(field('headerCount', varint));
  for (let index = 0; index < headers; index++) {
    field(`headers[${index}].key`, text, bytesInWords);
    field(`headers[${index}].value`, text, bytesInWords);
  }
  walk.passOver(path, 'behind the last header');
  walk.end = outer;
}

function attributesInWords(value: unknown): string {
  const bits = Number(value);
  const says = [codecs[bits & 7] ?? 'unknown codec'];
  if (bits & 8) says.push("the broker's time");
  if (bits & 16) says.push('of a transaction');
  if (bits & 32) says.push('a control batch');
  return `${bits}: ${says.join(', ')}`;
}

/** Keys and values are bytes; most of them are text. */
function bytesInWords(value: unknown): string {
  if (!(value instanceof Uint8Array)) return 'null';
  try {
    return quoted(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    return counted(value.length, 'byte');
  }
}

function hex(value: unknown): string {
  return Number(value).toString(16).padStart(8, '0');
}

function plain<Value>(type: string, read: (reader: Reader) => Value): AnyField {
  const write = () => {
    throw new Error('batches are written by records/');
  };
  return new Field<unknown, never>({ type, read, write }, undefined);
}

function about(field: { about(text: string): unknown }, says: string): AnyField {
  return field.about(says) as AnyField;
}
