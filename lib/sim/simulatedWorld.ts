/**
 * One simulated world: a clock, a network, a disk for each node, one trace, all grown from one seed. Several may live side by side in one program;
 * they share nothing.
 */
import { portableCodecs } from '../codecs/codecs.ts';
import { Trace, type TraceSettings } from '../trace/trace.ts';
import type { World } from '../world/world.ts';
import { VirtualClock } from './clock.ts';
import { MemoryDisk } from './disk.ts';
import { Drive } from './drive.ts';
import type { Links } from './links.ts';
import { MemoryNetwork } from './network.ts';
import { Process, type ProcessSettings } from './process.ts';
import { SeededRandom } from './random.ts';

export class SimulatedWorld {
  readonly clock: VirtualClock;
  readonly drive: Drive;
  readonly trace: Trace;
  readonly #random: SeededRandom;
  readonly #network: MemoryNetwork;
  readonly #disks = new Map<string, MemoryDisk>();

  constructor(seed: number, trace?: TraceSettings) {
    this.#random = new SeededRandom(seed);
    this.clock = new VirtualClock(this.#random.fork('order'));
    this.drive = new Drive(this.clock);
    this.trace = new Trace(this.clock, trace);
    this.#network = new MemoryNetwork(this.clock, this.#random.fork('network'));
  }

  /** The disk of a node: the same one whenever it is asked for, whoever runs there. */
  disk(node: string): MemoryDisk {
    let disk = this.#disks.get(node);
    if (disk === undefined) {
      disk = new MemoryDisk(this.clock, this.#random.fork(`disk of ${node}`), node);
      this.#disks.set(node, disk);
    }
    return disk;
  }

  /** Reads from disks as if from outside the world: no time passes, and nothing in it goes another way for it. */
  withoutDelay<T>(read: () => Promise<T>): Promise<T> {
    const around = [...this.#disks.values()].reduce(
      (inner: () => Promise<T>, disk) => () => disk.withoutDelay(inner),
      read,
    );
    return around();
  }

  /** The doors for one more process on a node. */
  worldFor(node: string): World {
    return {
      clock: this.clock.of(node),
      network: this.#network.of(node),
      disk: this.disk(node),
      random: this.#random.fork(node),
      codecs: portableCodecs,
    };
  }

  /** The ways between the hosts. */
  get links(): Links {
    return this.#network.links;
  }

  process(node: string, settings?: ProcessSettings): Process {
    return new Process(this.worldFor(node), node, this.trace, settings);
  }
}
