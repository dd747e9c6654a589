/**
 * Takes a batch apart into records.
 *
 * Nothing in a batch can be trusted, not even when its checksum is right, since the checksum was computed by whoever made it. Announced counts
 * and lengths are compared with the bytes that are there before anything is allocated, and the decompressed size has a limit, so a batch of a
 * kilobyte that unpacks to a terabyte is refused.
 */
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import type { Codecs } from '../world/world.ts';
import { type BatchHeader, HEADER_BYTES, readBatchHeader } from './header.ts';
import type { Header, LogRecord } from './record.ts';

export interface DecodeLimits {
  /** What a batch may unpack to. Default 100 MiB. */
  readonly maxDecompressedBytes?: number;
}

/** A record has at least its length, attributes, two deltas, two lengths and a count of headers, a byte each. */
export const SMALLEST_RECORD_BYTES = 7;
const noHeaders: readonly Header[] = Object.freeze([]);

/**
 * The records of one whole batch. Keys and values are views of `bytes` (or of what it unpacks to), not copies. The checksum is not looked at:
 * that is `checkBatch`. Throws `MalformedBytes`.
 */
export function decodeBatch(bytes: Uint8Array, codecs: Codecs, limits: DecodeLimits = {}): LogRecord[] {
  const { header, reader } = opened(bytes, codecs, limits);
  const records = new Array<LogRecord>(header.recordCount);
  for (let index = 0; index < header.recordCount; index++) records[index] = readRecord(reader, header);
  expectEnd(reader);
  return records;
}

/**
 * The same, one after the other, for whoever looks at records and keeps none. A batch of a kilobyte may hold millions of them, and a broker opens
 * batches that it has from anybody.
 */
export function* eachRecord(bytes: Uint8Array, codecs: Codecs, limits: DecodeLimits = {}): Generator<LogRecord> {
  const { header, reader } = opened(bytes, codecs, limits);
  for (let index = 0; index < header.recordCount; index++) yield readRecord(reader, header);
  expectEnd(reader);
}

function opened(bytes: Uint8Array, codecs: Codecs, limits: DecodeLimits): { header: BatchHeader; reader: Reader } {
  const header = readBatchHeader(bytes);
  if (header.sizeInBytes > bytes.length) {
    throw new MalformedBytes(`a batch of ${header.sizeInBytes} bytes, of which ${bytes.length} are there`);
  }
  const content = unpacked(header, bytes.subarray(HEADER_BYTES, header.sizeInBytes), codecs, limits);
  const { recordCount } = header;
  if (recordCount < 0 || recordCount * SMALLEST_RECORD_BYTES > content.length) {
    throw new MalformedBytes(`a batch announces ${recordCount} records in ${content.length} bytes`);
  }
  return { header, reader: new Reader(content) };
}

function expectEnd(reader: Reader): void {
  if (reader.remaining > 0) throw new MalformedBytes(`${reader.remaining} bytes are left behind the last record`);
}

function unpacked(header: BatchHeader, content: Uint8Array, codecs: Codecs, limits: DecodeLimits): Uint8Array {
  if (header.codec === 'none') return content;
  return codecs.decompress(header.codec, content, limits.maxDecompressedBytes ?? 100 * 1024 * 1024);
}

function readRecord(reader: Reader, header: BatchHeader): LogRecord {
  const length = reader.varint();
  const start = reader.position;
  reader.int8();
  const created = header.baseTimestamp + reader.varlong();
  const timestamp = header.timestampType === 'append' ? header.maxTimestamp : created;
  const offsetDelta = reader.varint();
  const key = readBytes(reader);
  const value = readBytes(reader);
  const headers = readHeaders(reader);
  if (reader.position - start !== length) {
    throw new MalformedBytes(`a record of ${length} bytes holds ${reader.position - start} bytes`);
  }
  if (offsetDelta < 0 || offsetDelta > header.lastOffsetDelta || !Number.isSafeInteger(timestamp)) {
    throw new MalformedBytes(`a record with offset delta ${offsetDelta} and timestamp ${timestamp}`);
  }
  return { offset: header.baseOffset + offsetDelta, timestamp, key, value, headers };
}

function readHeaders(reader: Reader): readonly Header[] {
  const count = reader.varint();
  if (count === 0) return noHeaders;
  if (count < 0) throw new MalformedBytes(`a record with ${count} headers`);
  const headers = new Array<Header>(reader.arrayLength(count));
  for (let index = 0; index < count; index++) {
    const key = reader.string(reader.varint());
    headers[index] = { key, value: readBytes(reader) };
  }
  return headers;
}

function readBytes(reader: Reader): Uint8Array | null {
  const length = reader.varint();
  return length === -1 ? null : reader.bytes(length);
}
