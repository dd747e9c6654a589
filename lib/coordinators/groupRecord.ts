/**
 * The record in which a classic group is kept: its value holds all that a new coordinator needs to go on. It is written when an assignment is
 * made, when a group becomes empty, and when a static member comes back; a round that was not finished leaves no trace.
 *
 * Source: `GroupMetadataValue.json`, version 3, the newest without tagged fields.
 */
import { Reader } from '../bytes/reader.ts';
import { array, bytes, int32, int64, string, struct } from '../protocol/schema.ts';
import { encodeGroupKey, versioned } from './coordinatorKey.ts';
import { type Group, type Member, metadataOf, newGroup } from './group.ts';
import type { CoordinatorRecord } from './outcome.ts';

const VERSION = 3;

const groupValue = struct({
  protocolType: string,
  generation: int32,
  protocol: string.nullable(),
  leader: string.nullable(),
  currentStateTimestamp: int64.since(2).default(-1),
  members: array(
    struct({
      memberId: string,
      groupInstanceId: string.nullable().since(3).default(null),
      clientId: string,
      clientHost: string,
      rebalanceTimeout: int32.since(1).default(-1),
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  ),
});

/** `assignments` are those that are being stored; left out, each member keeps its own. */
export function groupRecord(
  group: Group,
  now: number,
  assignments?: ReadonlyMap<string, Uint8Array>,
): CoordinatorRecord {
  const members = [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, group.protocolName),
    assignment: assignments?.get(member.memberId) ?? member.assignment,
  }));
  const value = versioned(VERSION, groupValue, {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: now,
    members,
  });
  return { key: encodeGroupKey(group.groupId), value };
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return { key: encodeGroupKey(groupId), value: null };
}

// #region groupFromRecord
/** The group as a new coordinator finds it: Stable if it has members, else Empty. Throws `MalformedBytes`. */
export function groupFromRecord(groupId: string, value: Uint8Array): Group {
  const reader = new Reader(value);
  const version = reader.int16();
  const read = groupValue.read(reader, { version, flexible: false });
  const members = new Map<string, Member>();
  for (const member of read.members) {
    members.set(member.memberId, {
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      sessionTimeoutMs: member.sessionTimeout,
      rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      protocols: read.protocol === null ? [] : [{ name: read.protocol, metadata: member.subscription.slice() }],
      assignment: member.assignment.slice(),
      isNew: false,
      parkedJoin: null,
      parkedSync: null,
    });
  }
  return {
    ...newGroup(groupId),
    state: members.size > 0 ? 'Stable' : 'Empty',
    stateTimestamp: read.currentStateTimestamp < 0 ? null : read.currentStateTimestamp,
    generationId: read.generation,
    protocolType: read.protocolType === '' ? null : read.protocolType,
    protocolName: read.protocol,
    leaderId: read.leader,
    members,
  };
}
// #endregion groupFromRecord
