/**
 * What a client knows about the cluster: which brokers live, which partitions a topic has, and who leads each.
 *
 * This knowledge is always a copy, and grows old without notice. So it is not trusted but used: a request goes where the copy says, and when
 * the broker there answers that it is not the leader, the copy is fetched again (`outdated`). A clock does the same after
 * `metadataMaxAgeMs`, which is how new partitions are noticed. A topic to which nobody sends any more is let go: to ask for it would be in vain, or
 * even have it created anew after it has been deleted.
 */
import { Metadata as MetadataApi } from '../protocol/apis/03-metadata.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../protocol/errors.ts';
import type { ResponseOf } from '../protocol/schema.ts';
import type { Cancel } from '../world/world.ts';
import type { Connections } from './connections.ts';
import { isRetriable, TimedOutError } from './errors.ts';
import { mustBeTopicName } from './topicPartition.ts';
import { type Backoff, Broadcast, late, type Timers } from './waiting.ts';

/** How long a topic is kept up to date after its last use, where nobody has subscribed to it. Java's metadata.max.idle.ms. */
const MAX_IDLE_MS = 300_000;

export interface PartitionInfo {
  readonly partition: number;
  /** The broker that leads it; -1: none at the moment. */
  readonly leader: number;
  /** Counts the changes of leader; -1: unknown. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  /** Those of the replicas that are in sync. */
  readonly isr: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By partition number. */
  readonly partitions: readonly PartitionInfo[];
}

export interface MetadataSettings {
  readonly metadataMaxAgeMs: number;
  /** Whether asking for a missing topic may create it, if the broker allows that too. */
  readonly allowAutoCreateTopics: boolean;
}

export class Metadata {
  readonly #connections: Connections;
  readonly #timers: Timers;
  readonly #backoff: Backoff;
  readonly #settings: MetadataSettings;
  /** What is kept up to date, and until when. */
  readonly #wanted = new Map<string, number>();
  readonly #topics = new Map<string, TopicInfo>();
  readonly #errors = new Map<string, ErrorCode>();
  readonly #attempts = new Broadcast();
  /** Called after each successful update. */
  readonly onUpdate = new Set<() => void>();
  #failure: unknown;
  #outdated = false;
  #updating = false;
  #controllerId = -1;
  #aging: Cancel | undefined;

  constructor(connections: Connections, timers: Timers, backoff: Backoff, settings: MetadataSettings) {
    this.#connections = connections;
    this.#timers = timers;
    this.#backoff = backoff;
    this.#settings = settings;
  }

  /** The topic as last heard of; undefined when nothing, or nothing good, is known. */
  known(topic: string): TopicInfo | undefined {
    return this.#topics.get(topic);
  }

  /** The leader of a partition. Undefined when there is none known, and then fresh metadata is on its way. */
  leaderOf(topic: string, partition: number): PartitionInfo | undefined {
    this.#use(topic);
    const info = this.#topics.get(topic)?.partitions[partition];
    if (info !== undefined && info.leader >= 0) return info;
    this.outdated();
    return undefined;
  }

  /** The broker that takes changes of topics; -1: unknown. */
  get controllerId(): number {
    return this.#controllerId;
  }

  /** Keeps these topics up to date from now on, beside others. Throws a `TypeError` for what is no name. */
  want(topics: Iterable<string>): void {
    for (const topic of topics) this.#keep(topic, Infinity);
  }

