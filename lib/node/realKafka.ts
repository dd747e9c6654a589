/** A Kafka in the real world: clients over TCP, and the controls with which programs beside this one are started, crashed and frozen. */
import { type Kafka as Clients, openKafka } from '../client/kafka.ts';
import { type Controls, makeControls, Tasks } from '../sim/controls.ts';
import type { Kafka } from '../sim/simulate.ts';
import type { Host } from '../trace/host.ts';
import type { Trace } from '../trace/trace.ts';
import { asyncDispose } from '../world/disposable.ts';
import type { Address, Network } from '../world/world.ts';
import { realClock } from './clock.ts';
import { memoryDisk } from './memoryDisk.ts';
import { tcp } from './tcp.ts';
import { hostIn, realWorld } from './world.ts';

/**
 * `name` gives each client its name in headers and in the trace; by default it keeps the one it has. `networkOf` is the way to the brokers that
 * each process has (`main` for the clients in front), where that is not plain TCP.
 */
export function openRealKafka(
  bootstrap: readonly Address[],
  trace: Trace,
  name: (client: string) => string = (client) => client,
  networkOf: (process: string) => Network = () => tcp,
): Kafka {
  const open = (host: (client: string) => Host, namePrefix = '') =>
    openKafka({ bootstrap, host: (client) => host(name(client)), namePrefix });
  // Clients store nothing: their disk stays empty.
  const worldFor = (process: string) => ({ ...realWorld(memoryDisk()), network: networkOf(process) });
  const tasks = new Tasks();
  const controls = makeControls<Kafka>(
    {
      clock: realClock,
      trace,
      worldFor,
      open: (process, controls) => {
        // Clients of several tasks go by different names, as those of a simulated world do.
        const clients = open((client) => process.host(client), `${process.name}/`);
        return kafkaOf(clients, controls, () => clients.close());
      },
    },
    tasks,
    'main',
  );
  const world = worldFor('main');
  const clients = open((client) => hostIn(world, trace, client));
  return kafkaOf(clients, controls, async () => {
    tasks.crashAll();
    await clients.close();
    tasks.report();
  });
}

function kafkaOf(clients: Clients, world: Controls<Kafka>, close: () => Promise<void>): Kafka {
  let closing: Promise<void> | undefined;
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  return {
    producer: (settings) => clients.producer(settings),
    consumer: (settings) => clients.consumer(settings),
    admin: (settings) => clients.admin(settings),
    bootstrap: clients.bootstrap,
    world,
    close: closeOnce,
    [asyncDispose]: closeOnce,
  };
}
