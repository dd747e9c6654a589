/**
 * Makes a batch from records.
 *
 * Records say their time and offset as differences to the first one, and lengths as varints, so that a small record costs seven bytes beside
 * its content. A record begins with its own length, which has to be known before it is written: the first pass adds up the lengths, the second
 * writes into one array of exactly the right size, and nothing is copied twice.
 *
 * Source: Kafka documentation, "Record"; `DefaultRecord.java`.
 */
import { crc32c } from '../bytes/crc32c.ts';
import { concat, Writer } from '../bytes/writer.ts';
import type { CodecName, Codecs } from '../world/world.ts';
import {
  ATTRIBUTES_AT,
  CONTROL_BIT,
  CRC_AT,
  codecNames,
  HEADER_BYTES,
  LENGTH_OVERHEAD_BYTES,
  TRANSACTIONAL_BIT,
} from './header.ts';
import type { Header, LogRecord, RecordData } from './record.ts';

export interface BatchSettings {
  /** Default `none`. */
  readonly codec?: CodecName;
  /** The offset of the first record. Default 0: the broker sets it. */
  readonly baseOffset?: number;
  /** Default -1: the broker sets it. */
  readonly leaderEpoch?: number;
  /** Default -1: the producer is not idempotent. */
  readonly producerId?: number;
  /** Default -1. */
  readonly producerEpoch?: number;
  /** Default -1. */
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

/** One batch with these records, whose offsets follow each other from `baseOffset` on. Throws a `RangeError` when there are none. */
export function encodeBatch(records: readonly RecordData[], settings: BatchSettings, codecs: Codecs): Uint8Array {
  if (records.length === 0) throw new RangeError('a batch needs at least one record');
  const codec = settings.codec ?? 'none';
  const body = new RecordsBody(records, records[0].timestamp, (index) => index);
  if (codec === 'none') return sealed(records, settings, body.size, (writer) => body.write(writer));
  const compressed = codecs.compress(codec, body.bytes());
  return sealed(records, settings, compressed.length, (writer) => writer.bytes(compressed));
}

/** Records of a batch as they lie behind its header, uncompressed. They keep their offsets, which need not follow each other. */
export function encodeRecords(records: readonly LogRecord[], baseOffset: number, baseTimestamp: number): Uint8Array {
  return new RecordsBody(records, baseTimestamp, (index) => records[index].offset - baseOffset).bytes();
}

/** The header, then the `size` bytes that `writeContent` writes, then the checksum put into the header. */
function sealed(
  records: readonly RecordData[],
  settings: BatchSettings,
  size: number,
  writeContent: (writer: Writer) => void,
): Uint8Array {
  const writer = new Writer(HEADER_BYTES + size);
  writer.int64(settings.baseOffset ?? 0);
  writer.int32(HEADER_BYTES - LENGTH_OVERHEAD_BYTES + size);
  writer.int32(settings.leaderEpoch ?? -1);
  writer.int8(2);
  writer.uint32(0);
  writer.int16(attributesOf(settings));
  writer.int32(records.length - 1);
  writer.int64(records[0].timestamp);
  writer.int64(records.reduce((latest, { timestamp }) => Math.max(latest, timestamp), records[0].timestamp));
  writer.int64(settings.producerId ?? -1);
  writer.int16(settings.producerEpoch ?? -1);
  writer.int32(settings.baseSequence ?? -1);
  writer.int32(records.length);
  writeContent(writer);
  const batch = concat(writer.finish());
  new DataView(batch.buffer, batch.byteOffset).setUint32(CRC_AT, crc32c(batch, ATTRIBUTES_AT));
  return batch;
}

function attributesOf(settings: BatchSettings): number {
  const codec = codecNames.indexOf(settings.codec ?? 'none');
  return codec | (settings.isTransactional ? TRANSACTIONAL_BIT : 0) | (settings.isControl ? CONTROL_BIT : 0);
}

/** What lies behind the header: the records, one after the other, each behind its length. */
class RecordsBody {
  readonly size: number;
  readonly #records: readonly RecordData[];
  readonly #baseTimestamp: number;
  readonly #offsetDeltaOf: (index: number) => number;
  readonly #names = new HeaderNames();
  readonly #lengths: readonly number[];

  constructor(records: readonly RecordData[], baseTimestamp: number, offsetDeltaOf: (index: number) => number) {
    this.#records = records;
    this.#baseTimestamp = baseTimestamp;
    this.#offsetDeltaOf = offsetDeltaOf;
    this.#lengths = records.map((record, index) =>
      recordLength(record, offsetDeltaOf(index), baseTimestamp, this.#names),
    );
    this.size = this.#lengths.reduce((sum, length) => sum + varintSize(length) + length, 0);
  }

  write(writer: Writer): void {
    for (let index = 0; index < this.#records.length; index++) {
      const { timestamp, key, value, headers } = this.#records[index];
      writer.varint(this.#lengths[index]);
      writer.int8(0); // attributes: none are defined yet
      writer.varlong(timestamp - this.#baseTimestamp);
      writer.varint(this.#offsetDeltaOf(index));
      writeBytes(writer, key);
      writeBytes(writer, value);
      writer.varint(headers.length);
      for (const header of headers) {
        writeBytes(writer, this.#names.utf8(header));
        writeBytes(writer, header.value);
      }
    }
  }

  bytes(): Uint8Array {
    const writer = new Writer(this.size);
    this.write(writer);
    return concat(writer.finish());
  }
}

function writeBytes(writer: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) return writer.varint(-1);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function recordLength(record: RecordData, offsetDelta: number, baseTimestamp: number, names: HeaderNames): number {
  let length = 1 + varlongSize(record.timestamp - baseTimestamp) + varintSize(offsetDelta);
  length += bytesSize(record.key) + bytesSize(record.value) + varintSize(record.headers.length);
  for (const header of record.headers) length += bytesSize(names.utf8(header)) + bytesSize(header.value);
  return length;
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
}

/** As `varintSize`, up to 53 bits: seven bits a byte, after the zigzag has taken one for the sign. */
function varlongSize(value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value;
  let size = 1;
  for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** The records of a batch tend to have the same header keys: each is turned into bytes once. */
class HeaderNames {
  readonly #known = new Map<string, Uint8Array>();

  utf8(header: Header): Uint8Array {
    const known = this.#known.get(header.key);
    if (known !== undefined) return known;
    const bytes = Writer.utf8(header.key);
    this.#known.set(header.key, bytes);
    return bytes;
  }
}
