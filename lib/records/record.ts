/** A record: what an application puts into Kafka and gets out again. */

/** A named value that travels with a record. The same key may occur several times; the order is kept. */
export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export interface RecordData {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone: in a compacted topic it deletes the key. */
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
}

/** A record that has its place in a partition. */
export interface LogRecord extends RecordData {
  readonly offset: number;
}
