/**
 * Sends batches to the leaders of their partitions. What becomes of those that come back is decided by outcomes.ts.
 *
 * One function, `#pump`, looks at everything that waits and sends what may go. It runs when something has changed: a record has come, an
 * answer, new metadata, or the time that the last run has set itself. So there is no loop that could be stuck.
 */
import { Produce } from '../../protocol/apis/00-produce.ts';
import type { Connection } from '../../wire/connection.ts';
import type { Cancel, CodecName } from '../../world/world.ts';
import type { ClientContext } from '../clientContext.ts';
import { ClientClosedError, DeliveryTimedOutError } from '../errors.ts';
import { nameOf } from '../topicPartition.ts';
import type { ProducerBatch } from './batch.ts';
import { IdentityKeeper } from './identity.ts';
import { BufferMemory } from './memory.ts';
import { Outcomes } from './outcomes.ts';
import { PartitionQueue } from './partitionQueue.ts';
import { type Departure, produceRequest } from './produceRequest.ts';
import type { OutgoingRecord } from './record.ts';

export interface SenderSettings {
  readonly acks: 0 | 1 | -1;
  readonly enableIdempotence: boolean;
  readonly lingerMs: number;
  readonly batchSizeBytes: number;
  readonly maxRequestSizeBytes: number;
  readonly maxInFlightRequestsPerConnection: number;
  readonly requestTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly bufferMemoryBytes: number;
  readonly compressionType: CodecName;
}

export class Sender {
  readonly memory: BufferMemory;
  readonly #context: ClientContext;
  readonly #settings: SenderSettings;
  readonly #identity: IdentityKeeper;
  readonly #outcomes: Outcomes;
  readonly #queues = new Map<string, PartitionQueue>();
  /** Requests on their way, by broker. */
  readonly #inFlight = new Map<number, number>();
  #hurrying = 0;
  #pumpSoon = false;
  #timer: Cancel | undefined;

