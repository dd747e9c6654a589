/** What both ends of the pipe have, so that it travels by its name: the strategies of the library, and the classes of its errors. */
import * as clientErrors from '../../../lib/client/errors.ts';
import { cooperativeSticky, KafkaError, kafkajsRoundRobin, range, roundRobin, sticky } from '../../../lib/index.ts';

export const shared: ReadonlyMap<string, unknown> = new Map(
  [range, roundRobin, sticky, cooperativeSticky, kafkajsRoundRobin].map((one) => [one.name, one]),
);

export const errors: ReadonlyMap<string, object> = new Map(
  [KafkaError, ...Object.values(clientErrors)].map((one) => [one.name, one.prototype]),
);
