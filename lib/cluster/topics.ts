/**
 * The topics of a broker: their names, ids, settings and partitions, kept across restarts.
 *
 * A topic has an id beside its name, so that one deleted and made again under the same name is not mistaken for the old one; the folders of its
 * partitions go by the id, since file systems differ in which names they take. Changes are made one after the other. A topic exists once
 * the metadata file says so, and is gone once the file no longer does; what is left of its logs is then swept away, if need be at the next start.
 */

import type { LogSettings } from '../log/log.ts';
import { Log } from '../log/log.ts';
import { NO_UUID } from '../protocol/schema.ts';
import { uuidText } from '../protocol/uuid.ts';
import type { Host } from '../trace/host.ts';
import type { Cancel, Random } from '../world/world.ts';
import { type Configs, type Metadata, readMetadata, type TopicMetadata, writeMetadata } from './metadataFile.ts';
import { Partition, PartitionClosed } from './partition.ts';
import { isInternal, metricName } from './topicName.ts';

export type { Configs } from './metadataFile.ts';

const LOGS = 'logs';

/** A topic as it is at the moment; when it is changed there is a new one in its place, with the same partitions. */
export interface Topic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** Settings by Kafka's own names that differ from the broker's. */
  readonly configs: Configs;
  readonly partitions: readonly Partition[];
}

export interface TopicsSettings {
  readonly brokerId: number;
  /** How the logs of a topic with these settings are kept. */
  readonly logSettings: (configs: Configs) => LogSettings;
}

export class Topics {
  readonly #host: Host;
  readonly #settings: TopicsSettings;
  #metadata: Metadata;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #byMetricName = new Map<string, Topic>();
  readonly #listeners = new Set<() => void>();
  /** The change that is being made, or the last one. */
  #lastChange: Promise<unknown> = Promise.resolve();
  #producerIdsLeft = 0;
  #nextProducerId = 0;
  #closed = false;

  /** Reads the disk, recovers the logs of all topics and removes those of deleted ones. */
  static async open(host: Host, settings: TopicsSettings): Promise<Topics> {
    const known = await readMetadata(host.disk);
    const metadata = known ?? { clusterId: randomId(host.random), nextProducerId: 0, topics: [] };
    if (known === null) await writeMetadata(host.disk, metadata);
    const topics = new Topics(host, settings, metadata);
    try {
      await topics.#sweep();
      for (const topic of metadata.topics) await topics.#openTopic(topic);
    } catch (error) {
      await topics.close();
      throw error;
    }
    return topics;
  }

  private constructor(host: Host, settings: TopicsSettings, metadata: Metadata) {
    this.#host = host;
    this.#settings = settings;
    this.#metadata = metadata;
  }

  get clusterId(): string {
    return this.#metadata.clusterId;
  }

  /** In the order of their creation. */
  get all(): Iterable<Topic> {
    return this.#byName.values();
  }

