/**
 * The producer: takes records, and says where each has come to lie.
 *
 * What happens to a record on its way: it becomes bytes, gets its partition, waits in a batch for company (`partitionQueue.ts`), and
 * travels with it to the leader of the partition (`sender.ts`), again and again if need be, until the leader has answered or
 * `deliveryTimeoutMs` is over. Records for one partition lie in the log in the order in which they were sent.
 */
import type { Host } from '../../trace/host.ts';
import type { Address, CodecName } from '../../world/world.ts';
import { ClientContext } from '../clientContext.ts';
import { RecordTooLargeError, SettingError } from '../errors.ts';
import { type CommonSettings, commonDefaults, oneOf, withDefaults } from '../settings.ts';
import { Entrance } from './entrance.ts';
import { StickyPartitions } from './partitioner.ts';
import { type ProducerRecord, type RecordMetadata, serialize, sizeOf } from './record.ts';
import { Sender } from './sender.ts';
import { Sending } from './sending.ts';

/** Kafka's own names in camelCase, units last. */
export interface ProducerSettings extends CommonSettings {
  /** Who must have a record before it counts as sent: `'all'` in-sync replicas, the leader (1), or nobody (0). Default `'all'`. */
  readonly acks?: 0 | 1 | -1 | 'all';
  /** How long a batch waits for more records; in Java 5 since 4.0. Default 0: records sent in one turn of the program share a batch all the same. */
  readonly lingerMs?: number;
  /** A batch is closed at this size, before compression. Default 16 384. */
  readonly batchSizeBytes?: number;
  /** Whether the broker drops a batch that comes twice. Needs `acks: 'all'`. Default true with `acks: 'all'`, else false (KIP-679). */
  readonly enableIdempotence?: boolean;
  /**
   * How batches are packed: `'gzip'`, `'snappy'`, `'lz4'`, `'zstd'`, or not at all. Larger batches pack better: raise `lingerMs` and
   * `batchSizeBytes`. zstd is not written in a simulated world, and in Node before 22.15 only with a package, which the error names.
   * Default `'none'`.
   */
  readonly compressionType?: CodecName;
  /** Requests on their way to one broker at a time. Default 5, which is also the most that idempotence allows. */
  readonly maxInFlightRequestsPerConnection?: number;
  /** A larger record is refused at once. Default 1 048 576. */
  readonly maxRequestSizeBytes?: number;
  /** Time from `send` to the answer, retries included. Default 120 000. */
  readonly deliveryTimeoutMs?: number;
  /** How long `send` may wait for metadata and for memory. Default 60 000. */
  readonly maxBlockMs?: number;
  /** Memory for records that are not acknowledged; `send` waits when it is used up. Default 33 554 432. */
  readonly bufferMemoryBytes?: number;
}

export interface Producer {
  /**
   * Sends a record. Resolves when it counts as sent (`acks`). Rejects with a `KafkaError` of the broker, `DeliveryTimedOutError`,
   * `RecordTooLargeError`, `BufferFullError`, `CodecUnavailable`, or `TimedOutError` when there is no such topic or no broker to be found. A list resolves
   * when all are sent, and rejects when one cannot be; the others are sent all the same. A failure at which nobody
   * looks is no unhandled rejection.
   */
  send(record: ProducerRecord): Promise<RecordMetadata>;
  send(records: readonly ProducerRecord[]): Promise<RecordMetadata[]>;
  /** Sends what waits, and resolves when everything sent so far is acknowledged or has failed. */
  flush(): Promise<void>;
  /** Flushes, then lets go of all connections. Twice is harmless. */
  close(): Promise<void>;
}

const defaults = {
  ...commonDefaults,
  clientId: undefined as string | undefined,
  acks: 'all' as 0 | 1 | -1 | 'all',
  lingerMs: 0,
  batchSizeBytes: 16_384,
  enableIdempotence: undefined as boolean | undefined,
  compressionType: 'none' as CodecName,
  maxInFlightRequestsPerConnection: 5,
  maxRequestSizeBytes: 1_048_576,
  deliveryTimeoutMs: 120_000,
  maxBlockMs: 60_000,
  bufferMemoryBytes: 33_554_432,
};

