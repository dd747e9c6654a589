/** FindCoordinator: which broker looks after this group (or transactional id)? Several at once since version 4 (KIP-699). */
import { api, array, int8, int16, int32, string, struct } from '../schema.ts';

/** What a key names. */
export const COORDINATOR_OF_GROUP = 0;
export const COORDINATOR_OF_TRANSACTION = 1;
/** Of a share group: the last type that there is. */
export const LAST_COORDINATOR_TYPE = 2;

export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 4],
  flexibleSince: 3,
  request: {
    key: string.until(3).about('The group id or transactional id.'),
    keyType: int8.since(1).default(COORDINATOR_OF_GROUP).about('0: a group, 1: a transactional id.'),
    coordinatorKeys: array(string).since(4).about('The ids.'),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0).about('How long a quota held the request back.'),
    errorCode: int16.until(3).default(0).about('Why there is no answer, or 0.'),
    errorMessage: string.nullable().since(1).until(3).default(null).about('The same in words.'),
    nodeId: int32.until(3).default(-1).about('The broker.'),
    host: string.until(3).default('').about('Where clients reach it.'),
    port: int32.until(3).default(-1).about('Its port.'),
    coordinators: array(
      struct({
        key: string.about('The id.'),
        nodeId: int32.default(-1).about('The broker.'),
        host: string.default('').about('Where clients reach it.'),
        port: int32.default(-1).about('Its port.'),
        errorCode: int16.default(0).about('Why there is no answer, or 0.'),
        errorMessage: string.nullable().default(null).about('The same in words.'),
      }),
    )
      .since(4)
      .about('One entry an id.'),
  },
});
