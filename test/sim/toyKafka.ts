/** A world with the controls of `kafka.world` and no Kafka in it, for tests of what the controls, processes and crashes do by themselves. */
import { type Controlled, type Controls, makeControls, Tasks } from '../../lib/sim/controls.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Trace } from '../../lib/trace/trace.ts';
import type { Clock } from '../../lib/world/world.ts';

/** What stands in for a broker: a list of events and one committed offset, which survive whoever reads them. */
export class ToyTopic {
  readonly events: readonly number[];
  committed = 0;

  constructor(events: readonly number[]) {
    this.events = events;
  }
}

export class ToyConsumer {
  readonly #clock: Clock;
  readonly #topic: ToyTopic;
  #position: number;

  constructor(clock: Clock, topic: ToyTopic) {
    this.#clock = clock;
    this.#topic = topic;
    this.#position = topic.committed;
  }

  async poll(): Promise<number[]> {
    await this.#clock.sleep(1000);
    return this.#topic.events.slice(this.#position, this.#position + 1).map((event) => {
      this.#position++;
      return event;
    });
  }

  async commitSync(): Promise<void> {
    await this.#clock.sleep(2);
    this.#topic.committed = this.#position;
    await this.#clock.sleep(2);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    for (;;) yield* await this.poll();
  }
}

export interface Toy {
  readonly world: Controls<Toy>;
  consumer(): ToyConsumer;
}

export interface SimulatedToy extends Toy {
  readonly trace: Trace;
  close(): Promise<void>;
}

export function simulatedToy(events: readonly number[] = [], seed = 1): SimulatedToy {
  const world = new SimulatedWorld(seed);
  const topic = new ToyTopic(events);
  const clock = world.clock.of('main');
  const controlled: Controlled<Toy> = {
    clock,
    trace: world.trace,
    worldFor: (name) => world.worldFor(name),
    open: (process, controls) => ({ world: controls, consumer: () => new ToyConsumer(process.host().clock, topic) }),
    drive: (what, promise, expectedMs) => world.drive.drive(what, promise, expectedMs),
  };
  const controls = makeControls(controlled, new Tasks(), 'main');
  return {
    world: controls,
    trace: world.trace,
    consumer: () => new ToyConsumer(clock, topic),
    close: async () => world.drive.close(),
  };
}
