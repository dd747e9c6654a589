/**
 * `simulate`: a whole Kafka in one process, under a clock that nobody waits for.
 *
 * Brokers and clients are the very ones that `serve` and `connect` use, over other doors: a network, disks, a clock and chance in memory, all
 * grown from one seed. The same seed and the same program give the same run, event by event, on every machine and in the page.
 */
import { RequestControls } from '../broker/controls/controls.ts';
import { type Kafka as Clients, openKafka } from '../client/kafka.ts';
import type { TraceSettings } from '../trace/trace.ts';
import { asyncDispose } from '../world/disposable.ts';
import { SimulatedCluster } from './cluster.ts';
import { type Controlled, type Controls, makeControls, Tasks } from './controls.ts';
import { aroundKafka } from './foreground.ts';
import type { Process } from './process.ts';
import { partitionsOf, sow, type TopicSeeds } from './seed.ts';
import { SimulatedWorld } from './simulatedWorld.ts';

/** Clients of one cluster, and the world they live in. */
export interface Kafka extends Clients {
  readonly world: Controls<Kafka>;
}

export interface SimulatedKafka extends Kafka {
  readonly cluster: SimulatedCluster;
}

export interface SimulateSettings {
  /** Topics to begin with: `{ orders: 3 }`, or with records: `{ orders: { partitions: 3, records: [{ value: 'a book' }] } }`. */
  readonly topics?: TopicSeeds;
  /** Settings of the brokers by Kafka's own names. */
  readonly config?: { readonly [property: string]: string };
  /** How many brokers. Default 1; more come with replication, and are refused until then. */
  readonly brokers?: number;
  /** What everything that is left to chance grows from. Default 1. */
  readonly seed?: number;
  readonly trace?: TraceSettings;
}

/**
 * Makes a world, starts its brokers, and answers a Kafka whose calls drive the world's clock while they wait.
 *
 * Topics are named with their numbers of partitions; `config` takes Kafka's own property names for brokers. Throws `ConfigError` for what a broker
 * would refuse.
 */
export async function simulate(settings: SimulateSettings = {}): Promise<SimulatedKafka> {
  const { brokers = 1, seed = 1, topics, config, trace } = settings;
  if (brokers !== 1)
    throw new RangeError(`simulate({ brokers: ${brokers} }): one broker for now; more come with replication`);
  if (!Number.isSafeInteger(seed)) throw new TypeError(`simulate({ seed: ${seed} }): a seed is a whole number`);
  const world = new SimulatedWorld(seed, trace);
  const controls = new RequestControls();
  const cluster = new SimulatedCluster(world, { topics: partitionsOf(topics), config }, controls);
  await world.drive.drive('simulate', cluster.start(0));

  const open = (process: Process, namePrefix: string) =>
    openKafka({ host: (name) => process.host(name), bootstrap: cluster.bootstrap, namePrefix });
  const tasks = new Tasks();
  const drive = <T>(what: string, promise: Promise<T>, expectedMs?: number) => {
    try {
      tasks.report();
    } catch (failure) {
      promise.catch(() => {});
      return Promise.reject(failure);
    }
    return world.drive.drive(what, promise, expectedMs);
  };
  const controlled: Controlled<Kafka> = {
    clock: world.clock.of('main'),
    trace: world.trace,
    worldFor: (name) => world.worldFor(name),
    open: (process, controls) =>
      aroundKafka(open(process, `${process.name}/`), { world: controls }, (_, promise) => promise),
    drive,
  };
  const clients = open(world.process('main'), '');
  await world.drive.drive('simulate', sow(clients, cluster, topics));
  let closing: Promise<void> | undefined;
  const close = async () => {
    tasks.crashAll();
    controls.removeAll();
    try {
      await world.drive.drive('kafka.close', closeAll());
    } finally {
      world.drive.close();
    }
    tasks.report();
    controls.report();
  };
  const closeAll = async () => {
    try {
      await clients.close();
    } finally {
      await cluster.close();
    }
  };
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  const own = {
    world: makeControls(controlled, tasks, 'main'),
    cluster,
    close: closeOnce,
    [asyncDispose]: closeOnce,
  };
  return aroundKafka(clients, own, drive);
}
