/**
 * Record batches, format 2: the door of this room.
 *
 * `encodeBatch` and `decodeBatch` are for the ends, producers and consumers. All between them needs less: `batchesIn` cuts bytes into batches,
 * `checkBatch` checks one, `stampBatch` gives it its place, and the records inside stay as their producer wrote them.
 */
import { type BatchHeader, LENGTH_OVERHEAD_BYTES, readBatchHeader } from './header.ts';

export { type DecodeLimits, decodeBatch, eachRecord, SMALLEST_RECORD_BYTES } from './decode.ts';
export { type BatchSettings, encodeBatch } from './encode.ts';
export {
  type BatchHeader,
  CorruptBatch,
  checkBatch,
  HEADER_BYTES,
  lastOffsetOf,
  readBatchHeader,
  stampAppendTime,
  stampBatch,
} from './header.ts';
export type { Header, LogRecord, RecordData } from './record.ts';
export { deleteHorizonOf, emptyBatch, type Retained, retainRecords } from './retain.ts';

export interface Batch {
  readonly header: BatchHeader;
  /** A view, not a copy. */
  readonly bytes: Uint8Array;
}

/**
 * The batches in `bytes`, one after the other. An incomplete one at the end is left out without a word, since a broker may cut its answer to a
 * fetch at any byte (KIP-74). Throws `MalformedBytes` where no batch can begin.
 */
export function* batchesIn(bytes: Uint8Array): Iterable<Batch> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (bytes.length - at >= LENGTH_OVERHEAD_BYTES) {
    const end = at + LENGTH_OVERHEAD_BYTES + view.getInt32(at + 8);
    if (end > bytes.length) return;
    const header = readBatchHeader(bytes, at);
    yield { header, bytes: bytes.subarray(at, end) };
    at = end;
  }
}