/** The settings with their defaults. Throws `SettingError`. */
export function producerSettings(given: ProducerSettings) {
  const settings = withDefaults('producer', defaults, { ...given });
  const { acks, enableIdempotence, maxInFlightRequestsPerConnection, deliveryTimeoutMs, lingerMs, requestTimeoutMs } =
    settings;
  oneOf('acks', acks, [0, 1, -1, 'all']);
  oneOf('compressionType', settings.compressionType, ['none', 'gzip', 'snappy', 'lz4', 'zstd']);
  const toAll = acks === 'all' || acks === -1;
  if (enableIdempotence && !toAll)
    throw new SettingError("enableIdempotence needs acks: 'all': set one of the two differently");
  if (maxInFlightRequestsPerConnection < 1)
    throw new SettingError('maxInFlightRequestsPerConnection must be at least 1');
  const idempotent = enableIdempotence ?? toAll;
  if (idempotent && maxInFlightRequestsPerConnection > 5) {
    throw new SettingError(
      'maxInFlightRequestsPerConnection may be at most 5: a broker remembers five batches of a producer',
    );
  }
  return {
    ...settings,
    acks: acks === 'all' ? (-1 as const) : acks,
    enableIdempotence: idempotent,
    // No single request may outlive the delivery that it is part of.
    requestTimeoutMs: Math.max(1, Math.min(requestTimeoutMs, deliveryTimeoutMs - lingerMs)),
  };
}

export class KafkaProducer implements Producer {
  readonly #context: ClientContext;
  readonly #settings: ReturnType<typeof producerSettings>;
  readonly #sender: Sender;
  readonly #entrance: Entrance;
  /** What has been sent and is not settled. */
  readonly #open = new Set<Sending>();
  #closing: Promise<void> | undefined;

  constructor(host: Host, bootstrap: readonly Address[], given: ProducerSettings) {
    this.#settings = producerSettings(given);
    this.#context = new ClientContext(host, bootstrap, { ...this.#settings, allowAutoCreateTopics: true });
    const sticky = new StickyPartitions(host.random.fork('partitioner'), this.#settings.batchSizeBytes);
    this.#sender = new Sender(this.#context, this.#settings);
    this.#entrance = new Entrance(this.#context, this.#sender, sticky, this.#settings);
  }

  send(record: ProducerRecord): Promise<RecordMetadata>;
  send(records: readonly ProducerRecord[]): Promise<RecordMetadata[]>;
  send(records: ProducerRecord | readonly ProducerRecord[]): Promise<RecordMetadata | RecordMetadata[]> {
    if (Array.isArray(records)) return this.#send(records) as Promise<RecordMetadata[]>;
    const sent = this.#send([records as ProducerRecord]).then(([metadata]) => metadata);
    sent.catch(() => {});
    return sent;
  }

  async flush(): Promise<void> {
    const calmDown = this.#sender.hurry();
    await Promise.all([...this.#open].map(({ settled }) => settled));
    calmDown();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  stop(): Promise<void> {
    return this.close();
  }

  #send(records: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]> {
    const sending = new Sending(records.length);
    const now = this.#context.host.clock.wallMs();
    for (let index = 0; index < records.length; index++) {
      try {
        this.#enter(records[index], now, sending, index);
      } catch (error) {
        sending.failed(error as Error);
      }
    }
    this.#open.add(sending);
    void sending.settled.then(() => this.#open.delete(sending));
    return sending.answer;
  }

  #enter(record: ProducerRecord, now: number, sending: Sending, index: number): void {
    const { topic, partition } = record;
    const data = serialize(record, now);
    const sizeInBytes = sizeOf(data);
    if (sizeInBytes > this.#settings.maxRequestSizeBytes) {
      throw new RecordTooLargeError(
        `a record of ${sizeInBytes} bytes for topic ${topic}: maxRequestSizeBytes is ${this.#settings.maxRequestSizeBytes}`,
      );
    }
    this.#entrance.enter({ topic, partition, data, sizeInBytes, sending, index });
  }

  async #close(): Promise<void> {
    const flushed = this.flush();
    this.#entrance.close();
    await flushed;
    this.#sender.close();
    this.#context.close();
  }
}