  /** Keeps these topics up to date, and no others. */
  wantOnly(topics: ReadonlySet<string>): void {
    for (const topic of this.#wanted.keys()) if (!topics.has(topic)) this.#forget(topic);
    this.want(topics);
  }

  /** Says that something in here proved wrong: metadata is fetched in the background until that succeeds. */
  outdated(): void {
    this.#outdated = true;
    if (!this.#updating) void this.#update();
  }

  /** Fetches once more, and resolves when a request that began after this call has succeeded, within `timeoutMs`. */
  async refresh(timeoutMs: number): Promise<void> {
    const deadline = this.#timers.now() + timeoutMs;
    // A request that is under way may have been answered before the change that the caller wants to see.
    if (this.#updating) await this.#nextAttempt('fetch metadata', timeoutMs, deadline);
    this.outdated();
    do {
      await this.#nextAttempt('fetch metadata', timeoutMs, deadline);
    } while (this.#failure !== undefined);
  }

  /** Waits until the topic is known. Rejects with `TimedOutError`, or at once with an error that will not pass. */
  async topic(name: string, timeoutMs: number): Promise<TopicInfo> {
    const deadline = this.#timers.now() + timeoutMs;
    for (;;) {
      this.#use(name);
      const info = this.#topics.get(name);
      if (info !== undefined) return info;
      const error = this.#errors.get(name);
      if (error !== undefined && !error.retriable) throw new KafkaError(error, `find topic ${name}`);
      if (!this.#updating) this.outdated();
      try {
        await this.#nextAttempt(`find topic ${name}`, timeoutMs, deadline, name);
      } catch (gaveUp) {
        if (this.#wanted.get(name) !== Infinity) this.#forget(name);
        throw gaveUp;
      }
    }
  }

  close(): void {
    this.#aging?.();
  }

  #use(topic: string): void {
    this.#keep(topic, this.#timers.now() + MAX_IDLE_MS);
  }

  #keep(topic: string, until: number): void {
    const before = this.#wanted.get(topic);
    if (before === undefined) mustBeTopicName(topic);
    if (before !== Infinity) this.#wanted.set(topic, until);
    if (before === undefined) this.outdated();
  }

  #forget(topic: string): void {
    this.#wanted.delete(topic);
    this.#topics.delete(topic);
    this.#errors.delete(topic);
  }

  async #nextAttempt(doing: string, timeoutMs: number, deadline: number, topic = ''): Promise<void> {
    const left = deadline - this.#timers.now();
    if (left > 0 && (await this.#timers.within(this.#attempts.next(), left)) !== late) {
      if (this.#failure !== undefined && !isRetriable(this.#failure)) throw this.#failure;
      return;
    }
    throw new TimedOutError(doing, timeoutMs, this.#obstacle(topic));
  }

  #obstacle(topic: string): unknown {
    const error = this.#errors.get(topic);
    if (error === Errors.UNKNOWN_TOPIC_OR_PARTITION) {
      return `the topic does not exist; create it first: admin.createTopics({ '${topic}': 1 })`;
    }
    return error?.message ?? this.#failure ?? 'no broker has answered';
  }

  async #update(): Promise<void> {
    this.#updating = true;
    try {
      for (let failures = 0; this.#outdated; ) {
        if (failures > 0) await this.#timers.sleep(this.#backoff.afterFailures(failures));
        this.#outdated = false;
        failures = (await this.#fetch()) ? 0 : failures + 1;
      }
    } catch {
      // The client has been closed during the pause: whoever waits has been told by the timers.
    } finally {
      this.#updating = false;
    }
  }

  /** Answers whether all is well: a request that failed, or a topic without a leader, is asked for again after a pause. */
  async #fetch(): Promise<boolean> {
    try {
      const connection = await this.#connections.any();
      const now = this.#timers.now();
      for (const [topic, until] of this.#wanted) if (until <= now) this.#forget(topic);
      const topics = [...this.#wanted.keys()].sort();
      // What is known need not be created; should it be gone by now, nobody may miss it.
      const isNew = topics.some((name) => !this.#topics.has(name));
      const response = await connection.send(
        MetadataApi,
        {
          topics: topics.map((name) => ({ name })),
          allowAutoTopicCreation: isNew && this.#settings.allowAutoCreateTopics,
        },
        { detail: { topics } },
      );
      this.#failure = undefined;
      if (!this.#take(response)) this.#outdated = true;
    } catch (error) {
      this.#failure = error;
      if (isRetriable(error)) this.#outdated = true;
    }
    const well = !this.#outdated;
    this.#attempts.send();
    return well;
  }

  #take(response: ResponseOf<typeof MetadataApi>): boolean {
    this.#connections.learn(response.brokers.map(({ nodeId, host, port }) => ({ nodeId, address: { host, port } })));
    this.#controllerId = response.controllerId;
    let well = true;
    for (const topic of response.topics) {
      const name = topic.name ?? '';
      if (!this.#wanted.has(name)) continue;
      const error = errorOf(topic.errorCode);
      if (error.code !== 0) {
        const isGone = this.#topics.delete(name) && error === Errors.UNKNOWN_TOPIC_OR_PARTITION;
        // Whoever still needs it asks for it again, at the latest when the listeners are told.
        if (isGone && this.#wanted.get(name) !== Infinity) {
          this.#forget(name);
          continue;
        }
        this.#errors.set(name, error);
        if (error.retriable) well = false;
        continue;
      }
      this.#errors.delete(name);
      const info = withoutSteppingBack(topicInfo(topic), this.#topics.get(name));
      if (info.partitions.some(({ leader }) => leader < 0)) well = false;
      this.#topics.set(name, info);
    }
    this.#aging?.();
    this.#aging = this.#timers.after(this.#settings.metadataMaxAgeMs, () => this.outdated());
    for (const listener of this.onUpdate) listener();
    return well;
  }
}

export function topicInfo(topic: ResponseOf<typeof MetadataApi>['topics'][number]): TopicInfo {
  const partitions = topic.partitions.map((one) => ({
    partition: one.partitionIndex,
    leader: one.leaderId,
    leaderEpoch: one.leaderEpoch,
    replicas: one.replicaNodes,
    isr: one.isrNodes,
  }));
  return {
    name: topic.name ?? '',
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  };
}

/** A broker that lags behind may still tell of the leader before the last: a lower epoch of the same topic is no news (KIP-320). */
function withoutSteppingBack(fresh: TopicInfo, known: TopicInfo | undefined): TopicInfo {
  if (known === undefined || known.topicId !== fresh.topicId) return fresh;
  const partitions = fresh.partitions.map((partition, index) => {
    const before = known.partitions[index];
    return before !== undefined && before.leaderEpoch > partition.leaderEpoch ? before : partition;
  });
  return { ...fresh, partitions };
}
