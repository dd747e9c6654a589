/** ListGroups, versions 0-5. */
import type { ListGroups } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

const TYPE = 'classic';

export const handleListGroups: Handler<typeof ListGroups> = ({ groups }, { statesFilter, typesFilter }) => {
  const { loaded, loading } = groups.shards;
  const states = new Set(statesFilter.map((state) => state.toLowerCase()));
  const types = new Set(typesFilter.map((type) => type.toLowerCase()));
  const listed = loaded
    .flatMap((shard) => [...shard.groups])
    .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
    .filter(() => types.size === 0 || types.has(TYPE))
    .map(({ groupId, protocolType, state }) => ({
      groupId,
      protocolType: protocolType ?? '',
      groupState: state,
      groupType: TYPE,
    }));
  const errorCode = (loading ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.NONE).code;
  return { errorCode, groups: listed };
};
