/** OffsetDelete: a group forgets offsets of topics that no member of it is subscribed to. */
import { CONSUMER_PROTOCOL_TYPE, decodeSubscription } from '../protocol/consumerProtocol.ts';
import { Errors } from '../protocol/errors.ts';
import type { DeleteOffsetsEvent, DeleteOffsetsResponse } from './events.ts';
import { type Appending, type Group, metadataOf } from './group.ts';
import { offsetTombstone } from './offsetRecord.ts';
import { refusal } from './refusal.ts';
import type { Step } from './step.ts';

export function onDeleteOffsets(step: Step, event: DeleteOffsetsEvent): void {
  const { group } = step;
  // Nobody here can read the subscriptions of members that are not consumers, so while there are any nothing is deleted.
  if (group.state !== 'Empty' && group.protocolType !== CONSUMER_PROTOCOL_TYPE) {
    return step.reply(event.to, refusal(event, Errors.NON_EMPTY_GROUP));
  }
  const subscribed = subscribedTopics(group);
  const isSubscribed = (topic: string) => subscribed === 'all' || subscribed.has(topic);
  const records = event.topics
    .filter(({ name }) => !isSubscribed(name))
    .flatMap(({ name, partitions }) =>
      partitions
        .filter(({ hasOffset }) => hasOffset)
        .map(({ partitionIndex }) => offsetTombstone({ group: group.groupId, topic: name, partition: partitionIndex })),
    );
  const response: DeleteOffsetsResponse = {
    errorCode: Errors.NONE.code,
    topics: event.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: (isSubscribed(name) ? Errors.GROUP_SUBSCRIBED_TO_TOPIC : Errors.NONE).code,
      })),
    })),
  };
  if (records.length === 0) return step.reply(event.to, response);
  step.append(records, { kind: 'deleteOffsets', to: event.to, response });
}

export function deleteOffsetsAppended(step: Step, done: Extract<Appending, { kind: 'deleteOffsets' }>): void {
  step.reply(done.to, done.response);
}

/** The topics that the members want. A subscription that cannot be read may want anything, and so may members before their first vote. */
export function subscribedTopics(group: Group): ReadonlySet<string> | 'all' {
  if (group.members.size === 0) return new Set();
  if (group.protocolName === null) return 'all';
  try {
    const members = [...group.members.values()];
    return new Set(members.flatMap((member) => decodeSubscription(metadataOf(member, group.protocolName)).topics));
  } catch {
    return 'all';
  }
}
