/**
 * Batches that lose some of their records: what compaction writes.
 *
 * A batch keeps its place whatever is taken out of it. Its base offset and its last offset stay, and with them the sequence numbers of its
 * producer; the records that are left keep their own offsets, with holes between them. A batch that loses all of its records can stay
 * as a bare header. So the batches of a log still follow each other without a gap, and a gap is still a sign of damage.
 *
 * Source: `MemoryRecords.filterTo`, `DefaultRecordBatch.writeEmptyHeader`; KIP-534.
 */
import { crc32c } from '../bytes/crc32c.ts';
import { concat } from '../bytes/writer.ts';
import type { CodecName, Codecs } from '../world/world.ts';
import { encodeRecords } from './encode.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  type BatchHeader,
  CODEC_MASK,
  CRC_AT,
  codecNames,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  LENGTH_OVERHEAD_BYTES,
  MAX_TIMESTAMP_AT,
  setInt64,
} from './header.ts';
import type { LogRecord } from './record.ts';

const LENGTH_AT = 8;
const LAST_OFFSET_DELTA_AT = 23;
const PRODUCER_ID_AT = 43;
const RECORD_COUNT_AT = 57;
const NO_TIMESTAMP = -1;

/** What is left of a batch. */
export interface Retained {
  /** In the order of their offsets. */
  readonly records: readonly LogRecord[];
  /** The time from which on its tombstones may go; undefined: it has none, or they have no such time yet. */
  readonly deleteHorizonMs: number | undefined;
}

/** The time at which the tombstones of a batch may go; undefined when none has been set. */
export function deleteHorizonOf(batch: Uint8Array, header: BatchHeader): number | undefined {
  const attributes = viewOf(batch).getInt16(ATTRIBUTES_AT);
  return attributes & DELETE_HORIZON_BIT ? header.baseTimestamp : undefined;
}

/**
 * The batch with these of its records only. It is compressed as before; where the codec can be read and not written, which may be so with
 * zstd, it is left uncompressed.
 */
export function retainRecords(
  batch: Uint8Array,
  header: BatchHeader,
  { records, deleteHorizonMs }: Retained,
  codecs: Codecs,
): Uint8Array {
  if (records.length === 0) return bare(batch, header);
  const baseTimestamp = deleteHorizonMs ?? records[0].timestamp;
  const packed = compressed(encodeRecords(records, header.baseOffset, baseTimestamp), header.codec, codecs);
  const bytes = concat([batch.subarray(0, HEADER_BYTES), packed.content]);
  const view = viewOf(bytes);
  const attributes = view.getInt16(ATTRIBUTES_AT) & ~CODEC_MASK & ~DELETE_HORIZON_BIT;
  const horizon = deleteHorizonMs === undefined ? 0 : DELETE_HORIZON_BIT;
  view.setInt16(ATTRIBUTES_AT, attributes | codecNames.indexOf(packed.codec) | horizon);
  setInt64(view, BASE_TIMESTAMP_AT, baseTimestamp);
  // All records of a batch with the broker's time have the batch's.
  const latest = records.reduce((max, { timestamp }) => Math.max(max, timestamp), NO_TIMESTAMP);
  setInt64(view, MAX_TIMESTAMP_AT, latest);
  return sealed(bytes, records.length);
}

/** A batch that holds the place of all offsets from `baseOffset` to `lastOffset`, and no record. It has no time and no producer. */
export function emptyBatch(baseOffset: number, lastOffset: number, leaderEpoch: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  setInt64(view, 0, baseOffset);
  view.setInt32(12, leaderEpoch);
  view.setInt8(16, 2);
  view.setInt32(LAST_OFFSET_DELTA_AT, lastOffset - baseOffset);
  // No timestamps, no producer id, no epoch and no sequence: each of them is -1.
  bytes.fill(0xff, BASE_TIMESTAMP_AT, RECORD_COUNT_AT);
  return sealed(bytes, 0);
}

/** Only the header, with the producer and the numbers of its last batch, which are still needed to know a duplicate. */
function bare(batch: Uint8Array, header: BatchHeader): Uint8Array {
  const bytes = emptyBatch(header.baseOffset, header.baseOffset + header.lastOffsetDelta, header.partitionLeaderEpoch);
  const view = viewOf(bytes);
  view.setInt16(ATTRIBUTES_AT, viewOf(batch).getInt16(ATTRIBUTES_AT) & ~CODEC_MASK & ~DELETE_HORIZON_BIT);
  setInt64(view, BASE_TIMESTAMP_AT, header.maxTimestamp);
  setInt64(view, MAX_TIMESTAMP_AT, header.maxTimestamp);
  bytes.set(batch.subarray(PRODUCER_ID_AT, RECORD_COUNT_AT), PRODUCER_ID_AT);
  return sealed(bytes, 0);
}

function compressed(plain: Uint8Array, codec: CodecName, codecs: Codecs): { codec: CodecName; content: Uint8Array } {
  if (codec === 'none') return { codec, content: plain };
  try {
    return { codec, content: codecs.compress(codec, plain) };
  } catch {
    return { codec: 'none', content: plain };
  }
}

function sealed(bytes: Uint8Array, recordCount: number): Uint8Array {
  const view = viewOf(bytes);
  view.setInt32(LENGTH_AT, bytes.length - LENGTH_OVERHEAD_BYTES);
  view.setInt32(RECORD_COUNT_AT, recordCount);
  view.setUint32(CRC_AT, crc32c(bytes, ATTRIBUTES_AT));
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
