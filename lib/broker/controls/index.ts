/** What tests say and see about a cluster (cluster.ts), for the front doors. */
export type { ConnectionView, ControlledCluster } from './cluster.ts';
export type { ControlledRequests } from './controls.ts';
export type {
  GroupView,
  LoggedRecord,
  MemberView,
  OffsetsByTopic,
  PartitionsByTopic,
  RecordsSettings,
} from './inspection.ts';
export type { RequestLog } from './requestLog.ts';
export type { ApiName, RequestBody, RequestInfo, ResponseBody, SeenRequest } from './requests.ts';
export type { Control, RequestFilter } from './rule.ts';
