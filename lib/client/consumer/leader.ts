/**
 * What the leader of a group does beside its own reading: it divides the partitions, and it watches whether there are new ones.
 *
 * The coordinator opens neither subscriptions nor assignments. So the consumer that it has made leader reads what everybody wants, asks for
 * the metadata of all those topics, lets the strategy decide, and hands in the result.
 */
import type { Assignor, GroupMember, LastAssignment } from '../../assignors/index.ts';
import { MalformedBytes } from '../../bytes/reader.ts';
import type { JoinGroup } from '../../protocol/apis/11-join-group.ts';
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from '../../protocol/consumerProtocol.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import type { ClientContext } from '../clientContext.ts';
import { MalformedSubscriptionError } from '../errors.ts';
import { byTopic, inOrder, nameOf, type TopicPartition } from '../topicPartition.ts';
import type { GroupRole } from './membership.ts';
import { protocolOf } from './settings.ts';
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
  /** What this member was given last, for the strategies that want to know. */
  #last: LastAssignment | undefined;

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
    const ownedPartitions = listed(inOrder(this.#state.assigned));
    return this.#settings.partitionAssignmentStrategy.map((strategy) => {
      const userData = strategy.userData?.(this.#last) ?? null;
      return { name: strategy.name, metadata: encodeSubscription({ topics, userData, ownedPartitions, generationId }) };
    });
  }

  /** Takes note of what this member was given. */
  assigned(last: LastAssignment): void {
    this.#last = last;
  }

  // #region lead
  async lead(
    strategy: string,
    members: ResponseOf<typeof JoinGroup>['members'],
    skipAssignment: boolean,
  ): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const assignor = this.#settings.partitionAssignmentStrategy.find(({ name }) => name === strategy);
    if (assignor === undefined)
      throw new Error(`the coordinator chose the strategy '${strategy}', which this consumer did not offer`);
    const group = members.map((member) => groupMember(member, strategy));
    this.#watched = [...new Set(group.flatMap(({ topics }) => topics))].sort();
    this.#context.metadata.want(this.#watched);
    // What is known already is as fresh as for anybody else; the request would wait behind a fetch that the broker holds.
    if (this.#watched.some((topic) => this.#context.metadata.known(topic) === undefined))
      await this.#context.metadata.refresh(this.#settings.requestTimeoutMs);
    const counts = this.#count(this.#watched);
    this.#counted = counts;
    // A static leader has come back to a group that is content: everybody keeps what they have (KIP-814).
    if (skipAssignment) return [];
    const { host } = this.#context;
    host.trace.record(host.name, 'consumer.leads', { strategy, members: group.map(({ memberId }) => memberId) });
    const assignment = assignor.assign(group, counts);
    if (protocolOf(this.#settings.partitionAssignmentStrategy) === 'cooperative')
      checkHandOvers(group, assignment, strategy);
    const odd = oddities(group, assignment, counts, assignor.protocols?.includes('cooperative') ?? false);
    if (odd !== undefined) host.trace.record(host.name, 'consumer.oddAssignment', { strategy, ...odd });
    return [...assignment].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment({ assignedPartitions: listed(partitions) }),
    }));
  }
  // #endregion lead

  #count(topics: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const topic of topics) {
      const known = this.#context.metadata.known(topic);
      if (known !== undefined) counts.set(topic, known.partitions.length);
    }
    return counts;
  }
}

type Joined = ResponseOf<typeof JoinGroup>['members'][number];

function groupMember({ memberId, groupInstanceId, metadata }: Joined, strategy: string): GroupMember {
  const { topics, ownedPartitions, generationId, userData } = subscriptionOf(memberId, metadata, strategy);
  const owned = ownedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
  return { memberId, groupInstanceId, topics, ownedPartitions: owned, generationId, userData };
}

/** As strict as Java, which gives up the meeting as well, and clearer about who is to blame. */
function subscriptionOf(memberId: string, metadata: Uint8Array, strategy: string): Subscription {
  try {
    return decodeSubscription(metadata);
  } catch (error) {
    if (error instanceof MalformedBytes) throw new MalformedSubscriptionError(memberId, strategy, error);
    throw error;
  }
}

/**
 * Under the cooperative protocol nobody may be given what somebody else still holds. `cooperative-sticky` has an eye to it by itself, and knows
 * better which claims are out of date.
 */
function checkHandOvers(
  group: readonly GroupMember[],
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
  strategy: string,
): void {
  if (strategy === 'cooperative-sticky') return;
  for (const { memberId, ownedPartitions } of group) {
    const kept = new Set((assignment.get(memberId) ?? []).map(nameOf));
    const taken = new Set(ownedPartitions.map(nameOf).filter((name) => !kept.has(name)));
    const given = [...assignment].flatMap(([other, partitions]) => (other === memberId ? [] : partitions.map(nameOf)));
    const both = given.filter((name) => taken.has(name));
    if (both.length === 0) continue;
    throw new Error(
      `the strategy '${strategy}' gives ${both.join(', ')} away while ${memberId} still has it. Under the cooperative protocol a partition that ` +
        "moves is left out of one assignment first; or give the strategy protocols: ['eager']",
    );
  }
}

/**
 * What is strange about an assignment. Kafka takes it as it is, and so do we: nobody knows what a strategy is up to. But whoever looks for a partition
 * that nobody reads, or that two read, should find it in the trace.
 */
function oddities(
  group: readonly GroupMember[],
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
  counts: ReadonlyMap<string, number>,
  mayHoldBack: boolean,
): { readonly twice: string[]; readonly nobody: string[]; readonly strangers: string[] } | undefined {
  const members = new Set(group.map(({ memberId }) => memberId));
  const strangers = [...assignment.keys()].filter((memberId) => !members.has(memberId));
  const given = [...assignment].flatMap(([memberId, all]) => (members.has(memberId) ? all.map(nameOf) : []));
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const name of given) (once.has(name) ? twice : once).add(name);
  // Under the cooperative protocol a partition that moves belongs to nobody for a while.
  const wanted = mayHoldBack
    ? []
    : [...counts].flatMap(([topic, count]) =>
        Array.from({ length: count }, (_, partition) => nameOf({ topic, partition })),
      );
  const nobody = wanted.filter((name) => !once.has(name));
  return twice.size + nobody.length + strangers.length === 0 ? undefined : { twice: [...twice], nobody, strangers };
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
