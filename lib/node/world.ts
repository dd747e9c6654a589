/** The real world, door by door. A process that wants to live in it picks its disk; the rest is the same for all. */
import type { Host } from '../trace/host.ts';
import { Trace } from '../trace/trace.ts';
import type { Disk, World } from '../world/world.ts';
import { realClock } from './clock.ts';
import { nodeCodecs } from './codecs.ts';
import { realRandom } from './random.ts';
import { tcp } from './tcp.ts';

/** How many events of a real process are kept. A broker runs for weeks, and nobody draws its weeks. */
const TRACE_CAPACITY = 10_000;

export function realWorld(disk: Disk): World {
  return { clock: realClock, network: tcp, disk, random: realRandom(), codecs: nodeCodecs };
}

export function realTrace(): Trace {
  return new Trace(realClock, { capacity: TRACE_CAPACITY });
}

export function hostIn(world: World, trace: Trace, name: string): Host {
  return { ...world, name, trace };
}
