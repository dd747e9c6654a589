/** All observations, chapter by chapter. */
import { commitObservations } from './commits.ts';
import { configObservations } from './configs.ts';
import { connectionObservations } from './connections.ts';
import { consumerObservations } from './consumers.ts';
import { fetchObservations } from './fetch.ts';
import { groupAdminObservations } from './groupAdmin.ts';
import { groupOffsetObservations } from './groupOffsets.ts';
import { groupStateObservations } from './groupStates.ts';
import { groupObservations } from './groups.ts';
import { metadataObservations } from './metadata.ts';
import type { Observation } from './observation.ts';
import { offsetObservations } from './offsets.ts';
import { produceObservations } from './produce.ts';
import { producerObservations } from './producers.ts';
import { roundObservations } from './rounds.ts';
import { sessionObservations } from './sessions.ts';
import { staticGroupObservations } from './staticGroups.ts';
import { staticMemberObservations } from './staticMembers.ts';
import { strictGroupObservations } from './strictGroups.ts';
import { timerObservations } from './timers.ts';
import { topicObservations } from './topics.ts';
import { voteObservations } from './votes.ts';

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
  ...roundObservations,
  ...voteObservations,
  ...timerObservations,
  ...staticGroupObservations,
  ...groupOffsetObservations,
  ...groupStateObservations,
  ...strictGroupObservations,
  ...consumerObservations,
];

/** Settings that both brokers have for the observations; all else is Kafka's default. */
export const observedProperties: { readonly [name: string]: string } = {
  // The shortest session that a test can wait for; Kafka's own minimum is six seconds.
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
};

/** Those of a second broker, for what one broker can show in one way only: limits of groups, the wait for members that start together, expiry. */
export const strictProperties: { readonly [name: string]: string } = {
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '1500',
  'group.max.size': '2',
  'offsets.retention.check.interval.ms': '200',
};
