/**
 * A static member comes back (KIP-345). It has a name of its own, `group.instance.id`, and so it takes over the place and the assignment
 * that it had before its restart, under a new member id. In a stable group this needs no rebalance, and that is what static members are for.
 */
import { Errors } from '../protocol/errors.ts';
import type { JoinEvent, JoinResponse } from './events.ts';
import { type Appending, type Member, NOTHING } from './group.ts';
import { groupRecord } from './groupRecord.ts';
import { joined, membersForLeader, rebalance } from './rebalance.ts';
import { groupErrorOf, refusedJoin } from './refusal.ts';
import { type Step, sessionTimer } from './step.ts';
import { selectProtocol } from './vote.ts';

type StaticMemberAppending = Extract<Appending, { kind: 'staticMember' }>;

export function replaceStaticMember(step: Step, event: JoinEvent, before: Member): void {
  const leaderBefore = step.group.leaderId;
  fence(step, before);
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = event;
  const member: Member = {
    ...before,
    // Its client id and host stay those that it first came with, as in Kafka.
    memberId: event.newMemberId,
    ...{ protocols, sessionTimeoutMs, rebalanceTimeoutMs, parkedJoin: event.to, parkedSync: null, isNew: false },
  };
  renameMember(step, before.memberId, member);
  step.stopTimer(sessionTimer(before.memberId));
  step.startSession(member);
  step.tellMember(before.memberId, 'replaced', `${member.memberId} has the same group.instance.id`);
  step.tellMember(member.memberId, 'joined', 'static member came back');
  const keepsAssignment = step.group.state === 'Stable' && selectProtocol(step.group) === step.group.protocolName;
  if (!keepsAssignment) return rebalance(step);
  step.append([groupRecord(step.group, step.now)], {
    kind: 'staticMember',
    to: event.to,
    response: returned(step, member, leaderBefore, event.canSkipAssignment),
    memberId: member.memberId,
    generationId: step.group.generationId,
    before,
  });
}

/** Requests of the one who is replaced are answered at once: two processes under one name must not both go on. */
function fence(step: Step, before: Member): void {
  const fenced = Errors.FENCED_INSTANCE_ID.code;
  if (before.parkedJoin !== null) step.reply(before.parkedJoin, refusedJoin(before.memberId, fenced));
  if (before.parkedSync !== null) step.reply(before.parkedSync, { errorCode: fenced, assignment: NOTHING });
}

/** The new id takes the place of the old one, also in the order of members and as leader. */
function renameMember(step: Step, oldMemberId: string, member: Member): void {
  const { leaderId, pendingSync } = step.group;
  const rename = (memberId: string) => (memberId === oldMemberId ? member.memberId : memberId);
  step.change({
    members: new Map(
      [...step.group.members].map(([id, other]) => (id === oldMemberId ? [member.memberId, member] : [id, other])),
    ),
    leaderId: leaderId === null ? null : rename(leaderId),
    pendingSync: new Set([...pendingSync].map(rename)),
  });
}

/** A client that knows `skipAssignment` may be told that it leads (KIP-814); an older one would then assign anew, so it is told otherwise. */
function returned(step: Step, member: Member, leaderBefore: string | null, canSkip: boolean): JoinResponse {
  const answer = joined(step.group, member);
  const leads = step.group.leaderId === member.memberId;
  if (!canSkip) return { ...answer, leader: leaderBefore ?? '', members: [] };
  return { ...answer, skipAssignment: leads, members: leads ? membersForLeader(step.group) : [] };
}

export function staticMemberAppended(step: Step, done: StaticMemberAppending): void {
  const member = step.group.members.get(done.memberId);
  // A rebalance that has begun meanwhile answers the parked JoinGroup in its own time.
  if (member?.parkedJoin !== done.to || step.group.state !== 'Stable') return;
  if (step.group.generationId !== done.generationId) return;
  step.putMember({ ...member, parkedJoin: null });
  // While it waited its session may have run out, which counts for nothing then; from now on it does.
  step.startSession(member);
  step.reply(done.to, done.response);
}

/** What is not written down has not happened: the member is put back as it was. */
export function staticMemberFailed(step: Step, failed: StaticMemberAppending, error: number): void {
  const member = step.group.members.get(failed.memberId);
  if (member?.parkedJoin !== failed.to) return;
  renameMember(step, failed.memberId, { ...failed.before, parkedJoin: null, parkedSync: null });
  step.stopTimer(sessionTimer(failed.memberId));
  step.startSession(failed.before);
  step.reply(failed.to, refusedJoin('', groupErrorOf(error)));
}
