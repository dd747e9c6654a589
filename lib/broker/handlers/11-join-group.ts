/** JoinGroup, versions 0-9. The answer may take as long as a rebalance. */
import { Writer } from '../../bytes/writer.ts';
import type { JoinEvent, JoinResponse } from '../../coordinators/events.ts';
import { refusedJoin } from '../../coordinators/refusal.ts';
import type { JoinGroup } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import { MAX_STRING_BYTES } from '../../protocol/primitives.ts';
import type { Handler } from '../dispatch.ts';
import { randomUuid } from '../randomUuid.ts';

const KNOWN_MEMBER_ID_SINCE = 4;
const PROTOCOL_NAME_NULLABLE_SINCE = 7;
const SKIP_ASSIGNMENT_SINCE = 9;

export const handleJoinGroup: Handler<typeof JoinGroup> = async (services, request, { version, clientId, remote }) => {
  const { groupId, memberId, groupInstanceId, sessionTimeoutMs, protocolType } = request;
  const newMemberId = `${groupInstanceId ?? clientId ?? ''}-${randomUuid(services.host.random)}`;
  // It could not be written in any answer, nor in that of the member that leads.
  if (Writer.utf8(newMemberId).length > MAX_STRING_BYTES) return refusedJoin(memberId, Errors.INVALID_REQUEST.code);
  const event = (to: number): JoinEvent => ({
    type: 'join',
    to,
    groupId,
    memberId,
    newMemberId,
    groupInstanceId,
    clientId: clientId ?? '',
    clientHost: `/${remote.slice(0, remote.lastIndexOf(':'))}`,
    sessionTimeoutMs,
    // Version 0 has one time for both.
    rebalanceTimeoutMs: version === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType,
    // The group keeps these bytes; the request is a view of a buffer that will be used again.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
    requireKnownMemberId: version >= KNOWN_MEMBER_ID_SINCE,
    canSkipAssignment: version >= SKIP_ASSIGNMENT_SINCE,
  });
  const unavailable = services.groups.errorFor(groupId);
  const response =
    unavailable === Errors.NONE
      ? ((await services.groups.ask(groupId, event)) as JoinResponse)
      : refusedJoin(memberId, unavailable.code);
  return version >= PROTOCOL_NAME_NULLABLE_SINCE
    ? response
    : { ...response, protocolName: response.protocolName ?? '' };
};
