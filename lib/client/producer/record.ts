/** Records as an application gives them to a producer, and what it gets back. */
import { Writer } from '../../bytes/writer.ts';
import type { Header, RecordData } from '../../records/batch.ts';
import type { Sending } from './sending.ts';

/** Text is sent as UTF-8. Null is sent as null: as a value it is a tombstone, which deletes its key from a compacted topic. */
export type Content = string | Uint8Array | null;

export interface ProducerRecord {
  readonly topic: string;
  /** Records of one key go to one partition, and stay in order. Default null. */
  readonly key?: Content;
  readonly value: Content;
  /** Default: chosen by the key, or without one, by the producer. */
  readonly partition?: number;
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: number;
  /** Named values, or a list where a name occurs more than once. */
  readonly headers?: Readonly<Record<string, Content>> | readonly { readonly key: string; readonly value: Content }[];
}

/** Where a record has come to lie. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 with `acks` 0, when nobody says. */
  readonly offset: number;
  /** Milliseconds since 1970: the producer's, or the broker's where the topic is set so. */
  readonly timestamp: number;
}

/** A record on its way into a batch. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly data: RecordData;
  /** Bytes in a batch at most, before compression. */
  readonly sizeInBytes: number;
  /** The call of `send` that it came with, and its place among the records there. */
  readonly sending: Sending;
  readonly index: number;
}

/** Length, attributes, deltas and counts of a record: at most so many bytes beside its content. */
const RECORD_OVERHEAD_BYTES = 32;
const HEADER_OVERHEAD_BYTES = 10;

/** The record in bytes. Throws a `TypeError` that says what may be sent. */
export function serialize(record: ProducerRecord, nowMs: number): RecordData {
  const { timestamp = nowMs } = record;
  if (!Number.isSafeInteger(timestamp))
    throw new TypeError(`timestamp ${timestamp} is not a whole number of milliseconds`);
  return {
    timestamp,
    key: bytesOf('key', record.key ?? null),
    value: bytesOf('value', record.value),
    headers: record.headers === undefined ? noHeaders : headersOf(record.headers),
  };
}

/** Bytes of a record in a batch at most, before compression. */
export function sizeOf({ key, value, headers }: RecordData): number {
  let sizeInBytes = RECORD_OVERHEAD_BYTES + lengthOf(key) + lengthOf(value);
  for (const header of headers) sizeInBytes += HEADER_OVERHEAD_BYTES + 3 * header.key.length + lengthOf(header.value);
  return sizeInBytes;
}

const noHeaders: readonly Header[] = Object.freeze([]);

function headersOf(headers: NonNullable<ProducerRecord['headers']>): Header[] {
  const list = Array.isArray(headers)
    ? (headers as readonly { readonly key: string; readonly value: Content }[])
    : Object.entries(headers as Readonly<Record<string, Content>>).map(([key, value]) => ({ key, value }));
  return list.map(({ key, value }) => ({ key, value: bytesOf(`header '${key}'`, value) }));
}

function bytesOf(part: string, content: Content): Uint8Array | null {
  if (content === null || content instanceof Uint8Array) return content;
  if (typeof content === 'string') return Writer.utf8(content);
  throw new TypeError(
    `the ${part} of a record is ${typeof content}: send a string, a Uint8Array or null (JSON.stringify makes a string of an object)`,
  );
}

function lengthOf(bytes: Uint8Array | null): number {
  return bytes?.length ?? 0;
}
