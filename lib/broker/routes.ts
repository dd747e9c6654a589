/** Which requests this broker handles, and in which versions. Everything that is announced or dispatched follows from this table. */
import {
  AlterConfigs,
  ApiVersions,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeGroups,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  SaslAuthenticate,
  SaslHandshake,
  SyncGroup,
} from '../protocol/apis/index.ts';
import { type Route, route } from './dispatch.ts';
import { handleProduce } from './handlers/00-produce.ts';
import { handleOldProduce, OldProduce } from './handlers/00-produce-old.ts';
import { handleFetch } from './handlers/01-fetch.ts';
import { handleListOffsets } from './handlers/02-list-offsets.ts';
import { handleMetadata } from './handlers/03-metadata.ts';
import { handleOffsetCommit } from './handlers/08-offset-commit.ts';
import { handleOffsetFetch } from './handlers/09-offset-fetch.ts';
import { handleFindCoordinator } from './handlers/10-find-coordinator.ts';
import { handleJoinGroup } from './handlers/11-join-group.ts';
import { handleHeartbeat } from './handlers/12-heartbeat.ts';
import { handleLeaveGroup } from './handlers/13-leave-group.ts';
import { handleSyncGroup } from './handlers/14-sync-group.ts';
import { handleDescribeGroups } from './handlers/15-describe-groups.ts';
import { handleListGroups } from './handlers/16-list-groups.ts';
import { handleSaslHandshake } from './handlers/17-sasl-handshake.ts';
import { handleApiVersions } from './handlers/18-api-versions.ts';
import { handleCreateTopics } from './handlers/19-create-topics.ts';
import { handleDeleteTopics } from './handlers/20-delete-topics.ts';
import { handleDeleteRecords } from './handlers/21-delete-records.ts';
import { handleInitProducerId } from './handlers/22-init-producer-id.ts';
import { handleOffsetForLeaderEpoch } from './handlers/23-offset-for-leader-epoch.ts';
import { handleDescribeConfigs } from './handlers/32-describe-configs.ts';
import { handleAlterConfigs } from './handlers/33-alter-configs.ts';
import { handleSaslAuthenticate } from './handlers/36-sasl-authenticate.ts';
import { handleCreatePartitions } from './handlers/37-create-partitions.ts';
import { handleDeleteGroups } from './handlers/42-delete-groups.ts';
import { handleIncrementalAlterConfigs } from './handlers/44-incremental-alter-configs.ts';
import { handleOffsetDelete } from './handlers/47-offset-delete.ts';
import { handleDescribeCluster } from './handlers/60-describe-cluster.ts';
import type { Services } from './services.ts';

// #region routes
export const routes: readonly Route[] = [
  route(Produce, handleProduce, { pipelined: true }),
  route(OldProduce, handleOldProduce),
  route(Fetch, handleFetch),
  route(ListOffsets, handleListOffsets),
  route(Metadata, handleMetadata),
  route(OffsetCommit, handleOffsetCommit),
  route(OffsetFetch, handleOffsetFetch),
  route(FindCoordinator, handleFindCoordinator),
  route(JoinGroup, handleJoinGroup),
  route(Heartbeat, handleHeartbeat),
  route(LeaveGroup, handleLeaveGroup),
  route(SyncGroup, handleSyncGroup),
  route(DescribeGroups, handleDescribeGroups),
  route(ListGroups, handleListGroups),
  route(SaslHandshake, handleSaslHandshake),
  route(ApiVersions, handleApiVersions),
  route(CreateTopics, handleCreateTopics),
  route(DeleteTopics, handleDeleteTopics),
  route(DeleteRecords, handleDeleteRecords),
  route(InitProducerId, handleInitProducerId),
  route(OffsetForLeaderEpoch, handleOffsetForLeaderEpoch),
  route(DescribeConfigs, handleDescribeConfigs),
  route(AlterConfigs, handleAlterConfigs),
  route(SaslAuthenticate, handleSaslAuthenticate),
  route(CreatePartitions, handleCreatePartitions),
  route(DeleteGroups, handleDeleteGroups),
  route(IncrementalAlterConfigs, handleIncrementalAlterConfigs),
  route(OffsetDelete, handleOffsetDelete),
  route(DescribeCluster, handleDescribeCluster),
];
// #endregion routes

/** One entry an API: the routes of one API together make its range. */
export function announced(of: readonly Route[]): Services['announced'] {
  const byKey = new Map<number, Services['announced'][number]>();
  for (const { api, versions } of of) {
    const other = byKey.get(api.key)?.versions ?? versions;
    const range = [Math.min(other[0], versions[0]), Math.max(other[1], versions[1])] as const;
    byKey.set(api.key, { api, versions: range });
  }
  return [...byKey.values()].sort((a, b) => a.api.key - b.api.key);
}
