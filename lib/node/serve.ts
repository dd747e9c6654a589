/**
 * `serve`: a broker of our own on a real port, for any Kafka client, and our clients connected to it.
 *
 * With `port: 0` it makes a cluster for a test in a few milliseconds. With `dataDir` it is a broker that keeps what it is given; without one,
 * the logs live in memory and end with it.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../broker/broker.ts';
import { ConfigError } from '../broker/config.ts';
import { ControlledCluster } from '../broker/controls/cluster.ts';
import { RequestControls } from '../broker/controls/controls.ts';
import { Links } from '../sim/links.ts';
import { partitionsOf, sow, type TopicSeeds } from '../sim/seed.ts';
import type { Kafka } from '../sim/simulate.ts';
import type { Trace, TraceEvent } from '../trace/trace.ts';
import { asyncDispose } from '../world/disposable.ts';
import type { Address, Disk, Network } from '../world/world.ts';
import { realClock } from './clock.ts';
import { nodeCodecs } from './codecs.ts';
import { folderDisk } from './files.ts';
import { linkedNetwork } from './linkedNetwork.ts';
import { memoryDisk } from './memoryDisk.ts';
import { openRealKafka } from './realKafka.ts';
import { brokerSecurity, type ServerSasl } from './security.ts';
import type { ServerTls } from './tls.ts';
import { hostIn, realTrace, realWorld } from './world.ts';

export interface ServeSettings {
  /** How many brokers. Default 1; more come with replication, and are refused until then. */
  readonly brokers?: number;
  /** Default 9092; 0 takes a free one, which `bootstrap` names. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1, which only this machine reaches; 0.0.0.0 means all its networks. */
  readonly host?: string;
  /**
   * The host that clients are told to come to, `bootstrap` included: the name or address by which other machines reach this one. Default: `host`, or an
   * address of this machine where that means all networks. Our own clients in this process need no way to it.
   */
  readonly advertisedHost?: string;
  /** Where the broker keeps its logs. Default: in memory. */
  readonly dataDir?: string;
  /** Topics to make unless they exist: `{ orders: 3 }`, or with records: `{ orders: { partitions: 3, records: [{ value: 'a book' }] } }`. */
  readonly topics?: TopicSeeds;
  /** Settings of the broker by Kafka's own names. */
  readonly config?: { readonly [property: string]: string };
  /** A certificate and its key, so that clients reach the broker through TLS and in no other way. Default: none. */
  readonly tls?: ServerTls;
  /** The users who may come in, by SASL; our own clients come as the first of them. Default: anybody may. */
  readonly sasl?: ServerSasl;
  /** Gets a line for what the owner of the broker should know: a log that had to be cut, a lock taken over. Default: nobody. */
  readonly say?: (line: string) => void;
}

/** The brokers behind `serve`, to look inside and to get in their way. */
export class ServedCluster extends ControlledCluster {
  /** What the brokers and our clients have done lately. */
  readonly trace: Trace;
  /**
   * The ways between our own clients and the broker, to be cut, slowed and broken as in `simulate`: `network.cut('teller', 'broker-0')`, with the
   * name of a spawned task, or `main` for the clients in front. Clients of others have their own sockets; for those there is `on`.
   */
  readonly network = new Links();
  readonly #brokers: readonly Broker[];

  constructor(trace: Trace, controls: RequestControls, brokers: readonly Broker[]) {
    super(nodeCodecs, controls);
    this.trace = trace;
    this.#brokers = brokers;
  }

  get bootstrap(): readonly Address[] {
    return this.#brokers.map(({ address }) => address);
  }

  async broker(brokerId: number): Promise<Broker> {
    const broker = this.#brokers.find((one) => one.brokerId === brokerId);
    if (broker === undefined) {
      const ids = this.#brokers.map((one) => one.brokerId).join(', ');
      throw new RangeError(`there is no broker ${brokerId}: this cluster has ${ids}`);
    }
    return broker;
  }

