/** DeleteGroups, versions 0-2. */
import type { DeleteEvent, DeleteResponse } from '../../coordinators/events.ts';
import type { DeleteGroups } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

export const handleDeleteGroups: Handler<typeof DeleteGroups> = async (services, request) => ({
  results: await Promise.all([...new Set(request.groupsNames)].map((groupId) => deleteGroup(services, groupId))),
});

async function deleteGroup({ groups }: Services, groupId: string): Promise<DeleteResponse> {
  if (groupId === '') return { groupId, errorCode: Errors.INVALID_GROUP_ID.code };
  const unavailable = groups.errorFor(groupId);
  if (unavailable !== Errors.NONE) return { groupId, errorCode: unavailable.code };
  try {
    const offsets = await groups.read(groupId, (shard) =>
      [...shard.offsets(groupId)].flatMap(([topic, partitions]) =>
        [...partitions.keys()].map((partition) => ({ topic, partition })),
      ),
    );
    const event = (to: number): DeleteEvent => ({ type: 'delete', to, groupId, offsets });
    return (await groups.ask(groupId, event)) as DeleteResponse;
  } catch {
    return { groupId, errorCode: Errors.NOT_COORDINATOR.code };
  }
}