  constructor(context: ClientContext, settings: SenderSettings) {
    this.#context = context;
    this.#settings = settings;
    this.memory = new BufferMemory(settings.bufferMemoryBytes);
    this.#identity = new IdentityKeeper(context, settings.deliveryTimeoutMs, () => this.#pump());
    this.#outcomes = new Outcomes(context, this.#identity, this.memory);
    context.metadata.onUpdate.add(() => this.#pump());
  }

  /**
   * Takes a record whose memory has been taken. It goes out with others that come in the same moment, or within `lingerMs`. Answers whether its batch is
   * full.
   */
  add(record: OutgoingRecord, partition: number): boolean {
    const queue = this.#queue(record.topic, partition);
    const isFull = queue.add(record, this.#context.timers.now(), this.#settings.batchSizeBytes);
    this.#soon();
    return isFull;
  }

  /** Until the result is called, batches do not wait for company. */
  hurry(): Cancel {
    this.#hurrying++;
    this.#soon();
    return () => {
      this.#hurrying--;
    };
  }

  /** Fails everything that is not acknowledged. */
  close(): void {
    this.#timer?.();
    for (const queue of this.#queues.values()) {
      for (const batch of [...queue.waiting, ...queue.inFlight])
        batch.fail(new ClientClosedError('this producer has been closed'));
    }
    this.#queues.clear();
  }

  /** All records of one turn of the program are seen together, so that a loop of sends makes one batch even without lingering. */
  #soon(): void {
    if (this.#pumpSoon) return;
    this.#pumpSoon = true;
    queueMicrotask(() => {
      this.#pumpSoon = false;
      this.#pump();
    });
  }

  // #region pump
  #pump(): void {
    const now = this.#context.timers.now();
    let wakeAt = Infinity;
    for (const queue of this.#queues.values()) wakeAt = Math.min(wakeAt, this.#expire(queue, now));
    for (let departures = this.#departures(now); departures.size > 0; departures = this.#departures(now)) {
      for (const [leader, batches] of departures) void this.#send(leader, batches);
    }
    for (const queue of this.#queues.values()) {
      const [first] = queue.waiting;
      const goes = first === undefined ? now : Math.max(first.notBefore, first.createdAt + this.#settings.lingerMs);
      // What could have gone by now waits for something else than time: an answer, a leader, an identity.
      if (goes > now) wakeAt = Math.min(wakeAt, goes);
    }
    this.#timer?.();
    this.#timer = wakeAt === Infinity ? undefined : this.#context.timers.after(wakeAt - now, () => this.#pump());
  }

  /** At most one batch of each partition, by leader: what one request to each broker may carry now. */
  #departures(now: number): Map<number, Departure[]> {
    const departures = new Map<number, Departure[]>();
    const sizes = new Map<number, number>();
    for (const queue of this.#queues.values()) {
      if (!this.#isReady(queue, now)) continue;
      const leader = this.#context.metadata.leaderOf(queue.topic, queue.partition)?.leader;
      if (leader === undefined) continue;
      if ((this.#inFlight.get(leader) ?? 0) >= this.#settings.maxInFlightRequestsPerConnection) continue;
      const size = (sizes.get(leader) ?? 0) + queue.waiting[0].sizeInBytes;
      if (departures.has(leader) && size > this.#settings.maxRequestSizeBytes) continue;
      if (!this.#mayGo(queue)) continue;
      const batch = queue.take();
      sizes.set(leader, size);
      departures.set(leader, [...(departures.get(leader) ?? []), { queue, batch }]);
    }
    return departures;
  }

  #isReady(queue: PartitionQueue, now: number): boolean {
    const [first] = queue.waiting;
    if (first === undefined || first.notBefore > now) return false;
    const inHurry = first.isClosed || this.#hurrying > 0;
    return inHurry || now >= first.createdAt + this.#settings.lingerMs;
  }

  /** Order within a partition: by sequence numbers up to a few batches may be on their way, without them only one. */
  #mayGo(queue: PartitionQueue): boolean {
    if (!this.#settings.enableIdempotence) return queue.inFlight.length === 0;
    if (!queue.hasRoom(this.#settings.maxInFlightRequestsPerConnection)) return false;
    const identity = this.#identity.current;
    if (this.#identity.failure !== undefined) this.#failAll(queue, this.#identity.failure);
    return identity !== undefined && queue.waiting.length > 0 && queue.number(identity);
  }
  // #endregion pump

  async #send(leader: number, departures: readonly Departure[]): Promise<void> {
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1);
    try {
      const { compressionType } = this.#settings;
      if (compressionType !== 'none') await this.#context.host.codecs.prepare(compressionType);
      const connection = await this.#context.connections.to(leader);
      await this.#sendOn(
        connection,
        departures.filter((departure) => this.#isStillWanted(departure)),
      );
    } catch (error) {
      // Those that were given up on the way are done with.
      for (const { queue, batch } of departures)
        if (queue.inFlight.includes(batch)) this.#outcomes.obstructed(queue, batch, error);
    }
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1);
    this.#pump();
  }

  async #sendOn(connection: Connection, departures: readonly Departure[]): Promise<void> {
    if (departures.length === 0) return;
    const request = produceRequest(departures, this.#settings, this.#context.host.codecs);
    const detail = { batches: departures.map(({ queue, batch }) => `${queue.name} ${batch.records.length}`) };
    if (this.#settings.acks === 0) {
      await connection.sendWithoutAnswer(Produce, request, { detail });
      for (const { queue, batch } of departures) this.#outcomes.succeeded(queue, batch, -1, -1);
    } else {
      this.#outcomes.answered(departures, await connection.send(Produce, request, { detail }));
    }
  }

  /** A batch whose time ran out while the connection was being opened is not sent any more. */
  #isStillWanted({ queue, batch }: Departure): boolean {
    if (batch.isSettled) this.#outcomes.giveUp(queue, batch, new Error('its time is over'));
    return !batch.isSettled;
  }

  #failAll(queue: PartitionQueue, error: Error): void {
    for (const batch of queue.waiting) this.#outcomes.giveUp(queue, batch, error);
  }

  /** Gives up what has been under way for too long, and answers when to look again. */
  #expire(queue: PartitionQueue, now: number): number {
    const { deliveryTimeoutMs } = this.#settings;
    let next = Infinity;
    for (const batch of [...queue.waiting, ...queue.inFlight]) {
      if (batch.isSettled) continue;
      const deadline = batch.createdAt + deliveryTimeoutMs;
      if (deadline > now) {
        next = Math.min(next, deadline);
        continue;
      }
      const error = new DeliveryTimedOutError(expiryMessage(queue.name, batch, deliveryTimeoutMs), {
        cause: batch.lastError,
      });
      // What is on its way keeps its place until the answer is there; only those who wait are told now.
      if (queue.inFlight.includes(batch)) batch.fail(error);
      else this.#outcomes.giveUp(queue, batch, error);
    }
    return next;
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const name = nameOf({ topic, partition });
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition);
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

function expiryMessage(partition: string, batch: ProducerBatch, timeoutMs: number): string {
  const { lastError, attempts, records } = batch;
  const tries = attempts === 0 ? 'It was never sent' : `It was sent ${attempts} times`;
  const reason = lastError instanceof Error ? ` The last obstacle: ${lastError.message}` : '';
  return `${records.length} records for ${partition} were not acknowledged within ${timeoutMs} ms (deliveryTimeoutMs). ${tries}.${reason}`;
}
