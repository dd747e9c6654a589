/** DescribeGroups, versions 0-5. A group that does not exist is described as Dead, without an error. One that is named twice is described once. */
import { type Group, metadataOf, NOTHING } from '../../coordinators/group.ts';
import type { DescribeGroups } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import { GROUP_OPERATIONS } from '../allowedOperations.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

type Description = ResponseInput<typeof DescribeGroups>['groups'][number];

export const handleDescribeGroups: Handler<typeof DescribeGroups> = async (services, request) => ({
  groups: await Promise.all(
    [...new Set(request.groups)].map(async (groupId) => {
      const description = await describe(services, groupId);
      const tells = request.includeAuthorizedOperations && description.errorCode === Errors.NONE.code;
      return tells ? { ...description, authorizedOperations: GROUP_OPERATIONS } : description;
    }),
  ),
});

async function describe({ groups }: Services, groupId: string): Promise<Description> {
  const nothing = { groupId, groupState: '', protocolType: '', protocolData: '', members: [] };
  if (groupId === '') return { ...nothing, errorCode: Errors.INVALID_GROUP_ID.code };
  const unavailable = groups.errorFor(groupId);
  if (unavailable !== Errors.NONE) return { ...nothing, errorCode: unavailable.code };
  try {
    const group = await groups.read(groupId, (shard) => shard.group(groupId));
    return group ? described(group) : { ...nothing, errorCode: Errors.NONE.code, groupState: 'Dead' };
  } catch {
    return { ...nothing, errorCode: Errors.NOT_COORDINATOR.code };
  }
}

function described(group: Group): Description {
  // What a member can do is shown by the strategy that was chosen, so only while one is.
  const stable = group.state === 'Stable';
  return {
    errorCode: Errors.NONE.code,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: stable ? metadataOf(member, group.protocolName) : NOTHING,
      memberAssignment: member.assignment,
    })),
  };
}
