/**
 * The consumer as a member of its group: joining, and what the coordinator's errors do to it.
 *
 * A rebalance has two steps. In the first, JoinGroup, all members meet at the coordinator, which keeps them waiting until everybody is there
 * and then tells one of them, the leader, who has come. In the second, SyncGroup, the leader hands in who gets what, and everybody receives
 * their part. Both steps have one generation number; whoever speaks with an older number is not heard.
 *
 * A static member has a name of its own beside the id that the coordinator gives. It never says goodbye: whoever comes back under the name takes
 * the place of who had it before, and that one, should it still live, is fenced.
 *
 * Source: Apache Kafka `AbstractCoordinator`; KIP-394 for the member id that a first JoinGroup brings back, KIP-345 for static members.
 */
import { JoinGroup } from '../../protocol/apis/11-join-group.ts';
import { LeaveGroup } from '../../protocol/apis/13-leave-group.ts';
import { SyncGroup } from '../../protocol/apis/14-sync-group.ts';
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment, type encodeSubscription } from '../../protocol/consumerProtocol.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import type { ClientContext } from '../clientContext.ts';
import { isRetriable } from '../errors.ts';
import type { TopicPartition } from '../topicPartition.ts';
import type { CoordinatorClient } from './coordinatorClient.ts';
import { Heartbeats } from './heartbeats.ts';

/** Java's member states. `preparing`: JoinGroup is under way. `completing`: SyncGroup is. Only in `stable` may a member commit. */
export type MemberState = 'unjoined' | 'preparing' | 'completing' | 'stable';

export interface Generation {
  /** -1: none. */
  readonly generationId: number;
  /** Empty: none yet. */
  readonly memberId: string;
}

/** What the member brings to the meeting, and what it does if it is made leader. */
export interface GroupRole {
  /** The strategies that it can use, the favourite first, each with the member's subscription in bytes. */
  protocols(
    generationId: number,
  ): { readonly name: string; readonly metadata: ReturnType<typeof encodeSubscription> }[];
  /** Leads: computes the assignments of all members, or, when they are to stay as they are, only watches whether there are new partitions. */
  lead(
    strategy: string,
    members: ResponseOf<typeof JoinGroup>['members'],
    skipAssignment: boolean,
  ): Promise<readonly { readonly memberId: string; readonly assignment: Uint8Array }[]>;
}

/** How an attempt to join has ended. */
export type JoinOutcome =
  | { readonly joined: Generation; readonly assignment: readonly TopicPartition[] }
  /** To be tried again, after a pause or without. */
  | { readonly again: 'now' | 'later' };

export interface MembershipSettings {
  readonly groupInstanceId?: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
  readonly requestTimeoutMs: number;
}

// The coordinator answers a JoinGroup at the end of the rebalance timeout: the answer gets a little longer than that to arrive.
const JOIN_LAPSE_MS = 5_000;
/** Characters of a reason; brokers refuse or cut longer ones (KIP-800). */
const LONGEST_REASON = 255;
/** What to do about FENCED_INSTANCE_ID, wherever it is met. */
export const FENCED_HINT =
  "Another consumer has joined with the same groupInstanceId and taken this one's place. Close this one, and give each member a name of its own.";
const NO_GENERATION: Generation = { generationId: -1, memberId: '' };

export class Membership {
  state: MemberState = 'unjoined';
  generation: Generation = NO_GENERATION;
  /** Whether the group has to meet again before this member goes on. */
  rejoinNeeded = true;
  /** How often the member has been thrown out or has left: what it prepared for the next meeting before that is void. */
  resets = 0;
  readonly heartbeats: Heartbeats;
  readonly #coordinator: CoordinatorClient;
  readonly #settings: MembershipSettings;
  readonly #role: GroupRole;
  readonly #changed: () => void;
  #reason = 'the consumer has subscribed';

  /** `isPolling`: the application waits in `poll`. `changed` is called when `poll` has something to do: a rebalance, or an error to report. */
  constructor(
    context: ClientContext,
    coordinator: CoordinatorClient,
    settings: MembershipSettings,
    role: GroupRole,
    isPolling: () => boolean,
    changed: () => void,
  ) {
    this.#coordinator = coordinator;
    this.#settings = settings;
    this.#role = role;
    this.#changed = changed;
    this.heartbeats = new Heartbeats(context, coordinator, this, settings, isPolling, changed);
  }

  /** The name that outlives a restart; null for a dynamic member. */
  get groupInstanceId(): string | null {
    return this.#settings.groupInstanceId ?? null;
  }

  /** Asks for a new meeting of the group, which begins in the next `poll`. */
  requestRejoin(reason: string): void {
    this.#reason = reason.slice(0, LONGEST_REASON);
    this.rejoinNeeded = true;
    this.#changed();
  }

  /** One attempt to join. Rejects with errors that will not pass. */
  async join(): Promise<JoinOutcome> {
    this.rejoinNeeded = false;
    this.state = 'preparing';
    try {
      const outcome = await this.#meet();
      if ('joined' in outcome) this.state = 'stable';
      else this.#notIn();
      return outcome;
    } catch (error) {
      this.#notIn();
      if (isRetriable(error)) return { again: 'later' };
      throw error;
    }
  }

