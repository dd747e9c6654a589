/** The settings of a consumer. Names are Kafka's in camelCase, units last; defaults are Java's. */
import { type Assignor, cooperativeSticky, type RebalanceProtocol, range } from '../../assignors/index.ts';
import { SettingError } from '../errors.ts';
import { type CommonSettings, commonDefaults, oneOf, withDefaults } from '../settings.ts';
import { type Deserializer, strings } from './record.ts';
import { durationOf, type ResetPolicy } from './resetPolicy.ts';

/** Which records a consumer sees: all, or of transactions only the committed ones. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed';

export interface ConsumerSettings<K = string, V = string> extends CommonSettings {
  /** The group that shares the work and keeps the committed offsets. Needed for `subscribe` and for commits. */
  readonly groupId?: string;
  /**
   * A name of this member's own, which outlives a restart (KIP-345). A static member does not leave its group on `close`; who comes back under
   * the name within `sessionTimeoutMs` gets the same partitions without a rebalance. Default: none.
   */
  readonly groupInstanceId?: string;
  /**
   * Where to begin when the group has committed nothing, or something that is not in the log any more: `'earliest'`, `'latest'`, at records of the
   * last hour with `'by_duration:PT1H'`, or nowhere, with an error, for `'none'`. Default `'latest'`.
   */
  readonly autoOffsetReset?: ResetPolicy | 'none';
  /** Whether `poll` and `close` commit what earlier polls have returned. Default true with a group. */
  readonly enableAutoCommit?: boolean;
  /** The shortest time between two such commits. Default 5 000. */
  readonly autoCommitIntervalMs?: number;
  /** Silence after which the coordinator takes the member for dead. Default 45 000. */
  readonly sessionTimeoutMs?: number;
  /** Time between two heartbeats: a third of the session at most, to survive the loss of one. Default 3 000. */
  readonly heartbeatIntervalMs?: number;
  /** Time without `poll` after which the member leaves its group; also how long a rebalance waits for it. Default 300 000. */
  readonly maxPollIntervalMs?: number;
  /** The most records that one `poll` returns. Default 500. */
  readonly maxPollRecords?: number;
  /** How much must be there for a broker to answer at once. Default 1. */
  readonly fetchMinBytes?: number;
  /** How long a broker waits for that. Default 500. */
  readonly fetchMaxWaitMs?: number;
  /** The most that one answer may hold; the first batch is sent even when larger. Default 52 428 800. */
  readonly fetchMaxBytes?: number;
  /** The same for each partition. Default 1 048 576. */
  readonly maxPartitionFetchBytes?: number;
  /** Whether the checksum of each batch is looked at: a byte that was damaged on its way or on a disk becomes an error, not a record. Default true. */
  readonly checkCrcs?: boolean;
  /** Which records are read: all, or of transactions only the committed ones. Default `'read_uncommitted'`. */
  readonly isolationLevel?: IsolationLevel;
  /**
   * How to divide partitions, the favourite first; the group takes one that all members have. Default `[range, cooperativeSticky]`: as long as
   * `range` is in the list, rebalances are eager; once no member of the group lists it any more, they are cooperative.
   */
  readonly partitionAssignmentStrategy?: readonly Assignor[];
  /** Makes keys of bytes. Default `strings` (UTF-8). */
  readonly keyDeserializer?: Deserializer<K>;
  /** Makes values of bytes. Default `strings` (UTF-8). */
  readonly valueDeserializer?: Deserializer<V>;
  /** Whether subscribing to a missing topic may create it, if the broker allows that too. Default true. */
  readonly allowAutoCreateTopics?: boolean;
  /** Whether a pattern passes over topics that are Kafka's own, as `__consumer_offsets`. Default true. */
  readonly excludeInternalTopics?: boolean;
  /** How long calls other than `poll` may take. Default 60 000. */
  readonly defaultApiTimeoutMs?: number;
}

