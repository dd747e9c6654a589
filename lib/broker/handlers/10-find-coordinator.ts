/** FindCoordinator, versions 0-4: who coordinates this group? The leader of the partition that keeps it, which here is always this broker. */
import { COORDINATOR_OF_GROUP, type FindCoordinator, LAST_COORDINATOR_TYPE } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import { ensureOffsetsTopic } from '../offsetsTopic.ts';
import type { Services } from '../services.ts';

type Coordinator = NonNullable<ResponseInput<typeof FindCoordinator>['coordinators']>[number];

const SEVERAL_KEYS_SINCE = 4;

export const handleFindCoordinator: Handler<typeof FindCoordinator> = async (services, request, { version }) => {
  const several = version >= SEVERAL_KEYS_SINCE;
  const keys = several ? request.coordinatorKeys : [request.key];
  const isThere = request.keyType !== COORDINATOR_OF_GROUP || (await hasOffsetsTopic(services));
  const coordinators = keys.map((key) => (isThere ? answer(services, key, request.keyType) : unavailable(key)));
  if (several) return { coordinators: coordinators.map((one) => ({ errorMessage: '', ...one })) };
  const [{ nodeId, host, port, errorCode, errorMessage = Errors.NONE.message }] = coordinators;
  return { nodeId, host, port, errorCode, errorMessage };
};

/** Makes it for the first group that asks, unless the disk refuses. */
async function hasOffsetsTopic(services: Services): Promise<boolean> {
  try {
    await ensureOffsetsTopic(services);
    return true;
  } catch {
    return false;
  }
}

function unavailable(key: string): Coordinator {
  const { code, message } = Errors.COORDINATOR_NOT_AVAILABLE;
  return { key, nodeId: -1, host: '', port: -1, errorCode: code, errorMessage: message };
}

function answer({ brokerId, address }: Services, key: string, keyType: number): Coordinator {
  if (keyType < COORDINATOR_OF_GROUP || keyType > LAST_COORDINATOR_TYPE) {
    const errorMessage = `There is no coordinator of type ${keyType}.`;
    return { key, errorCode: Errors.INVALID_REQUEST.code, errorMessage };
  }
  if (keyType !== COORDINATOR_OF_GROUP) {
    const errorMessage = 'This broker has no transactions and no share groups.';
    return { key, errorCode: Errors.COORDINATOR_NOT_AVAILABLE.code, errorMessage };
  }
  return { key, nodeId: brokerId, host: address.host, port: address.port };
}