  protected override running(): readonly Broker[] {
    return this.#brokers;
  }
}

export interface ServedKafka extends Kafka {
  readonly cluster: ServedCluster;
  /** What clients of others have to set as `security.protocol`: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  readonly securityProtocol: string;
}

/**
 * Resolves when clients can connect. Rejects with `ConfigError`, `AddressInUse`, `CannotListen`, `DiskLocked`, `DiskFailed`, `StorageError` or
 * `TlsFailed`, and leaves nothing behind then. `close()` closes our clients, the broker and its files.
 */
export async function serve(settings: ServeSettings = {}): Promise<ServedKafka> {
  const { brokers = 1, port = 9092, host = '127.0.0.1', dataDir, topics, config, say = () => {} } = settings;
  const advertisedHost = checkedName(settings.advertisedHost);
  if (brokers !== 1) throw new ConfigError(`${brokers} brokers are not possible yet: this version runs one broker`);
  const trace = realTrace();
  trace.watch((event) => tell(event, say));
  const disk: Disk = dataDir === undefined ? memoryDisk() : folderDisk(join(dataDir, 'broker-0'), { say });
  const security = brokerSecurity(settings, (remote, why) => {
    trace.record('broker-0', 'connection.refused', { remote, why });
  });
  const { network, authentication, protocol: securityProtocol } = security;
  const controls = new RequestControls();
  const broker = await Broker.start(hostIn({ ...realWorld(disk), network }, trace, 'broker-0'), {
    brokerId: 0,
    listen: { host, port },
    advertisedHost: advertisedHost ?? reachable(host),
    topics: partitionsOf(topics),
    config,
    interceptor: controls,
    authentication,
  });
  const cluster = new ServedCluster(trace, controls, [broker]);
  const clients = advertisedHost === undefined ? security.clients : straightTo(host, security.clients);
  const kafka = openRealKafka(cluster.bootstrap, trace, undefined, (process) =>
    linkedNetwork(clients, realClock, cluster.network, process, 'broker-0'),
  );
  const close = async () => {
    // No fault must make our own clients wait as they leave.
    controls.removeAll();
    cluster.network.healAll();
    try {
      await kafka.close();
    } finally {
      await broker.close();
    }
    controls.report();
  };
  try {
    await sow(kafka, cluster, topics);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...kafka, cluster, securityProtocol, close, [asyncDispose]: close };
}

/** What the broker does behind its own back, so to speak: things that answer nobody's request. */
function tell({ what, detail }: TraceEvent, say: (line: string) => void): void {
  if (what === 'log.recovered') {
    const { folder, cutBytes, endOffset, reason } = detail;
    say(`${folder}: cut off ${cutBytes} bytes behind offset ${endOffset}, which no client was promised (${reason})`);
  }
  if (what === 'log.failed') say(`${detail.folder} takes nothing more until a restart: ${detail.why}`);
  if (what === 'connection.refused') say(`the connection from ${detail.remote} is refused: ${detail.why}`);
  if (what === 'client.refused') say(`the client at ${detail.remote} is not let in: ${detail.why}`);
  if (what === 'request.failed') say(`a request from ${detail.remote} failed by a fault of ours: ${detail.why}`);
}

/** "All networks" is nowhere to connect to: clients are told of an address of this machine that others can reach, if it has one. */
function reachable(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const addresses = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

function checkedName(advertisedHost: string | undefined): string | undefined {
  if (advertisedHost === undefined || isIP(advertisedHost) !== 0 || /^[^\s:/,]+$/.test(advertisedHost))
    return advertisedHost;
  throw new ConfigError(
    `${JSON.stringify(advertisedHost)} is not a host to advertise: give a name or an address alone, as in  broker.example`,
  );
}

/** The advertised name may mean something on other machines only: our own clients come to where the one broker listens. */
function straightTo(host: string, network: Network): Network {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { ...network, connect: ({ port }) => network.connect({ host: near, port }) };
}
