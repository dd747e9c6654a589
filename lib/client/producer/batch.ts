/** A batch on its way: records of one partition that travel, succeed, and fail together. */
import type { OutgoingRecord } from './record.ts';

/** Who a producer is to the brokers: they count the batches of each (id, epoch) by partition (KIP-98). */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

/** The place of a batch among those of its producer, given when it is first sent and kept over retries. */
export interface BatchPlace {
  readonly identity: ProducerIdentity;
  readonly baseSequence: number;
}

export class ProducerBatch {
  readonly records: OutgoingRecord[] = [];
  readonly createdAt: number;
  /** Its number among the batches of the partition: a batch that comes back for a retry goes to its old place in the queue. */
  readonly order: number;
  /** Bytes at most, before compression. */
  sizeInBytes = 0;
  /** Takes no more records. */
  isClosed = false;
  place: BatchPlace | undefined;
  attempts = 0;
  /** Not sent again before this time. */
  notBefore = 0;
  lastError: unknown;
  /** Whether those who sent the records have been told. */
  isSettled = false;

  constructor(createdAt: number, order: number) {
    this.createdAt = createdAt;
    this.order = order;
  }

  add(record: OutgoingRecord): void {
    this.records.push(record);
    this.sizeInBytes += record.sizeInBytes;
  }

  /** Tells every sender where its record lies. `appendTime` is the broker's clock, or -1 where records keep their own time. */
  succeed(partition: number, baseOffset: number, appendTime: number): void {
    if (this.isSettled) return;
    this.isSettled = true;
    let offset = baseOffset;
    for (const { topic, data, sending, index } of this.records) {
      const timestamp = appendTime >= 0 ? appendTime : data.timestamp;
      sending.acknowledged(index, { topic, partition, offset, timestamp });
      if (baseOffset >= 0) offset++;
    }
  }

  fail(error: Error): void {
    if (this.isSettled) return;
    this.isSettled = true;
    for (const { sending } of this.records) sending.failed(error);
  }
}
