/** OffsetForLeaderEpoch, versions 2-4. A consumer asks after a change of leader whether what it has read is still there. */
import type { OffsetForLeaderEpoch } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import { epochError } from '../leaderEpoch.ts';
import type { Services } from '../services.ts';

type Wanted = RequestOf<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number];
type Answer = ResponseInput<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number];

export const handleOffsetForLeaderEpoch: Handler<typeof OffsetForLeaderEpoch> = (services, request) => ({
  topics: request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((wanted) => answer(services, topic, wanted)),
  })),
});

function answer({ topics }: Services, topic: string, wanted: Wanted): Answer {
  const { partition: index, currentLeaderEpoch, leaderEpoch } = wanted;
  const partition = topics.partition(topic, index);
  if (partition === undefined) return { partition: index, errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION.code };
  const { code } = epochError(currentLeaderEpoch, partition);
  if (code !== Errors.NONE.code) return { partition: index, errorCode: code };
  return { partition: index, errorCode: code, ...partition.endOfEpoch(leaderEpoch) };
}