const defaults = {
  ...commonDefaults,
  clientId: undefined as string | undefined,
  groupId: undefined as string | undefined,
  groupInstanceId: undefined as string | undefined,
  autoOffsetReset: 'latest' as ResetPolicy | 'none',
  enableAutoCommit: true,
  autoCommitIntervalMs: 5_000,
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 3_000,
  maxPollIntervalMs: 300_000,
  maxPollRecords: 500,
  fetchMinBytes: 1,
  fetchMaxWaitMs: 500,
  fetchMaxBytes: 52_428_800,
  maxPartitionFetchBytes: 1_048_576,
  checkCrcs: true,
  isolationLevel: 'read_uncommitted' as IsolationLevel,
  partitionAssignmentStrategy: [range, cooperativeSticky] as readonly Assignor[],
  keyDeserializer: strings as Deserializer<unknown>,
  valueDeserializer: strings as Deserializer<unknown>,
  allowAutoCreateTopics: true,
  excludeInternalTopics: true,
  defaultApiTimeoutMs: 60_000,
};

export type CompleteConsumerSettings<K, V> = Omit<typeof defaults, 'keyDeserializer' | 'valueDeserializer'> & {
  readonly keyDeserializer: Deserializer<K>;
  readonly valueDeserializer: Deserializer<V>;
};

/** The settings with their defaults. Throws `SettingError`. */
export function consumerSettings<K, V>(given: ConsumerSettings<K, V>): CompleteConsumerSettings<K, V> {
  const settings = withDefaults('consumer', defaults, { ...given });
  if (durationOf(settings.autoOffsetReset) === undefined)
    oneOf('autoOffsetReset', settings.autoOffsetReset, ['earliest', 'latest', 'none']);
  oneOf('isolationLevel', settings.isolationLevel, ['read_uncommitted', 'read_committed']);
  const { heartbeatIntervalMs, sessionTimeoutMs, maxPollRecords, partitionAssignmentStrategy } = settings;
  if (heartbeatIntervalMs < 1 || heartbeatIntervalMs >= sessionTimeoutMs) {
    throw new SettingError(
      `heartbeatIntervalMs (${heartbeatIntervalMs}) must be at least 1 and below sessionTimeoutMs (${sessionTimeoutMs})`,
    );
  }
  if (maxPollRecords < 1) throw new SettingError('maxPollRecords must be at least 1');
  if (settings.groupId === '') throw new SettingError('groupId is empty: give the group a name');
  if (settings.groupInstanceId === '') throw new SettingError('groupInstanceId is empty: give the member a name');
  if (given.enableAutoCommit === true && settings.groupId === undefined)
    throw new SettingError('enableAutoCommit needs a group to commit for: give a groupId, or leave it out');
  protocolOf(partitionAssignmentStrategy);
  // The defaults are strings; whoever wants other types gives the deserializers that make them.
  return {
    ...settings,
    enableAutoCommit: settings.enableAutoCommit && settings.groupId !== undefined,
  } as unknown as CompleteConsumerSettings<K, V>;
}

/** The best way to rebalance that all strategies have (KIP-429). Throws `SettingError` when there is none. */
export function protocolOf(strategies: readonly Assignor[]): RebalanceProtocol {
  if (strategies.length === 0)
    throw new SettingError('partitionAssignmentStrategy is empty: give [range], for example');
  const common = (['cooperative', 'eager'] as const).find((protocol) =>
    strategies.every(({ protocols = ['eager'] }) => protocols.includes(protocol)),
  );
  if (common !== undefined) return common;
  const names = strategies.map(({ name }) => name).join(', ');
  throw new SettingError(
    `partitionAssignmentStrategy has strategies that rebalance in different ways (${names}): leave one of them out`,
  );
}

/** The group, for a call that needs one. Throws `SettingError`. */
export function groupOf({ groupId }: { readonly groupId?: string | undefined }, call: string): string {
  if (groupId !== undefined) return groupId;
  throw new SettingError(`${call}() needs a group: make the consumer with a groupId`);
}
