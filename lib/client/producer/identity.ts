/**
 * Who this producer is to the brokers: an id and an epoch, under which they count its batches and so notice one that comes twice, or one
 * that is missing (KIP-98).
 *
 * When a batch is given up, its numbers are missing for ever, and the broker would refuse all that follow. The producer then
 * goes on under the next epoch, in which numbers begin at 0 again (KIP-360).
 */
import { InitProducerId } from '../../protocol/apis/22-init-producer-id.ts';
import { errorOf, KafkaError } from '../../protocol/errors.ts';
import { UnsupportedApi } from '../../wire/errors.ts';
import type { ClientContext } from '../clientContext.ts';
import { SettingError, TimedOutError } from '../errors.ts';
import type { ProducerIdentity } from './batch.ts';

const LAST_EPOCH = 0x7fff;

export class IdentityKeeper {
  readonly #context: ClientContext;
  readonly #timeoutMs: number;
  readonly #changed: () => void;
  #current: ProducerIdentity | undefined;
  #asking = false;
  /** Why there is no identity, once that is known: for ever, or while `changed` runs, when it may be had later. */
  failure: Error | undefined;

  /** `changed` is called when an identity, or the reason why there is none, has come. */
  constructor(context: ClientContext, timeoutMs: number, changed: () => void) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#changed = changed;
  }

  /** The identity, or undefined while a broker is being asked for one. */
  get current(): ProducerIdentity | undefined {
    if (this.#current === undefined && !this.#asking && this.failure === undefined) void this.#ask();
    return this.#current;
  }

  /** Goes on under the next epoch, unless that has happened since `seen`. */
  nextEpoch(seen: ProducerIdentity): void {
    if (seen !== this.#current) return;
    const { producerId, epoch } = seen;
    this.#current = epoch < LAST_EPOCH ? { producerId, epoch: epoch + 1 } : undefined;
  }

  /** Goes on under a new id, unless that has happened since `seen`. */
  forget(seen: ProducerIdentity): void {
    if (seen === this.#current) this.#current = undefined;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      this.#current = await this.#context.retrying('get a producer id', this.#timeoutMs, () => this.#initProducerId());
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#asking = false;
    this.#changed();
    // That no broker gave one in time may pass. Who waited has been told; the next record has us ask again.
    if (this.failure instanceof TimedOutError) this.failure = undefined;
  }

  async #initProducerId(): Promise<ProducerIdentity> {
    try {
      const connection = await this.#context.connections.any();
      const { errorCode, producerId, producerEpoch } = await connection.send(InitProducerId, {});
      if (errorCode !== 0) throw new KafkaError(errorOf(errorCode), 'get a producer id');
      return { producerId, epoch: producerEpoch };
    } catch (error) {
      if (!(error instanceof UnsupportedApi)) throw error;
      throw new SettingError(`${error.message}: set enableIdempotence to false to write to this broker`);
    }
  }
}
