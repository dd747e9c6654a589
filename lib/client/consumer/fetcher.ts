/**
 * The fetcher: keeps records in stock, so that `poll` can hand some out at once.
 *
 * `send` asks every broker for the partitions of which nothing is in stock, with at most one request under way to each broker. The broker holds
 * the request until there is something (a long poll), which is how a record gets here a moment after it was written, without asking all the time. `collect`
 * takes records out of the stock and moves the position, before the application sees a single one of them. So the next poll
 * continues behind them, whatever the application has made of them.
 *
 * Source: Apache Kafka `AbstractFetch`, `FetchCollector`.
 */
import { MalformedBytes } from '../../bytes/reader.ts';
import { Fetch } from '../../protocol/apis/01-fetch.ts';
import { Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import { NO_UUID, type ResponseOf } from '../../protocol/schema.ts';
import { CorruptBatch } from '../../records/batch.ts';
import type { ClientContext } from '../clientContext.ts';
import { isRetriable, OffsetOutOfRangeError } from '../errors.ts';
import type { PartitionInfo } from '../metadata.ts';
import { byTopic, nameOf } from '../topicPartition.ts';
import { FetchedPartition, type Reading } from './fetchedPartition.ts';
import { type FetchedFrom, FetchSession, type SessionRequest } from './fetchSession.ts';
import { isolationCode } from './logOffsets.ts';
import type { ConsumerRecord } from './record.ts';
import type { ResetPolicy } from './resetPolicy.ts';
import type { IsolationLevel } from './settings.ts';
import type { AssignedPartition, Position, SubscriptionState } from './subscriptionState.ts';

export interface FetchSettings {
  readonly fetchMinBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly fetchMaxBytes: number;
  readonly maxPartitionFetchBytes: number;
  readonly requestTimeoutMs: number;
  readonly isolationLevel: IsolationLevel;
  readonly autoOffsetReset: ResetPolicy | 'none';
}

/** A partition as it stood when it was asked for. */
interface Asked {
  readonly partition: AssignedPartition;
  readonly topic: string;
  readonly position: Position;
  readonly leader: PartitionInfo;
}

type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

export class Fetcher<K, V> {
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #settings: FetchSettings;
  readonly #reading: Reading<K, V>;
  readonly #changed: () => void;
  /** What has been fetched and not yet handed out, by partition, the oldest first. */
  readonly #stock = new Map<string, FetchedPartition<K, V>>();
  /** Brokers that have a fetch of ours under way. */
  readonly #underWay = new Set<number>();
  /** What each broker knows of our fetches. */
  readonly #sessions = new Map<number, FetchSession>();
  #failure: Error | undefined;

  /** `changed` is called when `poll` may find something: records, or an error. */
  constructor(
    context: ClientContext,
    state: SubscriptionState,
    settings: FetchSettings & Reading<K, V>,
    changed: () => void,
  ) {
    this.#context = context;
    this.#state = state;
    this.#settings = settings;
    this.#reading = settings;
    this.#changed = changed;
  }

  // #region send
  /** Sends a fetch to every broker that has none under way and leads a partition of which nothing is in stock. */
  send(): void {
    const byLeader = new Map<number, Asked[]>();
    const now = this.#context.timers.now();
    for (const partition of this.#state.assigned) {
      const { topic, position, isPaused, isWithheld, notBefore } = partition;
      if (position === undefined || isPaused || isWithheld || notBefore > now) continue;
      if (this.#stock.get(partition.name)?.next.offset === position.offset) continue;
      const leader = this.#context.metadata.leaderOf(topic, partition.partition);
      if (leader === undefined || this.#underWay.has(leader.leader)) continue;
      const asked = byLeader.get(leader.leader) ?? [];
      asked.push({ partition, topic, position, leader });
      byLeader.set(leader.leader, asked);
    }
    for (const [leader, asked] of byLeader) void this.#fetch(leader, asked);
  }
  // #endregion send

  // #region collect
  /**
   * Takes at most `limit` records out of the stock, and moves the positions behind them. Data that does not begin at the position, because of a seek
   * or a rebalance since, is thrown away. Throws errors that will not pass, once there is nothing to hand out before them.
   */
  collect(limit: number): ConsumerRecord<K, V>[] {
    const collected: ConsumerRecord<K, V>[] = [];
    for (const [name, fetched] of this.#stock) {
      if (collected.length >= limit) break;
      const { partition } = fetched;
      const fits = this.#state.owns(partition) && partition.position?.offset === fetched.next.offset;
      if (fits && (partition.isPaused || partition.isWithheld)) continue;
      if (fits) {
        for (const record of this.#take(fetched, limit - collected.length, collected.length === 0))
          collected.push(record);
      }
      if (!fits || fetched.isEmpty) this.#stock.delete(name);
    }
    if (collected.length === 0) this.#throwFailure();
    return collected;
  }

  #take(fetched: FetchedPartition<K, V>, limit: number, isFirst: boolean): ConsumerRecord<K, V>[] {
    let records: ConsumerRecord<K, V>[] = [];
    try {
      records = fetched.take(limit, this.#reading);
    } catch (error) {
      // Records of other partitions are handed out first; the next call meets the error again.
      if (isFirst) throw readable(error, fetched);
    }
    fetched.partition.position = fetched.next;
    if (records.length > 0) {
      const { topic, partition } = fetched.partition;
      const { host } = this.#context;
      const [from, to] = [records[0].offset, records[records.length - 1].offset];
      host.trace.record(host.name, 'consumer.records', { topic, partition, from, to });
    }
    return records;
  }
  // #endregion collect

  async #fetch(leader: number, asked: readonly Asked[]): Promise<void> {
    this.#underWay.add(leader);
    const session = this.#sessionAt(leader);
    try {
      const connection = await this.#context.connections.to(leader);
      const wanted = asked.map((one) => this.#wanted(one));
      const version = versionFor(connection.versionOf(Fetch), wanted);
      const { fetchMaxWaitMs, requestTimeoutMs } = this.#settings;
      const detail = { partitions: asked.map(({ partition, position }) => `${partition.name} ${position.offset}`) };
      const timeoutMs = requestTimeoutMs + fetchMaxWaitMs;
      const request = this.#request(session.next(wanted));
      const response = await connection.send(Fetch, request, { version, timeoutMs, detail });
      const error = errorOf(response.errorCode);
      if (error === Errors.NONE) session.answered(response.sessionId);
      else if (!session.refused(error)) throw new KafkaError(error, 'fetch records');
      const names = new Map(wanted.map(({ topic, topicId }) => [topicId, topic]));
      for (const { topic, topicId, partitions } of response.responses) {
        for (const answer of partitions) this.#answered(asked, topic || (names.get(topicId) ?? ''), answer);
      }
    } catch (error) {
      session.lost();
      for (const one of asked) this.#obstructed(one.partition, error);
    }
    this.#underWay.delete(leader);
    this.#changed();
  }

  #sessionAt(leader: number): FetchSession {
    const session = this.#sessions.get(leader) ?? new FetchSession();
    this.#sessions.set(leader, session);
    return session;
  }

  #wanted({ partition, topic, position, leader }: Asked): FetchedFrom {
    return {
      topic,
      topicId: this.#context.metadata.known(topic)?.topicId ?? NO_UUID,
      partition: partition.partition,
      fetchOffset: position.offset,
      currentLeaderEpoch: leader.leaderEpoch,
    };
  }

  #request({ sessionId, sessionEpoch, changed, forgotten }: SessionRequest) {
    const { maxPartitionFetchBytes } = this.#settings;
    return {
      maxWaitMs: this.#settings.fetchMaxWaitMs,
      minBytes: this.#settings.fetchMinBytes,
      maxBytes: this.#settings.fetchMaxBytes,
      isolationLevel: isolationCode(this.#settings.isolationLevel),
      sessionId,
      sessionEpoch,
      topics: byTopic(changed).map(([topic, entries]) => ({
        topic,
        topicId: entries[0].topicId,
        partitions: entries.map((entry) => ({ ...entry, partitionMaxBytes: maxPartitionFetchBytes })),
      })),
      forgottenTopicsData: byTopic(forgotten).map(([topic, entries]) => ({
        topic,
        topicId: entries[0].topicId,
        partitions: entries.map(({ partition }) => partition),
      })),
    };
  }

  #answered(asked: readonly Asked[], topic: string, answer: PartitionAnswer): void {
    const name = nameOf({ topic, partition: answer.partitionIndex });
    const one = asked.find(({ partition }) => partition.name === name);
    // After a seek or a rebalance nobody wants to know this any more.
    if (one === undefined || !this.#state.owns(one.partition) || one.partition.position !== one.position) return;
    const isCommittedOnly = this.#settings.isolationLevel === 'read_committed';
    const error = errorOf(answer.errorCode);
    if (error === Errors.NONE) {
      const end = isCommittedOnly ? answer.lastStableOffset : answer.highWatermark;
      one.partition.log = { end, start: answer.logStartOffset };
    }
    if (error === Errors.OFFSET_OUT_OF_RANGE) this.#outOfRange(one);
    else if (error !== Errors.NONE) this.#obstructed(one.partition, new KafkaError(error, `fetch records of ${name}`));
    else if (answer.records !== null && answer.records.length > 0) {
      const { codecs } = this.#context.host;
      this.#stock.delete(name);
      const aborted = isCommittedOnly ? (answer.abortedTransactions ?? []) : [];
      this.#stock.set(name, new FetchedPartition(one.partition, one.position, answer.records, codecs, aborted));
    }
  }

  #outOfRange({ partition, position }: Asked): void {
    const { autoOffsetReset } = this.#settings;
    if (autoOffsetReset === 'none') this.#failure = new OffsetOutOfRangeError(partition.name, position.offset);
    else partition.reset(autoOffsetReset);
  }

  #obstructed(partition: AssignedPartition, error: unknown): void {
    if (!isRetriable(error)) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    const { timers, backoff, metadata } = this.#context;
    const pause = backoff.afterFailures(1);
    partition.notBefore = timers.now() + pause;
    timers.after(pause, this.#changed);
    metadata.outdated();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}

/** Topics go by id from version 13 on: too new when the cluster has told of none. */
function versionFor(shared: number, wanted: readonly FetchedFrom[]): number {
  return wanted.some(({ topicId }) => topicId === NO_UUID) ? Math.min(shared, 12) : shared;
}

/** An error of the application's deserializer says what to do; one of the bytes themselves needs to be told where they are. */
function readable(error: unknown, { partition, next }: FetchedPartition<unknown, unknown>): unknown {
  if (!(error instanceof CorruptBatch || error instanceof MalformedBytes)) return error;
  const hint = `At or behind offset ${next.offset}: ${error.message}. Seek past it to go on without it.`;
  return new KafkaError(Errors.CORRUPT_MESSAGE, `read the records of ${partition.name}`, hint);
}
