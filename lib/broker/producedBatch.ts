/**
 * What a broker checks of a batch that a producer hands over, before the log sees it.
 *
 * The header and the checksum tell nearly all of it. The records are taken apart only where something depends on each of them: in a compacted
 * topic, which takes none without a key, where a time in the header lies outside of what the topic takes, to name the records to blame, and where
 * the header promises so many records that they may not be there: each of them is an offset, and the log has to believe the header.
 *
 * Source: Apache Kafka `ProduceRequest.java`, `UnifiedLog.java`, `LogValidator.java`.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import {
  type BatchHeader,
  batchesIn,
  CorruptBatch,
  checkBatch,
  eachRecord,
  type LogRecord,
  SMALLEST_RECORD_BYTES,
} from '../records/batch.ts';
import { ATTRIBUTES_AT, HEADER_BYTES, TRANSACTIONAL_BIT } from '../records/header.ts';
import type { Codecs } from '../world/world.ts';

export interface Refused {
  readonly error: ErrorCode;
  readonly message: string;
  /** The records that are to blame, where it is not the batch as a whole. */
  readonly recordErrors?: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[];
}

export function refused(error: ErrorCode, message = error.message): Refused {
  return { error, message };
}

const MAGIC_AT = 16;

/** The one batch that a request may have for a partition. What follows it and is not a whole batch is left out without a word, as in Kafka. */
export function onlyBatch(records: Uint8Array | null): Uint8Array | Refused {
  if (records === null || records.length === 0) return refused(Errors.INVALID_RECORD, 'There is no batch.');
  if (records.length > MAGIC_AT && (records[MAGIC_AT] === 0 || records[MAGIC_AT] === 1)) {
    return refused(Errors.INVALID_RECORD, `A batch of format ${records[MAGIC_AT]}: only format 2 is taken.`);
  }
  try {
    const [batch, second] = batchesIn(records);
    if (batch === undefined) return refused(Errors.INVALID_RECORD, 'The batch is cut off.');
    return second === undefined ? batch.bytes : refused(Errors.INVALID_RECORD, 'There is more than one batch.');
  } catch (error) {
    if (error instanceof MalformedBytes) return refused(Errors.CORRUPT_MESSAGE, error.message);
    throw error;
  }
}

/** Whether the first batch claims to be part of a transaction. */
export function isTransactional(records: Uint8Array | null): boolean {
  if (records === null || records.length < HEADER_BYTES) return false;
  return (records[ATTRIBUTES_AT + 1] & TRANSACTIONAL_BIT) !== 0;
}

/** The header of a batch that is what it says, with all that can be checked without opening it. */
export function checkedHeader(batch: Uint8Array, maxBytes: number): BatchHeader | Refused {
  if (batch.length > maxBytes) return refused(Errors.MESSAGE_TOO_LARGE);
  try {
    const header = checkBatch(batch);
    const problem = problemOf(header);
    return problem === undefined ? header : refused(Errors.INVALID_RECORD, problem);
  } catch (error) {
    if (error instanceof CorruptBatch) return refused(Errors.CORRUPT_MESSAGE, error.message);
    throw error;
  }
}

function problemOf(header: BatchHeader): string | undefined {
  if (header.baseOffset !== 0) return 'Offsets are given by the broker: a batch comes with 0.';
  if (header.recordCount < 1) return 'The batch has no records.';
  if (header.lastOffsetDelta !== header.recordCount - 1)
    return 'The last offset delta does not fit the number of records.';
  if (header.isControl) return 'Clients cannot write control batches.';
  if (header.producerId >= 0 && header.baseSequence < 0)
    return 'The batch of an idempotent producer has no sequence number.';
  return undefined;
}

/** What a topic demands of each record. */
export interface Demands {
  /** Whether each must have a key. */
  readonly keys: boolean;
  /** Who sets the times. */
  readonly timestampType: 'create' | 'append';
  /** The earliest and the latest time that is taken, where producers set it. */
  readonly earliest: number;
  readonly latest: number;
}

/** A batch may hold millions of records, all of them wrong; its producer has seen enough after these. */
const MAX_RECORD_ERRORS = 10_000;

/** What is wrong with single records, if anything. */
export function recordProblem(
  batch: Uint8Array,
  header: BatchHeader,
  demands: Demands,
  codecs: Codecs,
): Refused | undefined {
  if (!mustBeOpened(header, demands)) return undefined;
  try {
    const wrong: (Refused & { readonly batchIndex: number })[] = [];
    let batchIndex = 0;
    for (const record of eachRecord(batch, codecs)) {
      const problem = problemWith(record, header, demands);
      if (problem !== undefined && wrong.length < MAX_RECORD_ERRORS) wrong.push({ batchIndex, ...problem });
      batchIndex++;
    }
    if (wrong.length === 0) return undefined;
    const { error, message } = wrong.find(({ error }) => error === Errors.INVALID_TIMESTAMP) ?? wrong[0];
    const recordErrors = wrong.map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message }));
    return { ...refused(error, message), recordErrors };
  } catch (error) {
    return refused(Errors.INVALID_RECORD, error instanceof Error ? error.message : String(error));
  }
}

/** The header knows the latest time. It does not know the earliest, which only few topics ask for. */
function mustBeOpened(header: BatchHeader, { keys, timestampType, earliest, latest }: Demands): boolean {
  if (keys || header.timestampType === 'append' || promisesTooMany(header)) return true;
  return timestampType === 'create' && (header.maxTimestamp > latest || earliest > 0);
}

/** Packed, records that are much alike take less than they are; hardly any take less than a byte. */
function promisesTooMany({ recordCount, sizeInBytes, codec }: BatchHeader): boolean {
  const leastBytes = codec === 'none' ? SMALLEST_RECORD_BYTES : 1;
  return recordCount * leastBytes > sizeInBytes - HEADER_BYTES;
}

const NO_TIMESTAMP = -1;

function problemWith(
  { key, timestamp }: LogRecord,
  header: BatchHeader,
  { keys, timestampType, earliest, latest }: Demands,
): Refused | undefined {
  if (keys && key === null)
    return refused(Errors.INVALID_RECORD, 'A topic that is compacted takes no record without a key.');
  if (header.timestampType === 'append') return refused(Errors.INVALID_TIMESTAMP, 'Only brokers set an append time.');
  if (timestampType === 'append' || timestamp === NO_TIMESTAMP) return undefined;
  const isWithin = timestamp >= earliest && timestamp <= latest;
  return isWithin ? undefined : refused(Errors.INVALID_TIMESTAMP, `${timestamp} is not in ${earliest} to ${latest}.`);
}
