/**
 * What the leader of a group does beside its own reading: it divides the partitions, and it watches whether there are new ones.
 *
 * The coordinator opens neither subscriptions nor assignments. So the consumer that it has made leader reads what everybody wants, asks for
 * the metadata of all those topics, lets the strategy decide, and hands in the result.
 */
import type { Assignor } from '../../assignors/index.ts';
import type { JoinGroup } from '../../protocol/apis/11-join-group.ts';
import { decodeSubscription, encodeAssignment, encodeSubscription } from '../../protocol/consumerProtocol.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import type { ClientContext } from '../clientContext.ts';
import { byTopic, type TopicPartition } from '../topicPartition.ts';
import type { GroupRole } from './membership.ts';
import type { SubscriptionState } from './subscriptionState.ts';

export interface LeaderSettings {
  readonly partitionAssignmentStrategy: readonly Assignor[];
  readonly requestTimeoutMs: number;
}

export class Leader implements GroupRole {
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #settings: LeaderSettings;
  /** The partition counts that the assignment in force was made from; undefined while somebody else leads. */
  #counted: ReadonlyMap<string, number> | undefined;
  #watched: readonly string[] = [];

  /** `outdated` is called when the counts have changed, so that the group has to meet again. */
  constructor(context: ClientContext, state: SubscriptionState, settings: LeaderSettings, outdated: () => void) {
    this.#context = context;
    this.#state = state;
    this.#settings = settings;
    context.metadata.onUpdate.add(() => {
      if (this.#counted === undefined || same(this.#counted, this.#count(this.#watched))) return;
      this.#counted = undefined;
      outdated();
    });
  }

  protocols(generationId: number): { name: string; metadata: Uint8Array }[] {
    // Whoever joins may be leader no more; it will be told.
    this.#counted = undefined;
    this.#context.metadata.wantOnly(new Set(this.#state.topics));
    const topics = [...this.#state.topics].sort();
    const ownedPartitions = listed(this.#state.assigned);
    const metadata = encodeSubscription({ topics, ownedPartitions, generationId });
    return this.#settings.partitionAssignmentStrategy.map(({ name }) => ({ name, metadata }));
  }

  async lead(
    strategy: string,
    members: ResponseOf<typeof JoinGroup>['members'],
  ): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const assignor = this.#settings.partitionAssignmentStrategy.find(({ name }) => name === strategy);
    if (assignor === undefined)
      throw new Error(`the coordinator chose the strategy '${strategy}', which this consumer did not offer`);
    const group = members.map(({ memberId, groupInstanceId, metadata }) => {
      const { topics } = decodeSubscription(metadata);
      return { memberId, groupInstanceId, topics };
    });
    this.#watched = [...new Set(group.flatMap(({ topics }) => topics))].sort();
    this.#context.metadata.want(this.#watched);
    await this.#context.metadata.refresh(this.#settings.requestTimeoutMs);
    const counts = this.#count(this.#watched);
    this.#counted = counts;
    const { host } = this.#context;
    host.trace.record(host.name, 'consumer.leads', { strategy, members: group.map(({ memberId }) => memberId) });
    return [...assignor.assign(group, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment({ assignedPartitions: listed(partitions) }),
    }));
  }

  #count(topics: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const topic of topics) {
      const known = this.#context.metadata.known(topic);
      if (known !== undefined) counts.set(topic, known.partitions.length);
    }
    return counts;
  }
}

function listed(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return byTopic(partitions).map(([topic, entries]) => ({
    topic,
    partitions: entries.map(({ partition }) => partition),
  }));
}

function same(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([topic, count]) => b.get(topic) === count);
}
