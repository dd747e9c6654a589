/**
 * A simulated world for tests of the clients: one broker, and clients whose network can be made to fail.
 *
 * `calls` sees every chunk that a client sends or receives, and says what becomes of it. So a test can lose an answer after the broker has acted on
 * the question, which is the case that producers with sequence numbers are made for.
 */
import { openKafka } from '../../lib/client/kafka.ts';
import { SimulatedCluster } from '../../lib/sim/cluster.ts';
import { aroundKafka } from '../../lib/sim/foreground.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Host } from '../../lib/trace/host.ts';
import type { TraceEvent } from '../../lib/trace/trace.ts';
import { ConnectionLost } from '../../lib/world/errors.ts';
import type { Network, Stream } from '../../lib/world/world.ts';

/** What happens to one chunk of a connection: it passes, or the connection breaks before it does. */
export type Fate = (direction: 'sent' | 'received', client: string) => 'passes' | 'breaks';

export interface StageSettings {
  readonly seed?: number;
  readonly topics?: { readonly [name: string]: number };
  readonly config?: { readonly [name: string]: string };
  readonly fate?: Fate;
}

export async function stage(settings: StageSettings = {}) {
  const { seed = 1, topics = { ledger: 1 }, fate } = settings;
  const world = new SimulatedWorld(seed);
  const config = {
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    ...settings.config,
  };
  const cluster = new SimulatedCluster(world, { topics, config });
  const drive = <T>(promise: Promise<T>) => world.drive.drive('the test', promise);
  await drive(cluster.start(0));
  const process = world.process('main');
  const host = (name: string): Host => {
    const own = process.host(name);
    return fate === undefined ? own : { ...own, network: unreliable(own.network, fate, name) };
  };
  const clients = openKafka({ host, bootstrap: cluster.bootstrap });
  const kafka = aroundKafka(clients, { world: undefined }, (what, promise) => world.drive.drive(what, promise));
  return {
    kafka,
    cluster,
    drive,
    clock: process.host().clock,
    pass: (ms: number) => drive(process.host().clock.sleep(ms)),
    /** What has happened so far, of one kind, at one node. */
    events: (what: string, node?: string): TraceEvent[] =>
      world.trace.events.filter((event) => event.what === what && (node === undefined || event.node === node)),
    /** The names of the requests that a client has sent. */
    requests: (node: string, api: string) =>
      world.trace.events.filter(
        ({ what, node: at, detail }) => what === 'request.sent' && at === node && detail.api === api,
      ),
    async close() {
      await kafka.close();
      await drive(cluster.close());
    },
  };
}

function unreliable(network: Network, fate: Fate, client: string): Network {
  return {
    listen: (at, accept) => network.listen(at, accept),
    connect: async (to) => breakable(await network.connect(to), fate, client),
  };
}

function breakable(stream: Stream, fate: Fate, client: string): Stream {
  return {
    remote: stream.remote,
    abort: (reason) => stream.abort(reason),
    async read() {
      const chunk = await stream.read();
      if (chunk === null || fate('received', client) === 'passes') return chunk;
      stream.abort('lost on the way');
      return null;
    },
    async write(chunks) {
      if (fate('sent', client) === 'passes') return stream.write(chunks);
      stream.abort('lost on the way');
      throw new ConnectionLost('lost on the way');
    },
  };
}

export const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('this should have failed');
    },
    (error) => error,
  );
