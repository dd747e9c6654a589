/** InitProducerId: a producer gets the id and epoch under which the broker counts its batches (KIP-98). */
import { api, int16, int32, int64, string } from '../schema.ts';

export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 4],
  flexibleSince: 2,
  request: {
    transactionalId: string
      .nullable()
      .default(null)
      .about('The name under which transactions survive a restart; null: none.'),
    transactionTimeoutMs: int32.default(60_000).about('How long a transaction may stay open.'),
    producerId: int64.since(3).default(-1).about('The id that the producer had; -1: none.'),
    producerEpoch: int16.since(3).default(-1).about('Its epoch; -1: none.'),
  },
  response: {
    throttleTimeMs: int32.default(0).about('How long a quota held the request back.'),
    errorCode: int16.about('Why there is no id, or 0.'),
    producerId: int64.default(-1).about('The id.'),
    producerEpoch: int16.about('The epoch, counted up for each new holder of the id.'),
  },
});
