/** A broker in virtual time with plain connections to it, for tests of what it answers. */
import type { Authentication } from '../../lib/broker/authentication.ts';
import { Broker } from '../../lib/broker/broker.ts';
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { OffsetFetch } from '../../lib/protocol/apis/index.ts';
import type { Api, Fields, Input, Output } from '../../lib/protocol/schema.ts';
import { encodeBatch } from '../../lib/records/batch.ts';
import type { Process } from '../../lib/sim/process.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Host } from '../../lib/trace/host.ts';
import type { TraceEvent } from '../../lib/trace/trace.ts';
import { Connection } from '../../lib/wire/connection.ts';
import type { Stream } from '../../lib/world/world.ts';

export interface StageSettings {
  readonly config?: { readonly [name: string]: string };
  readonly topics?: { readonly [name: string]: number };
  readonly authentication?: Authentication;
  readonly answerBytes?: number;
}

export class Stage {
  readonly world: SimulatedWorld;
  readonly #settings: StageSettings;
  #process: Process | undefined;
  #clients = 0;
  broker!: Broker;

  constructor(world: SimulatedWorld, settings: StageSettings) {
    this.world = world;
    this.#settings = settings;
  }

  /** Starts the broker, again after a crash. `change` may put something between it and its world; `onReturn` is told of every step it takes. */
  async start(change: (host: Host) => Host = (host) => host, onReturn?: (door: string) => void): Promise<void> {
    this.#process = this.world.process('broker-0', { onReturn });
    await this.sleep(10);
    const listen = { host: 'broker-0', port: 9092 };
    const host = change(this.#process.host());
    this.broker = await Broker.start(host, { brokerId: 0, listen, ...this.#settings });
  }

  /** Kills the broker; its disk stays. */
  crash(): void {
    this.#process?.crash();
  }

  sleep(ms: number): Promise<void> {
    return this.world.clock.of('main').sleep(ms);
  }

  get now(): number {
    return this.world.clock.monotonicMs();
  }

  /** A client with a connection of its own. */
  async client(): Promise<Client> {
    const name = `client-${this.#clients++}`;
    const host = this.world.process(name).host();
    return new Client(await Connection.open(host, this.broker.address, { clientId: name }));
  }

  /** The bare bytes of a connection. */
  stream(): Promise<Stream> {
    return this.world.worldFor(`client-${this.#clients++}`).network.connect(this.broker.address);
  }

  events(what: string): TraceEvent[] {
    return this.world.trace.events.filter((event) => event.what === what);
  }
}

export class Client {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  ask<Q extends Fields, S extends Fields>(api: Api<Q, S>, body: Input<Q>, version?: number): Promise<Output<S>> {
    return this.connection.send(api, body, version === undefined ? {} : { version });
  }

  /** The offset that a group has for a partition, or -1. */
  async committed(groupId: string, name: string, partition: number): Promise<number> {
    const topics = [{ name, partitionIndexes: [partition] }];
    const { groups } = await this.ask(OffsetFetch, { groups: [{ groupId, topics }] });
    return groups[0].topics[0].partitions[0].committedOffset;
  }
}

/** Runs `play` in a world of its own, with a broker that has started. Time moves while it waits. */
export function onStage(play: (stage: Stage) => Promise<void>, settings: StageSettings = {}): () => Promise<void> {
  return async () => {
    const world = new SimulatedWorld(1);
    const stage = new Stage(world, settings);
    await world.drive.drive(
      'the test',
      stage.start().then(() => play(stage)),
    );
    world.drive.close();
  };
}

/** A batch with a record for each value. */
export function batchOf(
  values: readonly string[],
  settings: Parameters<typeof encodeBatch>[1] = {},
  timestamp = 1_000,
): Uint8Array {
  const bytes = new TextEncoder();
  const records = values.map((value) => ({ timestamp, key: null, value: bytes.encode(value), headers: [] }));
  return encodeBatch(records, settings, portableCodecs);
}
