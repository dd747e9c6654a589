/**
 * What a broker does by itself from time to time, asked by nobody: deleting old segments, compacting, forgetting producers and offsets, closing
 * connections on which nothing happens.
 *
 * There is one timer, however many partitions there are. It goes off when the next chore is due, chores are done one after the other,
 * and only then is it set again; so they never overlap, and a slow disk makes them rarer instead of piling them up. What fails is told
 * in the trace, once, and tried again the next time.
 *
 * Source: `LogManager.scala` (retention), `LogCleaner.scala`, `GroupCoordinatorShard.scheduleGroupMetadataExpiration`.
 */
import type { Partition } from '../cluster/partition.ts';
import type { Topics } from '../cluster/topics.ts';
import type { Host } from '../trace/host.ts';
import type { Cancel } from '../world/world.ts';
import type { BrokerConfig } from './config.ts';
import type { GroupRuntime } from './services.ts';

/** `producer.id.expiration.check.interval.ms`, which Kafka keeps to itself. */
const PRODUCERS_INTERVAL_MS = 600_000;

interface Chore {
  /** How long after it was done it is due again. Asked each time. */
  readonly everyMs: () => number;
  readonly run: () => Promise<void> | void;
  doneAtMs: number;
}

export interface UpkeepParts {
  readonly topics: Topics;
  readonly groups: GroupRuntime;
  readonly config: () => BrokerConfig;
  readonly closeIdle: () => void;
}

export class Upkeep {
  readonly #host: Host;
  readonly #topics: Topics;
  readonly #config: () => BrokerConfig;
  readonly #chores: readonly Chore[];
  /** What was told of a partition last. */
  readonly #told = new WeakMap<Partition, string>();
  readonly #ignoreTopics: Cancel;
  #cancel: Cancel | undefined;
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #isClosed = false;

  /** The first chore is due when its time has passed once. */
  constructor(host: Host, { topics, groups, config, closeIdle }: UpkeepParts) {
    this.#host = host;
    this.#topics = topics;
    this.#config = config;
    const chore = (everyMs: () => number, run: Chore['run']) => ({ everyMs, run, doneAtMs: host.clock.monotonicMs() });
    this.#chores = [
      chore(
        () => config()['log.retention.check.interval.ms'],
        () => this.#each(({ log, highWatermark }) => log.deleteOldSegments(highWatermark)),
      ),
      chore(
        () => this.#compactionMs(),
        () => this.#each(({ log, highWatermark }) => log.compact(highWatermark)),
      ),
      chore(
        () => PRODUCERS_INTERVAL_MS,
        () => this.#each(({ log }) => log.producers.forget(host.clock.wallMs(), config()['producer.id.expiration.ms'])),
      ),
      chore(
        () => config()['offsets.retention.check.interval.ms'],
        () => groups.sweep(),
      ),
      // A connection that lies idle is closed between once and one and a half times its limit.
      chore(() => idleCheckMs(config()['connections.max.idle.ms']), closeIdle),
    ];
    // A new topic may have to be looked at sooner than anything so far.
    this.#ignoreTopics = topics.onChange(() => this.#setTimer());
    this.#setTimer();
  }

  /** No chore is begun any more; resolves when the one under way has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    this.#ignoreTopics();
    return this.#working;
  }

  #setTimer(): void {
    if (this.#isClosed || this.#isWorking) return;
    this.#cancel?.();
    const now = this.#host.clock.monotonicMs();
    const waitMs = Math.min(...this.#chores.map((chore) => chore.doneAtMs + chore.everyMs() - now));
    this.#cancel = this.#host.clock.after(Math.max(1, waitMs), () => {
      this.#isWorking = true;
      this.#working = this.#work().finally(() => {
        this.#isWorking = false;
        this.#setTimer();
      });
    });
  }

  async #work(): Promise<void> {
    for (const chore of this.#chores) {
      const now = this.#host.clock.monotonicMs();
      if (this.#isClosed || chore.doneAtMs + chore.everyMs() > now) continue;
      chore.doneAtMs = now;
      try {
        await chore.run();
      } catch (error) {
        this.#host.trace.record(this.#host.name, 'upkeep.failed', { why: wordsOf(error) });
      }
    }
  }

  async #each(work: (partition: Partition) => unknown): Promise<void> {
    for (const { partitions } of [...this.#topics.all]) {
      for (const partition of partitions) {
        if (this.#isClosed) return;
        if (partition.isClosed || partition.log.logEndOffset === 0) continue;
        try {
          await work(partition);
        } catch (error) {
          this.#tell(partition, wordsOf(error));
        }
      }
    }
  }

  #tell(partition: Partition, why: string): void {
    if (this.#isClosed || this.#told.get(partition) === why) return;
    this.#told.set(partition, why);
    const { topic, index } = partition;
    this.#host.trace.record(this.#host.name, 'log.upkeepFailed', { topic, partition: index, why });
  }

  /** Where no log can be compacted, looking for one can wait. The coordinator's own logs count from their second segment on. */
  #compactionMs(): number {
    const often = this.#config()['log.cleaner.backoff.ms'];
    for (const { isInternal, partitions } of this.#topics.all) {
      const isWanted = ({ log }: Partition) => log.settings.compact && (!isInternal || log.segmentCount > 1);
      if (partitions.some(isWanted)) return often;
    }
    return Math.max(often, this.#config()['log.retention.check.interval.ms']);
  }
}

function idleCheckMs(limitMs: number): number {
  return limitMs < 0 ? Infinity : Math.max(1, Math.floor(limitMs / 2));
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
