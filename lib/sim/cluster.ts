/** The brokers of a simulated world, which can be crashed and started again. */
import { Broker } from '../broker/broker.ts';
import { ControlledCluster } from '../broker/controls/cluster.ts';
import { RequestControls } from '../broker/controls/controls.ts';
import { portableCodecs } from '../codecs/codecs.ts';
import type { Trace } from '../trace/trace.ts';
import type { Address } from '../world/world.ts';
import type { Links } from './links.ts';
import type { Process } from './process.ts';
import type { SimulatedWorld } from './simulatedWorld.ts';

const PORT = 9092;
/** A process takes a moment to start. By then the system has taken back what the one before it left. */
const START_MS = 10;

export interface ClusterSettings {
  readonly topics?: { readonly [name: string]: number };
  readonly config?: { readonly [name: string]: string };
}

interface Life {
  readonly process: Process;
  readonly broker: Promise<Broker>;
  /** The same, once it has started. */
  started?: Broker;
}

export class SimulatedCluster extends ControlledCluster {
  readonly #world: SimulatedWorld;
  readonly #settings: ClusterSettings;
  readonly #controls: RequestControls;
  readonly #lives = new Map<number, Life>();

  constructor(world: SimulatedWorld, settings: ClusterSettings, controls = new RequestControls()) {
    super(portableCodecs, controls);
    this.#controls = controls;
    this.#world = world;
    this.#settings = settings;
  }

  /** Everything that has happened in this world. */
  get trace(): Trace {
    return this.#world.trace;
  }

  /** The ways between processes, to be cut, slowed and broken: `network.cut('teller', 'broker-0')`. */
  get network(): Links {
    return this.#world.links;
  }

  /** Where clients begin. */
  get bootstrap(): Address[] {
    return [...this.#lives.keys()].map(addressOf);
  }

  /** The running broker, to look inside. */
  async broker(brokerId: number): Promise<Broker> {
    return this.#alive(brokerId).broker;
  }

  /** Kills the broker's process, as `kill -9`: its disk stays, its connections end. */
  crash(brokerId: number): void {
    this.#alive(brokerId).process.crash();
  }

  /** Starts a crashed broker again on its disk. Resolves when clients can connect. */
  restart(brokerId: number): Promise<void> {
    const life = this.#lives.get(brokerId);
    if (life !== undefined && !life.process.gone) {
      return Promise.reject(new Error(`broker ${brokerId} is running: cluster.crash(${brokerId}) comes first`));
    }
    return this.#world.drive.drive(`cluster.restart(${brokerId})`, this.start(brokerId));
  }

  async start(brokerId: number): Promise<void> {
    const process = this.#world.process(nameOf(brokerId));
    const host = process.host();
    const interceptor = this.#controls;
    const broker = host.clock
      .sleep(START_MS)
      .then(() => Broker.start(host, { brokerId, listen: addressOf(brokerId), interceptor, ...this.#settings }));
    const life: Life = { process, broker };
    this.#lives.set(brokerId, life);
    life.started = await broker;
  }

  /** Stops every broker that runs, in order. */
  async close(): Promise<void> {
    for (const { process, broker } of this.#lives.values()) {
      if (process.gone) continue;
      await (await broker).close();
      process.exit();
    }
  }

  protected override running(): readonly Broker[] {
    return [...this.#lives.values()].flatMap(({ process, started }) =>
      started === undefined || process.gone ? [] : [started],
    );
  }

  /** No time passes, and chance is not asked: the run goes on as if nobody had looked. */
  protected override look<T>(read: () => Promise<T>): Promise<T> {
    return this.#world.drive.drive('a look into the cluster', this.#world.withoutDelay(read));
  }

  #alive(brokerId: number): Life {
    const life = this.#lives.get(brokerId);
    if (life === undefined) {
      throw new RangeError(`there is no broker ${brokerId}: this cluster has ${[...this.#lives.keys()].join(', ')}`);
    }
    if (life.process.gone) throw new Error(`broker ${brokerId} has crashed: await cluster.restart(${brokerId}) first`);
    return life;
  }
}

function nameOf(brokerId: number): string {
  return `broker-${brokerId}`;
}

function addressOf(brokerId: number): Address {
  return { host: nameOf(brokerId), port: PORT };
}
