/** All observations, chapter by chapter. */
import { commitObservations } from './commits.ts';
import { configObservations } from './configs.ts';
import { connectionObservations } from './connections.ts';
import { fetchObservations } from './fetch.ts';
import { groupAdminObservations } from './groupAdmin.ts';
import { groupObservations } from './groups.ts';
import { metadataObservations } from './metadata.ts';
import type { Observation } from './observation.ts';
import { offsetObservations } from './offsets.ts';
import { produceObservations } from './produce.ts';
import { producerObservations } from './producers.ts';
import { sessionObservations } from './sessions.ts';
import { staticMemberObservations } from './staticMembers.ts';
import { topicObservations } from './topics.ts';

export const book: readonly Observation[] = [
  ...produceObservations,
  ...producerObservations,
  ...fetchObservations,
  ...sessionObservations,
  ...offsetObservations,
  ...metadataObservations,
  ...topicObservations,
  ...configObservations,
  ...connectionObservations,
  ...groupObservations,
  ...staticMemberObservations,
  ...commitObservations,
  ...groupAdminObservations,
];

/** Settings that both brokers have for the observations; all else is Kafka's default. */
export const observedProperties = {
  // The shortest session that a test can wait for; Kafka's own minimum is six seconds.
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
};
