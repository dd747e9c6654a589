/** What can happen to a classic group, and what its coordinator answers. Requests are events with a number to answer to. */
import type {
  DeleteGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetDelete,
  SyncGroup,
} from '../protocol/apis/index.ts';
import type { ResponseInput } from '../protocol/schema.ts';
import type { MemberProtocol } from './group.ts';
import type { ReplyTo, RuntimeEvent } from './outcome.ts';

export type JoinResponse = ResponseInput<typeof JoinGroup>;
export type SyncResponse = ResponseInput<typeof SyncGroup>;
export type HeartbeatResponse = ResponseInput<typeof Heartbeat>;
export type LeaveResponse = ResponseInput<typeof LeaveGroup>;
export type CommitResponse = ResponseInput<typeof OffsetCommit>;
export type DeleteResponse = ResponseInput<typeof DeleteGroups>['results'][number];
export type DeleteOffsetsResponse = ResponseInput<typeof OffsetDelete>;
export type GroupResponse =
  | JoinResponse
  | SyncResponse
  | HeartbeatResponse
  | LeaveResponse
  | CommitResponse
  | DeleteResponse
  | DeleteOffsetsResponse;

export interface JoinEvent {
  readonly type: 'join';
  readonly to: ReplyTo;
  readonly groupId: string;
  /** Empty for somebody new. */
  readonly memberId: string;
  /** The id to use for somebody new: drawn by the runtime, since a decision draws no lots. */
  readonly newMemberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** Whether somebody new must come twice, the second time with the id it was given: JoinGroup version 4 and up (KIP-394). */
  readonly requireKnownMemberId: boolean;
  /** Whether a returning static leader can be told to keep the assignment: JoinGroup version 9 and up (KIP-814). */
  readonly canSkipAssignment: boolean;
}

/** How a member shows who it is, in all requests after JoinGroup. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface SyncEvent extends MemberIdentity {
  readonly type: 'sync';
  readonly to: ReplyTo;
  readonly groupId: string;
  readonly generationId: number;
  /** Null when the request's version does not carry it. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export interface HeartbeatEvent extends MemberIdentity {
  readonly type: 'heartbeat';
  readonly to: ReplyTo;
  readonly groupId: string;
  readonly generationId: number;
}

export interface LeaveEvent {
  readonly type: 'leave';
  readonly to: ReplyTo;
  readonly groupId: string;
  readonly members: readonly MemberIdentity[];
}

export interface CommitEvent extends MemberIdentity {
  readonly type: 'commit';
  readonly to: ReplyTo;
  readonly groupId: string;
  /** -1 from somebody outside the group protocol. */
  readonly generationId: number;
  /** How long the offsets are to be kept, in ms, where the committer says so. */
  readonly retentionTimeMs?: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly committedOffset: number;
      readonly committedLeaderEpoch: number;
      readonly committedMetadata: string | null;
    }[];
  }[];
}

export interface DeleteEvent {
  readonly type: 'delete';
  readonly to: ReplyTo;
  readonly groupId: string;
  /** The partitions that the group has offsets for: they are deleted with it. */
  readonly offsets: readonly { readonly topic: string; readonly partition: number }[];
}

export interface DeleteOffsetsEvent {
  readonly type: 'deleteOffsets';
  readonly to: ReplyTo;
  readonly groupId: string;
  readonly topics: readonly {
    readonly name: string;
    /** `hasOffset`: only what is there needs a record that deletes it. */
    readonly partitions: readonly { readonly partitionIndex: number; readonly hasOffset: boolean }[];
  }[];
}

/** A group has been read from the log, and its members' sessions begin afresh. */
export interface LoadedEvent {
  readonly type: 'loaded';
}

export type GroupRequest =
  | JoinEvent
  | SyncEvent
  | HeartbeatEvent
  | LeaveEvent
  | CommitEvent
  | DeleteEvent
  | DeleteOffsetsEvent;
/** Time to look for offsets that are no longer needed: all that the group has. */
export interface SweepEvent {
  readonly type: 'sweep';
  readonly offsets: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly commitTimestamp: number;
    readonly expireTimestamp?: number;
  }[];
}

/** A topic is gone, and with it every use for offsets in it. */
export interface TopicDeletedEvent {
  readonly type: 'topicDeleted';
  readonly topic: string;
  /** The partitions of it that the group has offsets for, or has commits under way for. */
  readonly partitions: readonly number[];
}

export type GroupEvent = GroupRequest | LoadedEvent | SweepEvent | TopicDeletedEvent | RuntimeEvent;

/** What the broker's properties say about groups. */
export interface GroupSettings {
  /** `group.min.session.timeout.ms`. */
  readonly minSessionTimeoutMs: number;
  /** `group.max.session.timeout.ms`. */
  readonly maxSessionTimeoutMs: number;
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number;
  /** `group.max.size`. */
  readonly maxSize: number;
  /** `offset.metadata.max.bytes`. */
  readonly offsetMetadataMaxBytes: number;
  /** `offsets.retention.minutes`, in ms. */
  readonly offsetsRetentionMs: number;
}

export const defaultGroupSettings: GroupSettings = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  maxSize: 0x7fffffff,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 7 * 86_400_000,
};

/** A member that has not had its first answer cannot send heartbeats; after this time it is given up all the same. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;
