/** The record batch codec inside kafkajs 2.2.4, with types for what is used of it. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const inside = (path: string) => require(`kafkajs/src/protocol/${path}`);

export interface KafkajsMessage {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | string | (Buffer | string)[]>;
}

export interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[]>;
}

export interface KafkajsBatch {
  readonly firstOffset: string;
  readonly maxTimestamp: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly lastOffsetDelta: number;
  readonly partitionLeaderEpoch: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly records: KafkajsRecord[];
}

interface Encoder {
  readonly buffer: Buffer;
}

export const encodeRecord: (message: KafkajsMessage) => Encoder = inside('recordBatch/record/v0');

export const encodeRecordBatch: (batch: {
  compression?: number;
  firstOffset?: unknown;
  firstTimestamp: number;
  maxTimestamp: number;
  partitionLeaderEpoch?: number;
  lastOffsetDelta: number;
  transactional?: boolean;
  producerId?: unknown;
  producerEpoch?: number;
  firstSequence?: number;
  records: Encoder[];
}) => Promise<Encoder> = inside('recordBatch/v0').RecordBatch;

export const Decoder: new (bytes: Buffer) => object = inside('decoder');
export const decodeRecordBatch: (decoder: object) => Promise<KafkajsBatch> = inside('recordBatch/v0/decoder');
export const Long: { fromValue(value: number): unknown } = require('kafkajs/src/utils/long');
