/**
 * The front door that needs no Node: a whole Kafka in virtual time, and the types, errors and drawings that go with every Kafka.
 *
 * In the order of the rooms: assignment strategies; what a test sees of a cluster and does to it; clients with their settings, records and errors;
 * drawings; Kafka's error codes; worlds with their tasks and crashes; the trace. Every type that one of these mentions is here too.
 *
 * `kafkaito/node` is the other door: `serve` and `connect`.
 */
export type { Assignor, GroupMember, LastAssignment, RebalanceProtocol } from './assignors/index.ts';
export { cooperativeSticky, kafkajsRoundRobin, range, roundRobin, sticky } from './assignors/index.ts';
export { ConfigError } from './broker/config.ts';
export type * from './broker/controls/index.ts';
export type * from './client/admin/api.ts';
export * from './client/errors.ts';
export {
  bytes,
  type CommitCallback,
  type CommittedOffset,
  type CommonSettings,
  type Consumer,
  type ConsumerGroupMetadata,
  type ConsumerMetrics,
  type ConsumerRecord,
  type ConsumerSettings,
  type Content,
  type Deserializer,
  type IsolationLevel,
  json,
  KeyedWorkers,
  type KeyedWorkersSettings,
  murmur2,
  type OffsetAndTimestamp,
  type OffsetToCommit,
  type PartitionInfo,
  type PartitionMetrics,
  type Producer,
  type ProducerRecord,
  type ProducerSettings,
  partitionOf,
  type RebalanceListener,
  type RecordMetadata,
  type ResetPolicy,
  strings,
  type TopicPartition,
} from './client/index.ts';
export type { Drawing } from './draw/drawing.ts';
export { type LaneStep, type LanesSettings, lanes } from './draw/lanes.ts';
export { type OwnershipMoment, type OwnershipSettings, ownership } from './draw/ownership.ts';
export { type PartitionMarks, type PartitionSettings, partition } from './draw/partition.ts';
export { type StripCell, type StripSettings, strip } from './draw/strip.ts';
export type { ErrorCode, ErrorName } from './protocol/errors.ts';
export { Errors, errorOf, KafkaError } from './protocol/errors.ts';
export type { Header } from './records/record.ts';
export type { SimulatedCluster } from './sim/cluster.ts';
export type { Controls, Task, TaskState } from './sim/controls.ts';
export { SimulationStalled, TaskFailed, UntilTimedOut } from './sim/errors.ts';
export { type CrashableKafka, type CrashPoint, type EveryCrashSettings, everyCrash } from './sim/everyCrash.ts';
export type { Carrier, Links, Passing, Way } from './sim/links.ts';
export type { ProcessSettings } from './sim/process.ts';
export type { TopicSeed, TopicSeeds } from './sim/seed.ts';
export { type Kafka, type SimulatedKafka, type SimulateSettings, simulate } from './sim/simulate.ts';
export type { Json, Trace, TraceEvent, TraceSettings } from './trace/trace.ts';
export * from './wire/errors.ts';
export type { Duration } from './world/duration.ts';
export { CodecUnavailable, ConnectionLost } from './world/errors.ts';
export type { Address, Cancel, Clock, CodecName, Doors, Listener, Network, Random, Stream } from './world/world.ts';
