/**
 * A broker: its topics, the groups that it coordinates, and a door to which clients come.
 *
 * Starting means to take the disk, to bring the logs into order, and only then to listen. Groups are read from the log in the background; who
 * asks for one too early is told to ask again.
 */
import { OFFSETS_TOPIC, topicNameProblem } from '../cluster/topicName.ts';
import { Topics } from '../cluster/topics.ts';
import { GroupShard } from '../coordinators/groupShard.ts';
import type { Host } from '../trace/host.ts';
import type { Address, Cancel, Listener, Stream } from '../world/world.ts';
import { AnswerMemory } from './answerMemory.ts';
import type { Authentication } from './authentication.ts';
import { type BrokerConfig, ConfigError, groupSettings, logSettings, topicSetting } from './config.ts';
import { ClientConnection, type ConnectionParts } from './connection.ts';
import { CoordinatorRuntime } from './coordinatorRuntime.ts';
import { Purgatory } from './delayed.ts';
import { Dispatcher, type Interceptor } from './dispatch.ts';
import { FetchSessions } from './fetchSessions.ts';
import { ConnectionCounts, RequestMemory } from './limits.ts';
import { LiveConfig } from './liveConfig.ts';
import { announced, routes } from './routes.ts';
import type { GroupRuntime, Services } from './services.ts';
import { Upkeep } from './upkeep.ts';

export interface BrokerSettings {
  /** `node.id`. */
  readonly brokerId: number;
  /** Port 0 takes a free one. */
  readonly listen: Address;
  /** The host that clients are told to connect to, where it is not the one to listen on (`advertised.listeners`). */
  readonly advertisedHost?: string;
  /** Kafka's own property names; see config.ts. */
  readonly config?: { readonly [name: string]: string };
  /** Topics to be made unless they exist, with their numbers of partitions. */
  readonly topics?: { readonly [name: string]: number };
  /** How clients show who they are. Default: nobody is asked. */
  readonly authentication?: Authentication;
  /** Sees every request before its handler does. */
  readonly interceptor?: Interceptor;
  /** How many bytes of answers may wait for clients to take them, in all. Default 256 MiB. */
  readonly answerBytes?: number;
}

export class Broker {
  /** `node.id`. */
  readonly brokerId: number;
  /** Where clients reach it. */
  readonly address: Address;
  /** For looking inside: what a test or a drawing wants to know and no request answers. */
  readonly topics: Topics;
  readonly groups: GroupRuntime;
  readonly #host: Host;
  readonly #live: LiveConfig;
  readonly #listener: Listener;
  readonly #unlock: Cancel;
  readonly #purgatory: Purgatory;
  readonly #dispatcher: Dispatcher;
  readonly #upkeep: Upkeep;
  readonly #services: Services;
  readonly #authentication: Authentication | undefined;
  readonly #connections = new Map<ClientConnection, Promise<void>>();
  readonly #counts = new ConnectionCounts();
  readonly #requestMemory: RequestMemory | undefined;
  readonly #answerMemory: AnswerMemory;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when clients can connect. Rejects with `ConfigError`, `DiskLocked` when another process has the disk, `AddressInUse`, or `DiskFailed`
   * and `StorageError` when the disk cannot be read or written.
   */
  static async start(host: Host, settings: BrokerSettings): Promise<Broker> {
    checkTopics(settings.topics ?? {});
    const undo: (() => unknown)[] = [];
    try {
      const unlock = await host.disk.lock();
      undo.push(unlock);
      const live = await LiveConfig.open(host.disk, settings.config);
      const topics = await Topics.open(host, {
        brokerId: settings.brokerId,
        logSettings: (configs) => logSettings(live.current, configs),
      });
      undo.push(() => topics.close());
      for (const [name, partitions] of Object.entries(settings.topics ?? {})) await topics.ensure(name, partitions);
      const newShard = () => new GroupShard(groupSettings(live.current));
      const groups: GroupRuntime = new CoordinatorRuntime(host, newShard, {
        maxBatchBytes: () =>
          topicSetting(live.current, topics.named(OFFSETS_TOPIC)?.configs ?? {}, 'max.message.bytes'),
      });
      undo.push(() => groups.close());
      const known = topics.named(OFFSETS_TOPIC);
      if (known) groups.start(known);
      let broker: Broker | undefined;
      const early: Stream[] = [];
      const listener = await host.network.listen(settings.listen, (stream) => {
        if (broker) broker.#serve(stream);
        else early.push(stream);
      });
      broker = new Broker(host, settings, { live, topics, groups, listener, unlock });
      for (const stream of early) broker.#serve(stream);
      return broker;
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  private constructor(host: Host, settings: BrokerSettings, parts: Parts) {
    const { brokerId, advertisedHost, authentication, interceptor, answerBytes } = settings;
    this.#host = host;
    this.brokerId = brokerId;
    const { address: listening } = parts.listener;
    this.address = { host: advertisedHost ?? listening.host, port: listening.port };
    this.#live = parts.live;
    this.topics = parts.topics;
    this.groups = parts.groups;
    this.#listener = parts.listener;
    this.#unlock = parts.unlock;
    this.#purgatory = new Purgatory(host.clock);
    const { live } = parts;
    const services: Services = {
      host,
      brokerId,
      address: this.address,
      get config() {
        return live.current;
      },
      live,
      topics: this.topics,
      groups: this.groups,
      purgatory: this.#purgatory,
      fetchSessions: new FetchSessions(host, live.current['max.incremental.fetch.session.cache.slots']),
      announced: announced(routes),
    };
    this.#services = services;
    this.#authentication = authentication;
    this.#dispatcher = new Dispatcher(services, routes, interceptor);
    const queuedBytes = live.current['queued.max.request.bytes'];
    this.#requestMemory = queuedBytes <= 0 ? undefined : new RequestMemory(queuedBytes);
    this.#answerMemory = new AnswerMemory(host.clock, answerBytes);
    this.#upkeep = new Upkeep(host, {
      topics: this.topics,
      groups: this.groups,
      config: () => live.current,
      closeIdle: () => this.#closeIdle(),
    });
    const { address } = this;
    host.trace.record(host.name, 'broker.started', { broker: brokerId, host: address.host, port: address.port });
  }

