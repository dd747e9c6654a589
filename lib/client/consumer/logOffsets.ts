/**
 * Questions to the leaders of partitions about offsets: where does the log begin, where does it end, and what was written when?
 *
 * Each leader is asked once for all of its partitions. Nothing here knows of positions or groups.
 *
 * Source: Apache Kafka `OffsetFetcher`.
 */
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, ListOffsets } from '../../protocol/apis/02-list-offsets.ts';
import { errorOf, KafkaError } from '../../protocol/errors.ts';
import { ConnectionLost } from '../../world/errors.ts';
import type { ClientContext } from '../clientContext.ts';
import { byTopic, nameOf, type TopicPartition } from '../topicPartition.ts';
import type { IsolationLevel } from './settings.ts';

/** The two ends of a log, or a time in milliseconds since 1970. */
export type LogPlace = 'earliest' | 'latest' | number;

export interface FoundOffset {
  /** -1: no record is that young. */
  readonly offset: number;
  /** The time of the record; -1 where no time was asked for. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface Sought extends TopicPartition {
  readonly at: LogPlace;
}

/** The number by which a fetch or a look-up names its isolation level. */
export const isolationCode = (level: IsolationLevel): number => (level === 'read_committed' ? 1 : 0);

export class LogOffsets {
  readonly #context: ClientContext;
  readonly #isolationLevel: IsolationLevel;

  constructor(context: ClientContext, isolationLevel: IsolationLevel) {
    this.#context = context;
    this.#isolationLevel = isolationLevel;
  }

  // #region find
  /** One attempt. `found` hears of each partition as soon as its leader has answered. Rejects when one of them could not be asked. */
  async find<T extends Sought>(sought: readonly T[], found: (one: T, at: FoundOffset) => void): Promise<void> {
    const byLeader = new Map<number, T[]>();
    let leaderless = 0;
    for (const one of sought) {
      const leader = this.#context.metadata.leaderOf(one.topic, one.partition)?.leader;
      if (leader === undefined) leaderless++;
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    await Promise.all([...byLeader].map(([leader, led]) => this.#ask(leader, led, found)));
    if (leaderless > 0) throw new ConnectionLost(`${leaderless} partitions have no leader at the moment`);
  }
  // #endregion find

  /** As `find`, for all at once, in the order of `sought`. Topics that nobody reads yet are looked up first. */
  async all(sought: readonly Sought[], timeoutMs: number): Promise<(TopicPartition & FoundOffset)[]> {
    const topics = new Set(sought.map(({ topic }) => topic));
    await Promise.all([...topics].map((topic) => this.#context.metadata.topic(topic, timeoutMs)));
    const answers = new Map<Sought, FoundOffset>();
    await this.find(sought, (one, at) => answers.set(one, at));
    const unknown = { offset: -1, timestamp: -1, leaderEpoch: -1 };
    return sought.map((one) => ({
      topic: one.topic,
      partition: one.partition,
      ...(answers.get(one) ?? unknown),
    }));
  }

  async #ask<T extends Sought>(
    leader: number,
    sought: readonly T[],
    found: (one: T, at: FoundOffset) => void,
  ): Promise<void> {
    const { metadata, connections } = this.#context;
    try {
      const connection = await connections.to(leader);
      const response = await connection.send(ListOffsets, {
        isolationLevel: isolationCode(this.#isolationLevel),
        topics: byTopic(sought).map(([name, entries]) => ({
          name,
          partitions: entries.map(({ partition, at }) => ({
            partitionIndex: partition,
            currentLeaderEpoch: metadata.leaderOf(name, partition)?.leaderEpoch ?? -1,
            timestamp: at === 'earliest' ? EARLIEST_TIMESTAMP : at === 'latest' ? LATEST_TIMESTAMP : at,
          })),
        })),
      });
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
          const partition = nameOf({ topic: name, partition: partitionIndex });
          if (errorCode !== 0) throw new KafkaError(errorOf(errorCode), `find offsets of ${partition}`);
          const one = sought.find((entry) => nameOf(entry) === partition);
          if (one !== undefined) found(one, { offset, timestamp, leaderEpoch });
        }
      }
    } catch (error) {
      metadata.outdated();
      throw error;
    }
  }
}
