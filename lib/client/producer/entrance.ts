/**
 * Where records wait before they can be put into a batch: for metadata of their topic, and for memory.
 *
 * Mostly nothing is missing, and a record passes at once. When it has to wait, those behind it of the same topic wait as well, even if memory
 * comes free just before they are sent: otherwise they would overtake it.
 */
import { Errors, KafkaError } from '../../protocol/errors.ts';
import type { ClientContext } from '../clientContext.ts';
import { BufferFullError, ClientClosedError } from '../errors.ts';
import type { TopicInfo } from '../metadata.ts';
import { late } from '../waiting.ts';
import { partitionOf, type StickyPartitions } from './partitioner.ts';
import type { OutgoingRecord } from './record.ts';
import type { Sender } from './sender.ts';

interface Waiting {
  readonly record: OutgoingRecord;
  readonly since: number;
}

export interface EntranceSettings {
  readonly maxBlockMs: number;
  readonly bufferMemoryBytes: number;
}

export class Entrance {
  readonly #context: ClientContext;
  readonly #sender: Sender;
  readonly #sticky: StickyPartitions;
  readonly #settings: EntranceSettings;
  /** By topic, in their order. A set, since taking the first of a long array moves all the others. */
  readonly #lines = new Map<string, Set<Waiting>>();
  #waitingBytes = 0;
  #closed = false;

  constructor(context: ClientContext, sender: Sender, sticky: StickyPartitions, settings: EntranceSettings) {
    this.#context = context;
    this.#sender = sender;
    this.#sticky = sticky;
    this.#settings = settings;
  }

  enter(record: OutgoingRecord): void {
    if (this.#closed)
      return record.sending.failed(new ClientClosedError('this producer has been closed: make a new one'));
    const line = this.#lines.get(record.topic);
    if (line === undefined && this.#passes(record)) return;
    // Waiting records take memory too. Who does not wait for its sends at all is stopped here.
    if (this.#waitingBytes + record.sizeInBytes > this.#settings.bufferMemoryBytes) {
      return record.sending.failed(
        new BufferFullError(
          `${this.#waitingBytes} bytes of records are already waiting for memory: await send() before you send more, or raise bufferMemoryBytes`,
        ),
      );
    }
    this.#waitingBytes += record.sizeInBytes;
    const waiting = { record, since: this.#context.timers.now() };
    if (line !== undefined) {
      line.add(waiting);
      return;
    }
    const fresh = new Set([waiting]);
    this.#lines.set(record.topic, fresh);
    void this.#letIn(record.topic, fresh);
  }

  /** Takes no more records; those that wait go on waiting. */
  close(): void {
    this.#closed = true;
  }

  /** The way of a record for which nothing is missing. */
  #passes(record: OutgoingRecord): boolean {
    const topic = this.#context.metadata.known(record.topic);
    if (topic === undefined || (record.partition !== undefined && record.partition >= topic.partitions.length))
      return false;
    const partition = this.#partitionFor(record, topic);
    if (!this.#sender.memory.take(record.sizeInBytes)) return false;
    this.#add(record, partition);
    return true;
  }

  /** Goes on with those who come while it waits for others. */
  async #letIn(topic: string, line: Set<Waiting>): Promise<void> {
    for (const next of line) {
      try {
        await this.#admit(next);
      } catch (error) {
        next.record.sending.failed(error instanceof Error ? error : new Error(String(error)));
      }
      line.delete(next);
      this.#waitingBytes -= next.record.sizeInBytes;
    }
    this.#lines.delete(topic);
  }

  async #admit({ record, since }: Waiting): Promise<void> {
    const { metadata, timers } = this.#context;
    const { maxBlockMs } = this.#settings;
    const left = () => since + maxBlockMs - timers.now();
    let topic = metadata.known(record.topic) ?? (await metadata.topic(record.topic, left()));
    if (record.partition !== undefined && record.partition >= topic.partitions.length) {
      // The partition may have been added since the metadata was fetched.
      await metadata.refresh(left());
      topic = await metadata.topic(record.topic, left());
    }
    await this.#memoryFor(record, left);
    try {
      this.#add(record, this.#partitionFor(record, topic));
    } catch (error) {
      this.#sender.memory.giveBack(record.sizeInBytes);
      throw error;
    }
  }

  async #memoryFor(record: OutgoingRecord, left: () => number): Promise<void> {
    const { memory } = this.#sender;
    if (memory.take(record.sizeInBytes)) return;
    const calmDown = this.#sender.hurry();
    try {
      do {
        const freed = left() > 0 ? await this.#context.timers.within(memory.freed(), left()) : late;
        if (freed === late) {
          throw new BufferFullError(
            `no memory came free within ${this.#settings.maxBlockMs} ms (maxBlockMs): the brokers take records more slowly than they are sent`,
          );
        }
      } while (!memory.take(record.sizeInBytes));
    } finally {
      calmDown();
    }
  }

  #add(record: OutgoingRecord, partition: number): void {
    const batchIsFull = this.#sender.add(record, partition);
    const wasDrawn = record.partition === undefined && record.data.key === null;
    if (wasDrawn) this.#sticky.took(record.topic, record.sizeInBytes, batchIsFull);
  }

  #partitionFor(record: OutgoingRecord, topic: TopicInfo): number {
    const { partition, data } = record;
    const count = topic.partitions.length;
    if (partition !== undefined) {
      if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
      const known = `The topic has the partitions 0 to ${count - 1}.`;
      throw new KafkaError(
        Errors.UNKNOWN_TOPIC_OR_PARTITION,
        `write to partition ${partition} of ${topic.name}`,
        known,
      );
    }
    if (data.key !== null) return partitionOf(data.key, count);
    const current = this.#sticky.current(topic.name);
    if (current !== undefined && topic.partitions[current]?.leader >= 0) return current;
    const led = topic.partitions.filter(({ leader }) => leader >= 0);
    return this.#sticky.choose(
      topic.name,
      (led.length > 0 ? led : topic.partitions).map((one) => one.partition),
    );
  }
}
