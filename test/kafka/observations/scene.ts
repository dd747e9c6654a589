/**
 * Where an observation takes place: one broker, as many connections to it as are wanted, and names that nobody else uses.
 *
 * Requests go through our own connection, field by field and in any version, or as raw bytes where no client of good manners would send them. All of
 * it is closed when the observation ends, so that a request that still waits cannot reach into the next one.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32c } from '../../../lib/bytes/crc32c.ts';
import { memoryDisk } from '../../../lib/node/memoryDisk.ts';
import { hostIn, realTrace, realWorld } from '../../../lib/node/world.ts';
import { CreateTopics, FindCoordinator, ListOffsets, Metadata, Produce } from '../../../lib/protocol/apis/index.ts';
import { encodeRequest, FrameSplitter } from '../../../lib/protocol/frame.ts';
import type { Api, Fields, Input, Output } from '../../../lib/protocol/schema.ts';
import { type BatchSettings, encodeBatch, type RecordData } from '../../../lib/records/batch.ts';
import { ATTRIBUTES_AT, CRC_AT } from '../../../lib/records/header.ts';
import { Connection } from '../../../lib/wire/connection.ts';
import type { Observation } from './observation.ts';
import { nameOf, type Plain } from './telling.ts';

export const world = realWorld(memoryDisk());

export interface TopicSettings {
  readonly partitions?: number;
  readonly configs?: { readonly [name: string]: string };
  /** How many records partition 0 has, each in a batch of its own. */
  readonly records?: number;
}

export class Scene {
  readonly brokerId: number;
  readonly #slug: string;
  readonly #bootstrap: { readonly host: string; readonly port: number };
  readonly #opened: Connection[];
  #settlements = 0;

  static async open(bootstrap: string, slug: string): Promise<Scene> {
    const [host, port] = bootstrap.split(':');
    const address = { host, port: Number(port) };
    const first = await open(address, slug);
    const { brokers } = await first.send(Metadata, { topics: [] });
    return new Scene(slug, address, first, brokers[0].nodeId);
  }

  private constructor(slug: string, bootstrap: Scene['address'], first: Connection, brokerId: number) {
    this.#slug = slug;
    this.#bootstrap = bootstrap;
    this.#opened = [first];
    this.brokerId = brokerId;
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#bootstrap;
  }

  /** The connection that `ask` uses. */
  get connection(): Connection {
    return this.#opened[0];
  }

  /** A name for a topic, a group or anything else that must be this observation's own. */
  name(label: string): string {
    return `${this.#slug}-${label}`;
  }

  /** One more connection: a broker works on one request of a connection at a time, so who waits needs one of its own. */
  async connect(clientId = 'observer'): Promise<Connection> {
    const connection = await open(this.#bootstrap, clientId);
    this.#opened.push(connection);
    return connection;
  }

  /** Asks on the first connection, in the highest version that both sides know unless another is said. */
  ask<Q extends Fields, S extends Fields>(api: Api<Q, S>, body: Input<Q>, version?: number): Promise<Output<S>> {
    return this.connection.send(api, body, version === undefined ? {} : { version });
  }

  /** As `ask`, on a connection of its own, where the broker may close it instead of answering: then the answer is `'closed'`. */
  async askOrClose<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    version?: number,
  ): Promise<Output<S> | 'closed'> {
    const connection = await this.connect();
    const answer = connection.send(api, body, version === undefined ? {} : { version });
    return Promise.race([answer, connection.closed.then(() => 'closed' as const)]).catch((error: Error) => {
      if (error.name !== 'ConnectionLost') throw error;
      return 'closed' as const;
    });
  }

  /** Sends these bytes on a fresh socket and answers the first frame that comes back, without its length, or `'closed'`. */
  async raw(bytes: Uint8Array): Promise<Uint8Array | 'closed'> {
    const socket = connect(this.#bootstrap);
    try {
      await once(socket, 'connect');
      const splitter = new FrameSplitter(1 << 20);
      const answered = new Promise<Uint8Array | 'closed'>((resolve) => {
        socket.on('data', (chunk) => {
          const [frame] = splitter.push(chunk);
          if (frame) resolve(frame);
        });
        socket.on('error', () => resolve('closed'));
        socket.on('close', () => resolve('closed'));
      });
      socket.write(bytes);
      return await answered;
    } finally {
      socket.destroy();
    }
  }

  /** The bytes of a request, for `raw`: to be spoiled by who asked for them. */
  bytesOf<Q extends Fields>(api: Api<Q, Fields>, version: number, body: Input<Q>): Uint8Array {
    return joined(encodeRequest(api, { apiVersion: version, correlationId: 7, clientId: 'observer' }, body));
  }

  /** A new topic that the broker has heard of in all its partitions. Answers its name. */
  async topic(label: string, { partitions = 1, configs = {}, records = 0 }: TopicSettings = {}): Promise<string> {
    const name = this.name(label);
    const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const wanted = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: settings };
    const { topics } = await this.ask(CreateTopics, { topics: [wanted] });
    if (topics[0].errorCode !== 0) throw new Error(`${name} was not made: ${nameOf(topics[0].errorCode)}`);
    await this.seen(name, partitions);
    for (let count = 0; count < records; count++) await this.append(name);
    return name;
  }

