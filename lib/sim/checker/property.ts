/**
 * What a checker is made of: properties, each named by its row in the list of what a group may rely on, each a function of what has happened.
 *
 * A property looks and tells; it changes nothing. It says what it found in plain words, at which event, and which events led there, so that
 * somebody who sees a violation at night knows where to begin.
 */
import type { History } from './history.ts';

/** One breach of a promise. The numbers are places in the list of events. */
export interface Finding {
  readonly at: number;
  readonly text: string;
  /** The events that led to it, oldest first. */
  readonly because?: readonly number[];
}

export interface Property {
  /** `S14`, `L3`. */
  readonly row: string;
  /** What should hold, in one sentence. */
  readonly promise: string;
  check(history: History, given: Given): Iterable<Finding>;
}

/**
 * What the checker cannot see in a trace and has to be told. Everything is optional: without it the properties that need it are not checked.
 */
export interface Given {
  /** Offsets have no gaps: nothing is compacted, deleted or transactional. */
  readonly dense?: boolean;
  /** Programs commit what `poll` has returned and no offsets of their own making. */
  readonly commitsPositions?: boolean;
  /**
   * How the programs of the group work. They tell of each record that is done by `world.effect('work ledger-0 17')`. `afterWork`: they commit what is done;
   * `beforeWork`: they commit first, and do nothing that they could not commit.
   */
  readonly commits?: 'afterWork' | 'beforeWork';
  /** `group.max.size` and `offset.metadata.max.bytes` of the broker, when they are not Kafka's defaults. */
  readonly maxSize?: number;
  readonly metadataMaxBytes?: number;
  /** From some moment on nothing fails any more, and what is left has to end well. */
  readonly calm?: Calm;
}

export interface Calm {
  readonly group: string;
  /** Partitions of the topics that the group reads, as they are at the end. */
  readonly topics: { readonly [topic: string]: number };
  /** For how long the group has to be left in peace at the end, in milliseconds. */
  readonly quietMs: number;
}

/** A promise that was broken, with its property. */
export interface Violation extends Finding {
  readonly row: string;
  readonly promise: string;
}
