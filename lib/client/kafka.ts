/**
 * One Kafka, seen from outside: the door through which all clients come, in every world.
 *
 * `simulate`, `serve` and `connect` differ in the world that they bring. From here on nothing knows which it is.
 */
import type { Host } from '../trace/host.ts';
import { asyncDispose } from '../world/disposable.ts';
import type { Address } from '../world/world.ts';
import { type Admin, type AdminSettings, KafkaAdmin } from './admin.ts';
import type { Consumer } from './consumer/api.ts';
import { KafkaConsumer } from './consumer/consumer.ts';
import type { ConsumerSettings } from './consumer/settings.ts';
import { ClientClosedError, SettingError } from './errors.ts';
import { KafkaProducer, type Producer, type ProducerSettings } from './producer/producer.ts';

// #region settings
export interface KafkaSettings {
  /** The host for a client of this name. Each client has its own. */
  host(name: string): Host;
  /** Where to begin: some brokers of the cluster. The others are found from there. */
  readonly bootstrap: readonly Address[];
  /** Stands before the names of clients that are given none, so that those of several programs differ: `ledger/`. Default: nothing. */
  readonly namePrefix?: string;
}
// #endregion settings

export interface Kafka {
  /** Throws `SettingError`. Settings that are left out have Java's defaults, all but `lingerMs`: 0 as in Java before 4.0, where it is 5 now (KIP-1030). */
  producer(settings?: ProducerSettings): Producer;
  /** A consumer reads text, unless it gets other deserializers. Throws `SettingError`. */
  consumer<K = string, V = string>(settings?: ConsumerSettings<K, V>): Consumer<K, V>;
  /** Without settings it is the same one each time, until that is closed. */
  admin(settings?: AdminSettings): Admin;
  /** `host:port` of some brokers, with commas between them: for any other client. */
  readonly bootstrap: string;
  /** Closes all clients that were made here. Rejects as the first of them does, when all are closed. Twice is harmless. */
  close(): Promise<void>;
  /** As `close`: with `await using kafka = …` it is called where the block ends. */
  [asyncDispose](): Promise<void>;
}

/** Clients of the cluster behind `bootstrap`. Nothing is sent before a client needs it. */
export function openKafka(settings: KafkaSettings): Kafka {
  return new OpenKafka(settings);
}

/** What closing everything needs of a client. */
interface Client {
  readonly isClosed: boolean;
  /** As `close`, also in the middle of a call. */
  stop(): Promise<void>;
}

class OpenKafka implements Kafka {
  readonly bootstrap: string;
  readonly #settings: KafkaSettings;
  /** How many clients of each kind have been made without a name. */
  readonly #made = new Map<string, number>();
  readonly #clients = new Set<Client>();
  #admin: KafkaAdmin | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: KafkaSettings) {
    if (settings.bootstrap.length === 0)
      throw new SettingError("no broker is named: give at least one address, as '127.0.0.1:9092'");
    this.#settings = settings;
    this.bootstrap = settings.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
  }

  producer(settings: ProducerSettings = {}): Producer {
    return this.#keep(new KafkaProducer(this.#host('producer', settings), this.#settings.bootstrap, settings));
  }

  // #region consumer
  consumer<K = string, V = string>(settings: ConsumerSettings<K, V> = {}): Consumer<K, V> {
    return this.#keep(new KafkaConsumer<K, V>(this.#host('consumer', settings), this.#settings.bootstrap, settings));
  }
  // #endregion consumer

  admin(settings?: AdminSettings): Admin {
    if (settings === undefined && this.#admin?.isClosed === false) return this.#admin;
    const admin = this.#keep(
      new KafkaAdmin(this.#host('admin', settings ?? {}), this.#settings.bootstrap, settings ?? {}),
    );
    if (settings === undefined) this.#admin = admin;
    return admin;
  }

  close(): Promise<void> {
    this.#closing ??= this.#stopAll();
    return this.#closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  async #stopAll(): Promise<void> {
    const stopped = await Promise.allSettled([...this.#clients].map((client) => client.stop()));
    for (const one of stopped) if (one.status === 'rejected') throw one.reason;
  }

  #keep<T extends Client>(client: T): T {
    for (const other of this.#clients) if (other.isClosed) this.#clients.delete(other);
    this.#clients.add(client);
    return client;
  }

  #host(kind: string, { clientId }: { readonly clientId?: string }): Host {
    if (this.#closing !== undefined)
      throw new ClientClosedError(`this Kafka has been closed: open it again for another ${kind}`);
    if (clientId !== undefined) return this.#settings.host(clientId);
    const number = (this.#made.get(kind) ?? 0) + 1;
    this.#made.set(kind, number);
    return this.#settings.host(`${this.#settings.namePrefix ?? ''}${kind}-${number}`);
  }
}