  /** The group has gone on without the member that used `generation`. Harmless when that is not the one of now. */
  expelled(used: Pick<Generation, 'generationId' | 'memberId'>, error: ErrorCode): void {
    if (used !== this.generation) return;
    // A group that only moved on to another generation still knows the member by its id. Who was fenced keeps the old id too, and so stays
    // out: under a new one it would fence the other in turn, which is what Java does when an application polls on.
    const memberId = error === Errors.UNKNOWN_MEMBER_ID ? '' : used.memberId;
    this.#reset(memberId, `it met ${error.name}`);
  }

  /** Leaves the group, so that the others need not wait for the end of the session. Never rejects. */
  async leave(reason: string): Promise<void> {
    const { memberId } = this.generation;
    // The coordinator reads nothing on a connection while it keeps a JoinGroup waiting there: the farewell needs a new one.
    if (this.state === 'preparing' || this.state === 'completing') this.#coordinator.hangUp(reason);
    this.#reset('', reason);
    if (memberId === '' || this.groupInstanceId !== null) return;
    const { groupId } = this.#coordinator;
    try {
      await this.#coordinator.send(
        LeaveGroup,
        { groupId, memberId, members: [{ memberId, reason: reason.slice(0, LONGEST_REASON) }] },
        { detail: { group: groupId, member: memberId } },
      );
    } catch {
      // Without a farewell the coordinator notices by the end of the session.
    }
  }

  #reset(memberId: string, reason: string): void {
    // A new object, by which an attempt to join that is under way knows that it has been overtaken.
    this.generation = { generationId: NO_GENERATION.generationId, memberId };
    this.state = 'unjoined';
    this.resets++;
    this.requestRejoin(reason);
  }

  #notIn(): void {
    this.rejoinNeeded = true;
    if (this.state === 'preparing' || this.state === 'completing') this.state = 'unjoined';
  }

  // #region meet
  async #meet(): Promise<JoinOutcome> {
    const { groupId } = this.#coordinator;
    const before = this.generation;
    const join = await this.#coordinator.send(
      JoinGroup,
      {
        groupId,
        sessionTimeoutMs: this.#settings.sessionTimeoutMs,
        rebalanceTimeoutMs: this.#settings.maxPollIntervalMs,
        memberId: before.memberId,
        groupInstanceId: this.groupInstanceId,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocols: this.#role.protocols(before.generationId),
        reason: this.#reason,
      },
      { timeoutMs: this.#answerTimeoutMs(), detail: { group: groupId, member: before.memberId } },
    );
    // The consumer may have left the group in the meantime.
    if (this.generation !== before) return { again: 'now' };
    if (join.errorCode !== 0) return this.#turnedAway(errorOf(join.errorCode), before, join.memberId);

    const generation = { generationId: join.generationId, memberId: join.memberId };
    this.generation = generation;
    this.state = 'completing';
    this.heartbeats.start();
    const strategy = join.protocolName ?? '';
    const isLeader = join.leader === join.memberId;
    const assignments = isLeader ? await this.#role.lead(strategy, join.members, join.skipAssignment) : [];
    if (this.generation !== generation) return { again: 'now' };

    const sync = await this.#coordinator.send(
      SyncGroup,
      {
        groupId,
        ...generation,
        groupInstanceId: this.groupInstanceId,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocolName: join.protocolName,
        assignments,
      },
      { timeoutMs: this.#answerTimeoutMs(), detail: { group: groupId, generation: generation.generationId } },
    );
    if (this.generation !== generation) return { again: 'now' };
    if (sync.errorCode !== 0) return this.#turnedAway(errorOf(sync.errorCode), generation, '');
    return { joined: generation, assignment: partitionsIn(sync.assignment) };
  }
  // #endregion meet

  #turnedAway(error: ErrorCode, used: Generation, memberId: string): JoinOutcome {
    this.#coordinator.heard(error);
    switch (error) {
      case Errors.MEMBER_ID_REQUIRED:
        this.generation = { generationId: NO_GENERATION.generationId, memberId };
        return { again: 'now' };
      case Errors.UNKNOWN_MEMBER_ID:
      case Errors.ILLEGAL_GENERATION:
        this.expelled(used, error);
        return { again: 'now' };
      case Errors.REBALANCE_IN_PROGRESS:
        return { again: 'now' };
      default:
        if (error.retriable) return { again: 'later' };
        throw new KafkaError(error, `join group ${this.#coordinator.groupId}`, hints.get(error));
    }
  }

  #answerTimeoutMs(): number {
    return Math.max(this.#settings.requestTimeoutMs, this.#settings.maxPollIntervalMs + JOIN_LAPSE_MS);
  }
}

function partitionsIn(assignment: Uint8Array): TopicPartition[] {
  return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

const hints: ReadonlyMap<ErrorCode, string> = new Map([
  [Errors.INVALID_SESSION_TIMEOUT, 'Change sessionTimeoutMs of the consumer, or the limits of the broker.'],
  [
    Errors.INCONSISTENT_GROUP_PROTOCOL,
    'Give all members a common partitionAssignmentStrategy, or use another groupId.',
  ],
  [Errors.INVALID_GROUP_ID, 'Give the consumer a groupId.'],
  [Errors.GROUP_MAX_SIZE_REACHED, 'Stop a member first.'],
  [Errors.FENCED_INSTANCE_ID, FENCED_HINT],
]);
