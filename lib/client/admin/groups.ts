/** Groups and their offsets. The coordinator of each group answers. */
import { OffsetFetch } from '../../protocol/apis/09-offset-fetch.ts';
import { DescribeGroups } from '../../protocol/apis/15-describe-groups.ts';
import { ListGroups } from '../../protocol/apis/16-list-groups.ts';
import { DeleteGroups } from '../../protocol/apis/42-delete-groups.ts';
import { OffsetDelete } from '../../protocol/apis/47-offset-delete.ts';
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment } from '../../protocol/consumerProtocol.ts';
import { byTopic, nameOf, type TopicPartition } from '../topicPartition.ts';
import type { GroupDescription, GroupListing, GroupOffset } from './api.ts';
import { type Calls, check, isMissing, missing } from './calls.ts';
import { describeCluster } from './topics.ts';

export async function listGroups(calls: Calls): Promise<GroupListing[]> {
  const { brokers } = await describeCluster(calls);
  const listed = await Promise.all(brokers.map(({ id }) => groupsAt(calls, id)));
  return listed.flat().sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

function groupsAt(calls: Calls, brokerId: number): Promise<GroupListing[]> {
  return calls.attempt('list groups', async () => {
    const { errorCode, groups } = await (await calls.broker(brokerId)).send(ListGroups, {});
    check(errorCode, 'list groups');
    return groups.map(({ groupId, protocolType, groupState: state }) => ({ groupId, protocolType, state }));
  });
}

export function describeGroup(calls: Calls, groupId: string): Promise<GroupDescription> {
  return calls.atCoordinator(groupId, `describe group ${groupId}`, async (send, checked) => {
    const [group] = (await send(DescribeGroups, { groups: [groupId] })).groups;
    checked(group.errorCode);
    const isOfConsumers = group.protocolType === CONSUMER_PROTOCOL_TYPE;
    return {
      groupId,
      state: group.groupState,
      strategy: group.protocolData,
      members: group.members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
        memberId,
        clientId,
        host: clientHost,
        assignment: isOfConsumers ? assigned(memberAssignment) : [],
      })),
    };
  });
}

export function deleteGroup(calls: Calls, groupId: string): Promise<void> {
  return calls.atCoordinator(groupId, `delete group ${groupId}`, async (send, checked) => {
    for (const { errorCode } of (await send(DeleteGroups, { groupsNames: [groupId] })).results) checked(errorCode);
  });
}

export function listConsumerGroupOffsets(
  calls: Calls,
  groupId: string,
  partitions: readonly TopicPartition[] | undefined,
): Promise<GroupOffset[]> {
  const topics =
    partitions === undefined
      ? null
      : byTopic(partitions).map(([name, entries]) => ({
          name,
          partitionIndexes: entries.map(({ partition }) => partition),
        }));
  return calls.atCoordinator(groupId, `list the offsets of group ${groupId}`, async (send, checked) => {
    const response = await send(OffsetFetch, { groupId, topics, groups: [{ groupId, topics }] });
    // From version 8 on one request may ask for several groups.
    const answer = response.groups[0] ?? response;
    checked(answer.errorCode);
    return answer.topics.flatMap(({ name: topic, partitions }) =>
      partitions.flatMap(({ partitionIndex: partition, committedOffset: offset, errorCode, ...rest }) => {
        checked(errorCode);
        const { metadata, committedLeaderEpoch: leaderEpoch } = rest;
        return offset < 0 ? [] : [{ topic, partition, offset, metadata: metadata ?? '', leaderEpoch }];
      }),
    );
  });
}

export async function deleteConsumerGroupOffsets(
  calls: Calls,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const doing = `delete offsets of group ${groupId}`;
  const results = await calls.atCoordinator(groupId, doing, async (send, checked) => {
    const response = await send(OffsetDelete, {
      groupId,
      topics: byTopic(partitions).map(([name, entries]) => ({
        name,
        partitions: entries.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    });
    checked(response.errorCode);
    return response.topics;
  });
  for (const { name: topic, partitions } of results) {
    for (const { partitionIndex: partition, errorCode } of partitions) {
      if (isMissing(errorCode)) throw missing(doing, nameOf({ topic, partition }));
      check(errorCode, `${doing} for ${nameOf({ topic, partition })}`);
    }
  }
}

function assigned(assignment: Uint8Array): TopicPartition[] {
  return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
