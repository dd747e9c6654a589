/**
 * What the models of other clients have in common, so that one script can run under all of them.
 *
 * Clients of Kafka speak the same protocol and differ in four small policies: when the position moves, when they commit by themselves, what happens when the
 * work on a record fails, and what closing commits. Each model puts one such set of policies over our consumer. None of them is a copy of
 * the client that it is named after, and nothing else about that client is imitated.
 */
import type {
  Consumer,
  ConsumerRecord,
  Kafka,
  OffsetToCommit,
  ResetPolicy,
  TopicPartition,
} from '../../../lib/index.ts';

/** The work on one record. What it throws is the failure that the models differ about. */
export type Handler = (record: ConsumerRecord) => Promise<unknown> | unknown;

export interface ModelSettings {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly clientId?: string;
  /** Default `'latest'`, as all of these clients have it. */
  readonly autoOffsetReset?: ResetPolicy;
  /** Whether the client commits by itself. Default true. */
  readonly autoCommit?: boolean;
  /** How often, at most. Default: 5 000, and none for kafkajs, which commits after each batch. */
  readonly autoCommitIntervalMs?: number;
  /** The most records that one call hands over, where a client hands over several. Default: that of the client. */
  readonly maxPollRecords?: number;
}

/** A client as a program has it in its hands. One call at a time. */
export interface ModelClient {
  /**
   * One turn of the program's loop: waits up to a second for what the client hands over, and has it handled record by record. Rejects with what `handle`
   * throws, if this client lets it out.
   */
  turn(handle: Handler): Promise<void>;
  /** The commit without arguments: of what the client takes for done. */
  commit(): Promise<void>;
  /** Closes it as the client does, with or without a last commit. */
  close(): Promise<void>;
  /** What is underneath, for `seek` and `pause`. */
  readonly consumer: Consumer;
}

export interface ClientModel {
  readonly name: string;
  /** A client that has subscribed. Belongs into a spawned program: what it does in the background goes by that program's clock. */
  open(kafka: Kafka, settings: ModelSettings): Promise<ModelClient>;
}

/** How long one turn waits for records. */
export const TURN_MS = 1_000;
/** The usual `auto.commit.interval.ms`. */
export const AUTO_COMMIT_INTERVAL_MS = 5_000;

/** Offsets by partition: where a client would go on, by its own account. */
export class Places {
  readonly #places = new Map<string, OffsetToCommit>();

  /** Everything up to and with this record counts as done. */
  passed({ topic, partition, offset }: TopicPartition & { readonly offset: number }): void {
    this.#places.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1 });
  }

  /** These partitions belong to somebody else. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#places.delete(`${topic}-${partition}`);
  }

  get all(): OffsetToCommit[] {
    return [...this.#places.values()];
  }
}
