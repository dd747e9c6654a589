/** What an admin client can do, and what goes in and out of it. Names are Kafka's. */
import type { PartitionInfo } from '../metadata.ts';
import type { CommonSettings } from '../settings.ts';
import type { TopicPartition } from '../topicPartition.ts';

export interface AdminSettings extends CommonSettings {
  /** How long a call may take, retries included. Default 60 000. */
  readonly defaultApiTimeoutMs?: number;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Default: what the broker is set to. */
  readonly replicationFactor?: number;
  /** Settings of the topic under Kafka's names: `{ 'retention.ms': '60000' }`. */
  readonly configs?: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionInfo[];
}

export interface ClusterDescription {
  readonly clusterId: string;
  /** The broker that takes changes of topics; -1: unknown. */
  readonly controller: number;
  readonly brokers: readonly {
    readonly id: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
  }[];
}

/** A topic by its name, or a broker by its id in digits; the broker `''` stands for what holds for all brokers. */
export interface ConfigResource {
  readonly type: 'topic' | 'broker';
  readonly name: string;
}

export interface ConfigDescription extends ConfigResource {
  /** By the names of the settings. */
  readonly configs: Readonly<Record<string, ConfigValue>>;
}

export interface ConfigValue {
  /** Null when the value is secret. */
  readonly value: string | null;
  /** Where it comes from, by Kafka's names: `DYNAMIC_TOPIC_CONFIG` was set for the topic, `DEFAULT_CONFIG` by nobody. */
  readonly source: string;
  /** Whether only a restart can change it. */
  readonly isReadOnly: boolean;
}

export interface ConfigChange extends ConfigResource {
  readonly set?: Readonly<Record<string, string>>;
  /** Settings that fall back to their default. */
  readonly delete?: readonly string[];
}

/** Which offset: the first, the end of what consumers see, that of the record with the largest time, or the first of a time in ms since 1970. */
export type OffsetSpec = 'earliest' | 'latest' | 'maxTimestamp' | number;

export interface ListedOffset extends TopicPartition {
  /** -1: there is no such record. */
  readonly offset: number;
  /** The time of the record, in ms since 1970; -1 when none was looked for. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface RecordsToDelete extends TopicPartition {
  /** The first offset to keep; `'all'`: everything that consumers can see goes. */
  readonly before: number | 'all';
}

export interface DeletedRecords extends TopicPartition {
  /** The first offset that is left. */
  readonly lowWatermark: number;
}

export interface GroupListing {
  readonly groupId: string;
  /** `consumer` for consumers; empty for a group that has only ever stored offsets. */
  readonly protocolType: string;
  readonly state: string;
}

export interface GroupDescription {
  readonly groupId: string;
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty` or `Dead`. */
  readonly state: string;
  /** The strategy in use; empty while the group is not stable. */
  readonly strategy: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly host: string;
    readonly assignment: readonly TopicPartition[];
  }[];
}

export interface GroupOffset extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
  readonly metadata: string;
  readonly leaderEpoch: number;
}

/** Calls reject with a `KafkaError` that names the first thing the cluster refused, or with `TimedOutError`. */
export interface Admin {
  /** Creates topics, as `{ ledger: 3 }` for a topic of three partitions, or as a list. Resolves when they can be written to. */
  createTopics(topics: Readonly<Record<string, number>> | readonly NewTopic[]): Promise<void>;
  /** Deletes topics with everything in them. */
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Ids, partitions, leaders and replicas, in the order of `names`. */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>;
  /** The names of all topics, sorted, without those that Kafka keeps for itself. */
  listTopics(): Promise<string[]>;
  /** Gives topics more partitions: `{ ledger: 6 }` for six in all. Resolves when they can be written to. */
  createPartitions(counts: Readonly<Record<string, number>>): Promise<void>;

  /** The settings that hold for topics and brokers, in the order of `resources`. */
  describeConfigs(resources: readonly ConfigResource[]): Promise<ConfigDescription[]>;
  /** Changes single settings and leaves the others as they are. Each topic or broker is changed as a whole or not at all. */
  alterConfigs(changes: readonly ConfigChange[]): Promise<void>;

  /** Gives up the oldest records of partitions, for good. In the order of `partitions`. */
  deleteRecords(partitions: readonly RecordsToDelete[]): Promise<DeletedRecords[]>;
  /** Looks up offsets, in the order of `partitions`. */
  listOffsets(partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[]): Promise<ListedOffset[]>;

  /** All groups, sorted by id. */
  listGroups(): Promise<GroupListing[]>;
  /** State and members of groups, in the order of `groupIds`. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]>;
  /** Forgets groups with their offsets. They must have no members. */
  deleteGroups(groupIds: readonly string[]): Promise<void>;
  /** How far a group has come: all it has committed, or only in these partitions. Partitions without an offset are left out. */
  listConsumerGroupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<GroupOffset[]>;
  /** Forgets how far a group has come in partitions of topics that no member is subscribed to. */
  deleteConsumerGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>;

  /** The id of the cluster, its controller and its living brokers. */
  describeCluster(): Promise<ClusterDescription>;

  /** Lets go of all connections. Twice is harmless. */
  close(): Promise<void>;
}