  /** Sees to it that `__consumer_offsets` is there: a broker makes it when somebody first asks for a coordinator. */
  async internalTopic(): Promise<void> {
    await this.until(async () => {
      const { coordinators } = await this.ask(FindCoordinator, { coordinatorKeys: [this.name('group')] });
      return coordinators?.[0].errorCode === 0;
    });
  }

  /** Waits until the broker leads this many partitions: it hears of what the controller has noted a little later. */
  async seen(name: string, partitions = 1): Promise<void> {
    const indexes = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    await this.until(async () => {
      const { topics } = await this.ask(ListOffsets, { topics: [{ name, partitions: indexes }] });
      return topics[0].partitions.every(({ errorCode }) => errorCode === 0);
    });
  }

  /**
   * Waits until the broker has heard of everything that the controller has noted so far. It hears of changes in their order, so a topic that is made now
   * and can be seen says that all before it can be.
   */
  async settled(): Promise<void> {
    await this.topic(`settled-${++this.#settlements}`);
  }

  /** Asks again until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 15_000; !(await isSo()); ) {
      if (Date.now() > deadline) throw new Error('what was waited for has not come within 15 s');
      await sleep(20);
    }
  }

  /** What comes of `waiting` within this time, or `'no answer'`. */
  within<T>(milliseconds: number, waiting: Promise<T>): Promise<T | 'no answer'> {
    // It ends with the connection; nobody asks any more then.
    waiting.catch(() => {});
    return Promise.race([waiting, sleep(milliseconds).then(() => 'no answer' as const)]);
  }

  pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds);
  }

  /** Appends batches, one request each; by default one batch with one record. Throws when one is refused. */
  async append(topic: string, { index = 0, batches = [batch()] }: AppendSettings = {}): Promise<void> {
    for (const records of batches) {
      const topicData = [{ name: topic, partitionData: [{ index, records }] }];
      const { responses } = await this.ask(Produce, { acks: -1, timeoutMs: 5_000, topicData });
      const { errorCode } = responses[0].partitionResponses[0];
      if (errorCode !== 0) throw new Error(`${topic} did not take the batch: ${nameOf(errorCode)}`);
    }
  }

  close(): void {
    for (const connection of this.#opened) connection.close();
  }
}

interface AppendSettings {
  readonly index?: number;
  readonly batches?: readonly Uint8Array[];
}

/**
 * Makes an observation at a broker. What a first try has left there is not in the way of a second one, which has its names in capitals: so they are as
 * long as they were. It tells them as the first would have.
 */
export async function observe({ slug, look }: Observation, bootstrap: string, isAgain = false): Promise<Plain> {
  const prefix = isAgain ? slug.toUpperCase() : slug;
  const scene = await Scene.open(bootstrap, prefix);
  try {
    const seen = await look(scene);
    return isAgain ? JSON.parse(JSON.stringify(seen).replaceAll(prefix, slug)) : seen;
  } finally {
    scene.close();
  }
}

/** Records with a value each and, unless something else is said, with the key `k` and the time 1000. */
export function record(value: string | null = 'value', given: Partial<RecordData> = {}): RecordData {
  return { timestamp: 1_000, key: utf8('k'), value: value === null ? null : utf8(value), headers: [], ...given };
}

/** One batch; by default with one record. */
export function batch(records: readonly RecordData[] = [record()], settings: BatchSettings = {}): Uint8Array {
  return encodeBatch(records, settings, world.codecs);
}

/** A batch whose header was changed behind the back of its checksum, which is made again. */
export function changed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(CRC_AT, crc32c(copy, ATTRIBUTES_AT));
  return copy;
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function open(address: Scene['address'], clientId: string): Promise<Connection> {
  return Connection.open(hostIn(world, realTrace(), 'observer'), address, { clientId });
}
