/**
 * What becomes of a batch once it has been sent: it is written, it is sent again, or it is given up.
 *
 * An error that may pass sends the batch back into the queue of its partition, where it keeps its place and its sequence numbers. One that
 * will not pass is told to those who wait for the records.
 */
import type { Produce } from '../../protocol/apis/00-produce.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import type { ClientContext } from '../clientContext.ts';
import { isRetriable } from '../errors.ts';
import type { ProducerBatch } from './batch.ts';
import type { IdentityKeeper } from './identity.ts';
import type { BufferMemory } from './memory.ts';
import type { PartitionQueue } from './partitionQueue.ts';
import { answersByPartition, type Departure } from './produceRequest.ts';

const sequenceErrors: ReadonlySet<ErrorCode> = new Set([
  Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
  Errors.INVALID_PRODUCER_EPOCH,
  Errors.UNKNOWN_PRODUCER_ID,
]);

function hintFor(error: ErrorCode): string {
  if (error !== Errors.MESSAGE_TOO_LARGE) return '';
  return 'Send smaller records, lower batchSizeBytes, or raise max.message.bytes of the topic.';
}

export class Outcomes {
  readonly #context: ClientContext;
  readonly #identity: IdentityKeeper;
  readonly #memory: BufferMemory;

  constructor(context: ClientContext, identity: IdentityKeeper, memory: BufferMemory) {
    this.#context = context;
    this.#identity = identity;
    this.#memory = memory;
  }

  /** The leader has answered for each partition apart. */
  answered(departures: readonly Departure[], response: ResponseOf<typeof Produce>): void {
    const answers = answersByPartition(response);
    for (const { queue, batch } of departures) {
      const answer = answers.get(queue.name);
      const error = errorOf(answer?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR.code);
      if (error === Errors.NONE) this.succeeded(queue, batch, answer?.baseOffset ?? -1, answer?.logAppendTimeMs ?? -1);
      // The batch was written so long ago that the broker has forgotten where: good news all the same.
      else if (error === Errors.DUPLICATE_SEQUENCE_NUMBER) this.succeeded(queue, batch, -1, -1);
      else
        this.#refused(queue, batch, error, answer?.errorMessage === error.message ? '' : (answer?.errorMessage ?? ''));
    }
  }

  /** The batch is in the log; `baseOffset` -1: nobody says where. */
  succeeded(queue: PartitionQueue, batch: ProducerBatch, baseOffset: number, appendTime: number): void {
    queue.arrived(batch);
    queue.acknowledged();
    const { host } = this.#context;
    if (baseOffset >= 0) {
      const { topic, partition } = queue;
      const to = baseOffset + batch.records.length - 1;
      host.trace.record(host.name, 'producer.acknowledged', { topic, partition, from: baseOffset, to });
    }
    this.#memory.giveBack(batch.sizeInBytes);
    batch.succeed(queue.partition, baseOffset, appendTime);
  }

  /** The leader has answered that it did not take the batch. */
  #refused(queue: PartitionQueue, batch: ProducerBatch, error: ErrorCode, message: string): void {
    const failure = new KafkaError(error, `write to ${queue.name}`, hintFor(error) || message);
    const identity = batch.place?.identity;
    if (identity === undefined || !sequenceErrors.has(error)) return this.obstructed(queue, batch, failure);
    const isOutOfOrder = error === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
    // A batch before this one may still be on its way back; then this one only has to wait for it.
    if (!isOutOfOrder || queue.isNext(batch)) {
      queue.startAnew();
      if (isOutOfOrder) this.#identity.nextEpoch(identity);
      else this.#identity.forget(identity);
    }
    this.#retry(queue, batch, failure);
  }

  /** Something stood between the batch and the log: tries again if that may help. */
  obstructed(queue: PartitionQueue, batch: ProducerBatch, error: unknown): void {
    if (!isRetriable(error))
      return this.giveUp(queue, batch, error instanceof Error ? error : new Error(String(error)));
    this.#context.metadata.outdated();
    this.#retry(queue, batch, error);
  }

  #retry(queue: PartitionQueue, batch: ProducerBatch, error: unknown): void {
    batch.lastError = error;
    if (batch.isSettled) return this.giveUp(queue, batch, new Error('nobody waits for it any more'));
    batch.notBefore = this.#context.timers.now() + this.#context.backoff.afterFailures(batch.attempts);
    queue.giveBack(batch);
  }

  /** Nobody waits for the batch any more. Its numbers stay unused, as far as we know, so what has none yet needs a new epoch. */
  giveUp(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    queue.arrived(batch);
    queue.drop(batch);
    if (batch.place !== undefined) this.#identity.nextEpoch(batch.place.identity);
    this.#memory.giveBack(batch.sizeInBytes);
    batch.fail(error);
  }
}
