/** The admin client: topics and groups, looked at and changed. */

import { Metadata } from '../protocol/apis/03-metadata.ts';
import { DescribeGroups } from '../protocol/apis/15-describe-groups.ts';
import { CreateTopics } from '../protocol/apis/19-create-topics.ts';
import { DeleteTopics } from '../protocol/apis/20-delete-topics.ts';
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment } from '../protocol/consumerProtocol.ts';
import { Errors, errorOf, KafkaError } from '../protocol/errors.ts';
import { NO_UUID, type ResponseOf } from '../protocol/schema.ts';
import type { Host } from '../trace/host.ts';
import type { Connection } from '../wire/connection.ts';
import type { Address } from '../world/world.ts';
import { ClientContext } from './clientContext.ts';
import { CoordinatorClient } from './consumer/coordinatorClient.ts';
import { ClientClosedError } from './errors.ts';
import { type PartitionInfo, topicInfo } from './metadata.ts';
import { type CommonSettings, commonDefaults, withDefaults } from './settings.ts';
import type { TopicPartition } from './topicPartition.ts';

export interface AdminSettings extends CommonSettings {
  /** How long a call may take, retries included. Default 60 000. */
  readonly defaultApiTimeoutMs?: number;
}

const defaults = { ...commonDefaults, clientId: undefined as string | undefined, defaultApiTimeoutMs: 60_000 };

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

export interface GroupDescription {
  readonly groupId: string;
  /** Empty, PreparingRebalance, CompletingRebalance, Stable, or Dead for a group that is not there. */
  readonly state: string;
  /** The assignment strategy, while the group is stable. */
  readonly strategy: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly host: string;
    readonly assignment: readonly TopicPartition[];
  }[];
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
  /** State and members of groups, in the order of `groupIds`. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]>;
  /** Lets go of all connections. Twice is harmless. */
  close(): Promise<void>;
}

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

export class KafkaAdmin implements Admin {
  readonly #context: ClientContext;
  readonly #settings: typeof defaults;
  isClosed = false;

  constructor(host: Host, bootstrap: readonly Address[], given: AdminSettings) {
    this.#settings = withDefaults('admin', defaults, { ...given });
    this.#context = new ClientContext(host, bootstrap, { ...this.#settings, allowAutoCreateTopics: false });
  }

  async createTopics(topics: Readonly<Record<string, number>> | readonly NewTopic[]): Promise<void> {
    const wanted = listOf(topics);
    await this.#attempt('create topics', async () => {
      const connection = await this.#controller();
      const response = await connection.send(CreateTopics, {
        topics: wanted.map(({ name, partitions, replicationFactor = -1, configs = {} }) => ({
          name,
          numPartitions: partitions,
          replicationFactor,
          assignments: [],
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs: this.#settings.requestTimeoutMs,
      });
      for (const { name, errorCode, errorMessage } of response.topics)
        check(errorCode, `create topic ${name}`, errorMessage);
    });
    // The controller has noted the topics; brokers hear of them a little later.
    await this.#attempt('see the new topics', async () => {
      for (const { name, errorCode, partitions } of await this.#topics(wanted.map(({ name }) => name))) {
        check(errorCode, `see topic ${name}`, null);
        const leaderless = partitions.find(({ leaderId }) => leaderId < 0);
        if (leaderless)
          throw new KafkaError(
            Errors.LEADER_NOT_AVAILABLE,
            `write to partition ${leaderless.partitionIndex} of ${name}`,
          );
      }
    });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const results = await this.#attempt('delete topics', async () => {
      const connection = await this.#controller();
      const { responses } = await connection.send(DeleteTopics, {
        topics: names.map((name) => ({ name, topicId: NO_UUID })),
        topicNames: names,
        timeoutMs: this.#settings.requestTimeoutMs,
      });
      for (const { name, errorCode, errorMessage } of responses) {
        if (!isMissing(errorCode)) check(errorCode, `delete topic ${name}`, errorMessage);
      }
      return responses;
    });
    for (const { name, errorCode, errorMessage } of results) check(errorCode, `delete topic ${name}`, errorMessage);
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    const found = await this.#attempt('describe topics', async () => {
      const topics = await this.#topics(names);
      for (const { name, errorCode } of topics) {
        if (!isMissing(errorCode)) check(errorCode, `describe topic ${name}`, null);
      }
      return new Map(topics.map((topic) => [topic.name, topic]));
    });
    return names.map((name) => {
      const topic = found.get(name);
      if (topic === undefined || isMissing(topic.errorCode)) {
        throw new KafkaError(
          Errors.UNKNOWN_TOPIC_OR_PARTITION,
          `describe topic ${name}`,
          'listTopics() names those there are.',
        );
      }
      const { topicId, partitions } = topicInfo(topic);
      return { name, topicId, partitions };
    });
  }

  async listTopics(): Promise<string[]> {
    return this.#attempt('list topics', async () => {
      const topics = await this.#topics(null);
      const names = topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name ?? '');
      return names.sort();
    });
  }

  async describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    return Promise.all(groupIds.map((groupId) => this.#describeGroup(groupId)));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#context.close();
  }

  stop(): Promise<void> {
    return this.close();
  }

  #describeGroup(groupId: string): Promise<GroupDescription> {
    const coordinator = new CoordinatorClient(this.#context, groupId);
    return this.#attempt(`describe group ${groupId}`, async () => {
      const response = await coordinator.send(DescribeGroups, { groups: [groupId] });
      const [group] = response.groups;
      check(group.errorCode, `describe group ${groupId}`, null);
      const isOfConsumers = group.protocolType === CONSUMER_PROTOCOL_TYPE;
      return {
        groupId,
        state: group.groupState,
        strategy: group.protocolData,
        members: group.members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
          memberId,
          clientId,
          host: clientHost,
          assignment: isOfConsumers ? assigned(memberAssignment) : [],
        })),
      };
    });
  }

  async #topics(names: readonly string[] | null): Promise<readonly TopicAnswer[]> {
    const connection = await this.#context.connections.any();
    const topics = names === null ? null : names.map((name) => ({ name }));
    const response = await connection.send(Metadata, { topics, allowAutoTopicCreation: false });
    return response.topics;
  }

  /** The broker that takes changes, as far as metadata tells; else any, which passes them on or says whom to ask. */
  async #controller(): Promise<Connection> {
    const { metadata, connections } = this.#context;
    if (metadata.controllerId < 0) await metadata.refresh(this.#settings.defaultApiTimeoutMs);
    return metadata.controllerId < 0 ? connections.any() : connections.to(metadata.controllerId);
  }

  async #attempt<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new ClientClosedError('this admin client has been closed: make a new one');
    return this.#context.retrying(doing, this.#settings.defaultApiTimeoutMs, async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof KafkaError && error.error === Errors.NOT_CONTROLLER) this.#context.metadata.outdated();
        throw error;
      }
    });
  }
}

function listOf(topics: Readonly<Record<string, number>> | readonly NewTopic[]): readonly NewTopic[] {
  if (Array.isArray(topics)) return topics as readonly NewTopic[];
  return Object.entries(topics as Readonly<Record<string, number>>).map(([name, partitions]) => ({ name, partitions }));
}

function check(errorCode: number, doing: string, message: string | null): void {
  if (errorCode !== 0) throw new KafkaError(errorOf(errorCode), doing, message ?? '');
}

/** A missing topic may be on its way while brokers tell each other; who names one that was never there should not have to wait. */
function isMissing(errorCode: number): boolean {
  return errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION.code;
}

function assigned(assignment: Uint8Array): TopicPartition[] {
  return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