  /** The settings that hold at the moment. */
  get config(): BrokerConfig {
    return this.#live.current;
  }

  /** The other ends of the connections, with the name that each client gave with its latest request. */
  get connections(): readonly { readonly remote: string; readonly clientId: string | null }[] {
    return [...this.#connections.keys()].map(({ peer }) => peer);
  }

  /** Bytes of answers that are being read, or that clients have not taken yet. */
  get waitingBytes(): number {
    return this.#answerMemory.bytes;
  }

  /** Stops listening, ends all connections, closes the logs and lets go of the disk. Twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#listener.close();
    for (const connection of this.#connections.keys()) connection.close('the broker stops');
    await Promise.all(this.#connections.values());
    this.#purgatory.close();
    this.groups.close();
    const rested = this.#upkeep.close();
    try {
      await this.topics.close();
      await rested;
    } finally {
      this.#unlock();
    }
    this.#host.trace.record(this.#host.name, 'broker.stopped');
  }

  #serve(stream: Stream): void {
    if (this.#closing) return stream.abort('the broker stops');
    const { remote } = stream;
    const { config } = this;
    const limits = { all: config['max.connections'], perAddress: config['max.connections.per.ip'] };
    const full = this.#counts.enter(remote, limits);
    if (full !== null) {
      this.#host.trace.record(this.#host.name, 'connection.refused', { remote, why: full });
      return stream.abort(full);
    }
    const connection = new ClientConnection(
      this.#host,
      stream,
      this.#dispatcher,
      config['socket.request.max.bytes'],
      this.#connectionParts(),
    );
    const served = connection.serve().finally(() => {
      this.#connections.delete(connection);
      this.#counts.leave(remote);
    });
    this.#connections.set(connection, served);
  }

  #connectionParts(): ConnectionParts {
    const shared = { requestMemory: this.#requestMemory, answerMemory: this.#answerMemory };
    if (this.#authentication === undefined) return shared;
    const gate = {
      authenticator: this.#authentication.begin(this.#services),
      maxFrameBytes: this.config['sasl.server.max.receive.size'],
      failureDelayMs: this.config['connection.failed.authentication.delay.ms'],
    };
    return { ...shared, gate };
  }

  /** Whoever has neither said nor taken anything for `connections.max.idle.ms` is gone, or can come again. */
  #closeIdle(): void {
    const limitMs = this.config['connections.max.idle.ms'];
    if (limitMs < 0) return;
    for (const connection of this.#connections.keys()) {
      if (connection.isIdle(limitMs)) {
        connection.close(`nothing has happened on it for ${limitMs} ms (connections.max.idle.ms)`);
      }
    }
  }
}

interface Parts {
  readonly live: LiveConfig;
  readonly topics: Topics;
  readonly groups: GroupRuntime;
  readonly listener: Listener;
  readonly unlock: Cancel;
}

function checkTopics(topics: { readonly [name: string]: number }): void {
  for (const [name, partitions] of Object.entries(topics)) {
    const problem = topicNameProblem(name);
    if (problem !== null) throw new ConfigError(`topic ${JSON.stringify(name)}: ${problem}`);
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new ConfigError(`topic ${name} cannot have ${partitions} partitions: choose 1 or more`);
    }
  }
}
