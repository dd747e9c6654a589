/** InitProducerId, versions 0-4: an id for an idempotent producer. Not here: transactional ids. */
import type { InitProducerId } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

export const handleInitProducerId: Handler<typeof InitProducerId> = async ({ topics }, request) => {
  const { transactionalId, producerId, producerEpoch } = request;
  const hasHalf = (producerId === -1) !== (producerEpoch === -1);
  if (transactionalId !== null || hasHalf)
    return { errorCode: Errors.INVALID_REQUEST.code, producerId: -1, producerEpoch: -1 };
  // A producer that lost its place asks again and gets a fresh id, which serves as well as a new epoch of the old one (KIP-360).
  return { errorCode: Errors.NONE.code, producerId: await topics.nextProducerId(), producerEpoch: 0 };
};
