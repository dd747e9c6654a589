/**
 * The 61 bytes in front of every record batch.
 *
 * A batch is the unit of everything that Kafka does with records: it is compressed, checked, written, replicated and sent as a whole. A broker
 * needs only this header for that, and never looks at the records. Two of its fields are the broker's own, the base offset and the leader
 * epoch, and these two lie outside the checksum: a broker can set them without reading the rest.
 *
 *     0 base offset 8 · 8 length 4 · 12 leader epoch 4 · 16 magic 1 · 17 CRC-32C 4 · 21 attributes 2 · 23 last offset delta 4
 *     27 base timestamp 8 · 35 max timestamp 8 · 43 producer id 8 · 51 producer epoch 2 · 53 base sequence 4 · 57 record count 4
 *
 * Source: Kafka documentation, "Record Batch"; `DefaultRecordBatch.java`; KIP-98.
 */
import { crc32c } from '../bytes/crc32c.ts';
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import type { CodecName } from '../world/world.ts';

/** The batch does not hold together: wrong format, wrong sizes, or a checksum that does not match (Kafka's CORRUPT_MESSAGE). */
export class CorruptBatch extends Error {
  override readonly name = 'CorruptBatch';
}

/** Bytes of a batch's header. */
export const HEADER_BYTES = 61;
/** Bytes in front of the part that the header's length counts: the base offset and the length itself. */
export const LENGTH_OVERHEAD_BYTES = 12;
/** Where the checksummed part begins. */
export const ATTRIBUTES_AT = 21;
export const CRC_AT = 17;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const TWO_TO_32 = 2 ** 32;

/** The codecs in the order of their numbers in the attributes. */
export const codecNames: readonly CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const CODEC_MASK = 0x07;
export const APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
/** The base timestamp is the time at which the batch's tombstones may go (KIP-534). The deltas of the records still count from it. */
export const DELETE_HORIZON_BIT = 0x40;

export interface BatchHeader {
  /** The offset of the first record. */
  readonly baseOffset: number;
  /** Of the whole batch, header included. */
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  /** The version of the format: always 2 here. Versions 0 and 1, before Kafka 0.11, are refused. */
  readonly magic: number;
  readonly crc: number;
  readonly codec: CodecName;
  /** Who set the timestamps: the producer, or the broker, in which case all records have the batch's `maxTimestamp`. */
  readonly timestampType: 'create' | 'append';
  readonly isTransactional: boolean;
  /** The batch holds a marker of a transaction instead of data. */
  readonly isControl: boolean;
  /** `baseOffset + lastOffsetDelta` is the offset of the last record. Compaction keeps it even when that record goes. */
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1: the producer is not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The sequence number of the first record, by which duplicates are known. */
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** Reads the header at position `at`; the records behind it need not be there. Throws `MalformedBytes`. */
export function readBatchHeader(bytes: Uint8Array, at = 0): BatchHeader {
  const reader = new Reader(bytes.subarray(at, at + HEADER_BYTES));
  const baseOffset = reader.int64();
  const sizeInBytes = reader.int32() + LENGTH_OVERHEAD_BYTES;
  const partitionLeaderEpoch = reader.int32();
  const magic = reader.int8();
  if (magic !== 2)
    throw new MalformedBytes(`a batch of format ${magic}: only format 2 (Kafka 0.11 and later) is supported`);
  if (sizeInBytes < HEADER_BYTES) throw new MalformedBytes(`a batch of ${sizeInBytes} bytes, less than its header`);
  const crc = reader.uint32();
  const attributes = reader.int16();
  const codec = codecNames[attributes & CODEC_MASK];
  if (codec === undefined) throw new MalformedBytes(`a batch with the unknown codec ${attributes & CODEC_MASK}`);
  return {
    baseOffset,
    sizeInBytes,
    partitionLeaderEpoch,
    magic,
    crc,
    codec,
    timestampType: attributes & APPEND_TIME_BIT ? 'append' : 'create',
    isTransactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    isControl: (attributes & CONTROL_BIT) !== 0,
    lastOffsetDelta: reader.int32(),
    baseTimestamp: reader.int64(),
    maxTimestamp: reader.int64(),
    producerId: reader.int64(),
    producerEpoch: reader.int16(),
    baseSequence: reader.int32(),
    recordCount: reader.int32(),
  };
}

export function lastOffsetOf(header: Pick<BatchHeader, 'baseOffset' | 'lastOffsetDelta'>): number {
  return header.baseOffset + header.lastOffsetDelta;
}

/**
 * Checks that `bytes` are exactly one batch, as its producer made it: format 2, sizes that agree, and the checksum. Answers its header.
 * Throws `CorruptBatch`.
 */
export function checkBatch(bytes: Uint8Array): BatchHeader {
  const header = headerOf(bytes);
  if (header.sizeInBytes !== bytes.length) {
    throw new CorruptBatch(`the batch says that it has ${header.sizeInBytes} bytes, and it has ${bytes.length}`);
  }
  if (header.lastOffsetDelta < 0 || header.recordCount < 0) {
    throw new CorruptBatch(
      `a batch with ${header.recordCount} records and ${header.lastOffsetDelta} as its last offset delta`,
    );
  }
  const crc = crc32c(bytes, ATTRIBUTES_AT);
  if (crc !== header.crc)
    throw new CorruptBatch(`the checksum of the batch is ${hex(crc)}, and its header says ${hex(header.crc)}`);
  return header;
}

function headerOf(bytes: Uint8Array): BatchHeader {
  try {
    return readBatchHeader(bytes);
  } catch (error) {
    throw error instanceof MalformedBytes ? new CorruptBatch(error.message) : error;
  }
}

/** Gives a batch its place in a partition: writes both fields of the broker into `bytes`. The checksum does not cover them. */
export function stampBatch(bytes: Uint8Array, baseOffset: number, leaderEpoch: number): void {
  if (bytes[MAGIC_AT] !== 2) throw new CorruptBatch(`a batch of format ${bytes[MAGIC_AT]} cannot be stamped`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  setInt64(view, 0, baseOffset);
  view.setInt32(LEADER_EPOCH_AT, leaderEpoch);
}

/**
 * Makes `timestamp` the time of all records of a batch: `message.timestamp.type=LogAppendTime`. It is written into the header, with a new checksum, which
 * goes over the `records` behind it too.
 */
export function stampAppendTime(header: Uint8Array, records: Uint8Array, timestamp: number): void {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  view.setInt16(ATTRIBUTES_AT, view.getInt16(ATTRIBUTES_AT) | APPEND_TIME_BIT);
  setInt64(view, MAX_TIMESTAMP_AT, timestamp);
  const crcOfHeader = crc32c(header, ATTRIBUTES_AT, HEADER_BYTES);
  view.setUint32(CRC_AT, crc32c(records, 0, records.length, crcOfHeader));
}

export function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_TO_32));
  view.setUint32(at + 4, value >>> 0);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