  named(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  /** A topic whose name differs from this one only in `.` and `_`. */
  colliding(name: string): Topic | undefined {
    const topic = this.#byMetricName.get(metricName(name));
    return topic?.name === name ? undefined : topic;
  }

  /** Calls `listener` whenever there is a new topic, or one with other partitions or settings. */
  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  withId(topicId: string): Topic | undefined {
    return this.#byId.get(topicId);
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /** Answers the topic of this name, which is made when it is missing. The name has been checked. Rejects with a storage error, and nothing is made. */
  ensure(name: string, partitions: number, configs: Configs = {}): Promise<Topic> {
    return this.#change(async () => this.#byName.get(name) ?? this.#make(name, partitions, configs));
  }

  /**
   * Makes a topic. Answers undefined when by now there is one of this name, or of one that collides with it. The name has been checked. Rejects with a
   * storage error, and nothing is made.
   */
  create(name: string, partitions: number, configs: Configs = {}): Promise<Topic | undefined> {
    return this.#change(async () => {
      if (this.#byName.has(name) || this.colliding(name)) return undefined;
      return this.#make(name, partitions, configs);
    });
  }

  /**
   * Gives a topic more partitions, `count` in all. Answers undefined when by now it is another than this one: deleted, or with more partitions. Rejects with a
   * storage error, and nothing is made.
   */
  addPartitions({ topicId, partitions }: Topic, count: number): Promise<Topic | undefined> {
    return this.#change(async () => {
      const topic = this.#byId.get(topicId);
      if (topic?.partitions !== partitions) return undefined;
      const added = await this.#openWritten(this.#metadataWith(topicId, { partitions: count }), () =>
        this.#openPartitions(topic, topic.partitions.length, count),
      );
      return this.#put({ ...topic, partitions: [...topic.partitions, ...added] });
    });
  }

  /**
   * Changes the settings of a topic, at once. `change` gets those it has and answers those it shall have, which have been checked. Answers undefined
   * when the topic is gone.
   */
  configure({ topicId }: Topic, change: (configs: Configs) => Configs): Promise<Topic | undefined> {
    return this.#change(async () => {
      const topic = this.#byId.get(topicId);
      if (topic === undefined) return undefined;
      const configs = change(topic.configs);
      await this.#write(this.#metadataWith(topicId, { configs }));
      this.#configureLogs({ ...topic, configs });
      return this.#put({ ...topic, configs });
    });
  }

  /** Makes the logs of all topics follow settings of the broker that have changed. */
  reconfigureLogs(): void {
    for (const topic of this.all) this.#configureLogs(topic);
  }

  /** Answers false when it is gone already. Rejects with a storage error, and the topic stays. */
  delete({ topicId }: Topic): Promise<boolean> {
    return this.#change(async () => {
      const topic = this.#byId.get(topicId);
      if (topic === undefined) return false;
      const topics = this.#metadata.topics.filter(({ topicId }) => topicId !== topic.topicId);
      await this.#write({ ...this.#metadata, topics });
      this.#byName.delete(topic.name);
      this.#byId.delete(topic.topicId);
      this.#byMetricName.delete(metricName(topic.name));
      // It is gone. What cannot be closed or removed now goes with the next sweep.
      for (const partition of topic.partitions) await partition.close('has been deleted').catch(() => {});
      await this.#sweep().catch(() => {});
      return true;
    });
  }

  /** An id that no producer has had. Ids are written down a thousand at a time; those left at a crash are lost, which harms nobody. */
  nextProducerId(): Promise<number> {
    return this.#change(async () => {
      if (this.#producerIdsLeft === 0) {
        this.#nextProducerId = this.#metadata.nextProducerId;
        this.#producerIdsLeft = 1000;
        await this.#write({ ...this.#metadata, nextProducerId: this.#nextProducerId + this.#producerIdsLeft });
      }
      this.#producerIdsLeft--;
      return this.#nextProducerId++;
    });
  }

  /** Closes all logs. Rejects with a storage error when one of them cannot be brought to an end; the others are closed all the same. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastChange;
    const partitions = [...this.#byName.values()].flatMap((topic) => topic.partitions);
    const closed = await Promise.allSettled(partitions.map((one) => one.close('is closed: its broker stops')));
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  #make(name: string, partitions: number, configs: Configs): Promise<Topic> {
    const topic: TopicMetadata = { name, topicId: randomId(this.#host.random), partitions, configs };
    const topics = [...this.#metadata.topics, topic];
    return this.#openWritten({ ...this.#metadata, topics }, () => this.#openTopic(topic));
  }

  async #openTopic(metadata: TopicMetadata): Promise<Topic> {
    const { name, topicId, configs } = metadata;
    const partitions = await this.#openPartitions(metadata, 0, metadata.partitions);
    return this.#put({ name, topicId, isInternal: isInternal(name), configs, partitions });
  }

  /** The partitions from number `from` up to, and not with, number `to`. */
  async #openPartitions(
    { name, topicId, configs }: Pick<TopicMetadata, 'name' | 'topicId' | 'configs'>,
    from: number,
    to: number,
  ): Promise<Partition[]> {
    const { brokerId, logSettings } = this.#settings;
    const indexes = Array.from({ length: to - from }, (_, at) => from + at);
    const logs = await openAll(
      indexes.map((index) => Log.open(this.#host, folderOf(topicId, index), logSettings(configs))),
    );
    return logs.map((log, at) => {
      const identity = { topic: name, topicId, index: indexes[at], leaderId: brokerId, leaderEpoch: 0 };
      return new Partition(this.#host, identity, log);
    });
  }

  #put(topic: Topic): Topic {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.topicId, topic);
    this.#byMetricName.set(metricName(topic.name), topic);
    for (const listener of [...this.#listeners]) listener();
    return topic;
  }

  #configureLogs({ configs, partitions }: Topic): void {
    for (const { log } of partitions) log.configure(this.#settings.logSettings(configs));
  }

  #metadataWith(topicId: string, changed: Partial<TopicMetadata>): Metadata {
    const topics = this.#metadata.topics.map((one) => (one.topicId === topicId ? { ...one, ...changed } : one));
    return { ...this.#metadata, topics };
  }

  /** Writes down that there are new logs and opens them. When they cannot be opened it is taken back: now, or else with the next change. */
  async #openWritten<T>(metadata: Metadata, open: () => Promise<T>): Promise<T> {
    const before = this.#metadata;
    await this.#write(metadata);
    try {
      return await open();
    } catch (error) {
      this.#metadata = before;
      await this.#write(before).catch(() => {});
      throw error;
    }
  }

  /** Removes the files of logs that belong to no topic. */
  async #sweep(): Promise<void> {
    const folders = new Set(
      this.#metadata.topics.flatMap(({ topicId, partitions }) =>
        Array.from({ length: partitions }, (_, index) => folderOf(topicId, index)),
      ),
    );
    for (const path of await this.#host.disk.list(LOGS)) {
      if (!folders.has(path.slice(0, path.lastIndexOf('/')))) await this.#host.disk.remove(path);
    }
  }

  async #write(metadata: Metadata): Promise<void> {
    await writeMetadata(this.#host.disk, metadata);
    this.#metadata = metadata;
  }

  #change<T>(make: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new PartitionClosed('no topic can be changed any more: the broker stops'));
    const made = this.#lastChange.then(make);
    this.#lastChange = made.catch(() => {});
    return made;
  }
}

/** All logs, or none: when one cannot be opened the others are closed again. */
async function openAll(opening: readonly Promise<Log>[]): Promise<Log[]> {
  const results = await Promise.allSettled(opening);
  const failed = results.find((result) => result.status === 'rejected');
  const logs = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed === undefined) return logs;
  for (const log of logs) await log.close();
  throw (failed as PromiseRejectedResult).reason;
}

function folderOf(topicId: string, index: number): string {
  return `${LOGS}/${topicId}-${index}`;
}

/** A random UUID. One that begins with a dash would look like an option on a command line, and is not used. */
function randomId(random: Random): string {
  for (;;) {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < 16; at += 4) view.setUint32(at, random.nextU32());
    const text = uuidText(bytes);
    if (text !== NO_UUID && !text.startsWith('-')) return text;
  }
}
