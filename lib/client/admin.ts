/** The admin client: topics, settings, records and groups, looked at and changed. What each call does is in the files of `admin/`. */
import type { Host } from '../trace/host.ts';
import type { Address } from '../world/world.ts';
import type {
  Admin,
  AdminSettings,
  ClusterDescription,
  ConfigChange,
  ConfigDescription,
  ConfigResource,
  DeletedRecords,
  GroupDescription,
  GroupListing,
  GroupOffset,
  ListedOffset,
  NewTopic,
  OffsetSpec,
  RecordsToDelete,
  TopicDescription,
} from './admin/api.ts';
import { Calls } from './admin/calls.ts';
import * as configs from './admin/configs.ts';
import * as groups from './admin/groups.ts';
import * as records from './admin/records.ts';
import * as topics from './admin/topics.ts';
import { ClientContext } from './clientContext.ts';
import { commonDefaults, withDefaults } from './settings.ts';
import type { TopicPartition } from './topicPartition.ts';

export type * from './admin/api.ts';

const defaults = { ...commonDefaults, clientId: undefined as string | undefined, defaultApiTimeoutMs: 60_000 };

export class KafkaAdmin implements Admin {
  readonly #context: ClientContext;
  readonly #calls: Calls;

  constructor(host: Host, bootstrap: readonly Address[], given: AdminSettings) {
    const settings = withDefaults('admin', defaults, { ...given });
    this.#context = new ClientContext(host, bootstrap, { ...settings, allowAutoCreateTopics: false });
    this.#calls = new Calls(this.#context, settings);
  }

  get isClosed(): boolean {
    return this.#calls.isClosed;
  }

  createTopics(wanted: Readonly<Record<string, number>> | readonly NewTopic[]): Promise<void> {
    return topics.createTopics(this.#calls, wanted);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return topics.deleteTopics(this.#calls, names);
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return topics.describeTopics(this.#calls, names);
  }

  listTopics(): Promise<string[]> {
    return topics.listTopics(this.#calls);
  }

  createPartitions(counts: Readonly<Record<string, number>>): Promise<void> {
    return topics.createPartitions(this.#calls, counts);
  }

  describeConfigs(resources: readonly ConfigResource[]): Promise<ConfigDescription[]> {
    return configs.describeConfigs(this.#calls, resources);
  }

  alterConfigs(changes: readonly ConfigChange[]): Promise<void> {
    return configs.alterConfigs(this.#calls, changes);
  }

  deleteRecords(partitions: readonly RecordsToDelete[]): Promise<DeletedRecords[]> {
    return records.deleteRecords(this.#calls, partitions);
  }

  listOffsets(partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[]): Promise<ListedOffset[]> {
    return records.listOffsets(this.#calls, partitions);
  }

  listGroups(): Promise<GroupListing[]> {
    return groups.listGroups(this.#calls);
  }

  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    return Promise.all(groupIds.map((groupId) => groups.describeGroup(this.#calls, groupId)));
  }

  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    await Promise.all(groupIds.map((groupId) => groups.deleteGroup(this.#calls, groupId)));
  }

  listConsumerGroupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<GroupOffset[]> {
    return groups.listConsumerGroupOffsets(this.#calls, groupId, partitions);
  }

  deleteConsumerGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return groups.deleteConsumerGroupOffsets(this.#calls, groupId, partitions);
  }

  describeCluster(): Promise<ClusterDescription> {
    return topics.describeCluster(this.#calls);
  }

  async close(): Promise<void> {
    this.#calls.isClosed = true;
    this.#context.close();
  }

  stop(): Promise<void> {
    return this.close();
  }
}
