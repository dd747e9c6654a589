/** The types that values in messages can have. */
import { MalformedBytes, type Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { Field } from './field.ts';
import { readLength, writeLength } from './length.ts';
import { NO_UUID, uuidBytes, uuidText } from './uuid.ts';

function number(
  type: string,
  read: (reader: Reader) => number,
  write: (writer: Writer, value: number) => void,
): Field<number, number> {
  return new Field({ type, read, write }, 0);
}

export const int8 = number(
  'int8',
  (reader) => reader.int8(),
  (writer, value) => writer.int8(value),
);
export const int16 = number(
  'int16',
  (reader) => reader.int16(),
  (writer, value) => writer.int16(value),
);
export const uint16 = number(
  'uint16',
  (reader) => reader.uint16(),
  (writer, value) => writer.uint16(value),
);
export const int32 = number(
  'int32',
  (reader) => reader.int32(),
  (writer, value) => writer.int32(value),
);
export const int64 = number(
  'int64',
  (reader) => reader.int64(),
  (writer, value) => writer.int64(value),
);
export const float64 = number(
  'float64',
  (reader) => reader.float64(),
  (writer, value) => writer.float64(value),
);
export const boolean: Field<boolean, boolean> = new Field<boolean, boolean>(
  { type: 'bool', read: (reader) => reader.boolean(), write: (writer, value) => writer.boolean(value) },
  false,
);

/** In bytes of UTF-8. A compact length could say more, and what came in so could never be written again. */
export const MAX_STRING_BYTES = 0x7fff;

/** A null string or null bytes have a length of -1. The cast is safe because `readLength` lets null pass only where the field is nullable. */
export const string = new Field<string, string>(
  {
    type: 'string',
    read(reader, shape, nullable) {
      const length = readLength(reader, shape, nullable, 'int16');
      if (length > MAX_STRING_BYTES) throw new MalformedBytes(`a string of ${length} bytes, and 32767 are the most`);
      return length === -1 ? (null as unknown as string) : reader.string(length);
    },
    write(writer, value, shape, nullable) {
      if (value === null) return writeLength(writer, -1, shape, nullable, 'int16');
      const utf8 = Writer.utf8(value);
      if (utf8.length > MAX_STRING_BYTES)
        throw new RangeError(`a string of ${utf8.length} bytes: Kafka's strings have at most 32767`);
      writeLength(writer, utf8.length, shape, nullable, 'int16');
      writer.bytes(utf8);
    },
  },
  '',
);

const noBytes = new Uint8Array(0);

export const bytes = new Field<Uint8Array, Uint8Array>(
  {
    type: 'bytes',
    read(reader, shape, nullable) {
      const length = readLength(reader, shape, nullable, 'int32');
      return length === -1 ? (null as unknown as Uint8Array) : reader.bytes(length);
    },
    write(writer, value, shape, nullable) {
      writeLength(writer, value === null ? -1 : value.length, shape, nullable, 'int32');
      if (value !== null) writer.bytes(value);
    },
  },
  noBytes,
);

/** Record batches: read as a view of the frame, written by reference. */
export const records = new Field<Uint8Array | null, Uint8Array | readonly Uint8Array[] | null>(
  {
    type: 'records',
    read(reader, shape) {
      const length = readLength(reader, shape, true, 'int32');
      return length === -1 ? null : reader.bytes(length);
    },
    write(writer, value, shape) {
      const chunks = value === null || value instanceof Uint8Array ? (value === null ? [] : [value]) : value;
      let length = 0;
      for (const chunk of chunks) length += chunk.length;
      writeLength(writer, value === null ? -1 : length, shape, true, 'int32');
      for (const chunk of chunks) writer.reference(chunk);
    },
  },
  null,
);

/** A UUID, as text (see uuid.ts). */
export const uuid = new Field<string, string>(
  {
    type: 'uuid',
    read: (reader) => uuidText(reader.bytes(16)),
    write: (writer, value) => writer.bytes(uuidBytes(value)),
  },
  NO_UUID,
);
