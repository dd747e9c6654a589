/**
 * A topic was deleted: groups forget the offsets that they have in it, members or not. Otherwise a topic made again under the same name would be read from
 * offsets that belong to records of the old one.
 *
 * However many they are, they all go; they need not go at once. Nobody waits for this and nobody repeats it: when the log takes nothing at the moment, the
 * offsets stay until they expire, as in Kafka.
 *
 * Source: `OffsetMetadataManager.onPartitionsDeleted`, `GroupCoordinatorShard.onPartitionsDeleted`.
 */
import type { TopicDeletedEvent } from './events.ts';
import { offsetTombstone } from './offsetRecord.ts';
import type { Step } from './step.ts';

export function onTopicDeleted(step: Step, { topic, partitions }: TopicDeletedEvent): void {
  if (partitions.length === 0) return;
  const { groupId } = step.group;
  for (const partition of partitions) step.tell('offset.deleted', { group: groupId, topic, partition });
  const records = partitions.map((partition) => offsetTombstone({ group: groupId, topic, partition }));
  step.appendInPieces(records, { kind: 'topicDeleted' });
}
