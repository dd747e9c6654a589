/**
 * The front door that needs no Node: a whole Kafka in virtual time, and the types, errors and drawings that go with every Kafka.
 *
 * `kafkaito/node` is the other door: `serve` and `connect`.
 */
// Clients: what they are given and what they give.
export type { Assignor, GroupMember, LastAssignment, RebalanceProtocol } from './assignors/index.ts';
export { cooperativeSticky, kafkajsRoundRobin, range, roundRobin, sticky } from './assignors/index.ts';
// Errors: those that a broker answers with, and those that are thrown on this side. Each message says what to do next.
export { ConfigError } from './broker/config.ts';
// A cluster in a test: what is seen of it and done to it.
export type * from './broker/controls/index.ts';
export type * from './client/admin/api.ts';
export * from './client/errors.ts';
export {
  bytes,
  type CommittedOffset,
  type CommonSettings,
  type Consumer,
  type ConsumerRecord,
  type ConsumerSettings,
  type Content,
  type Deserializer,
  json,
  murmur2,
  type OffsetToCommit,
  type PartitionInfo,
  type Producer,
  type ProducerRecord,
  type ProducerSettings,
  partitionOf,
  type RebalanceListener,
  RebalanceListenerError,
  type RecordMetadata,
  strings,
  type TopicPartition,
  WakeupError,
} from './client/index.ts';
// What happened, and how it is drawn.
export type { Drawing } from './draw/drawing.ts';
export { type LaneStep, lanes } from './draw/lanes.ts';
export { partition } from './draw/partition.ts';
export { strip } from './draw/strip.ts';
export type { ErrorCode, ErrorName } from './protocol/errors.ts';
export { Errors, errorOf, KafkaError } from './protocol/errors.ts';
export type { Header } from './records/record.ts';
// Worlds: time, tasks beside the program, crashes.
export type { SimulatedCluster } from './sim/cluster.ts';
export type { Controls, Task, TaskState } from './sim/controls.ts';
export { SimulationStalled, TaskFailed, UntilTimedOut } from './sim/errors.ts';
export { type CrashableKafka, type CrashPoint, type EveryCrashSettings, everyCrash } from './sim/everyCrash.ts';
export type { ProcessSettings } from './sim/process.ts';
export { type Kafka, type SimulatedKafka, type SimulateSettings, simulate } from './sim/simulate.ts';
export type { Trace, TraceEvent, TraceSettings } from './trace/trace.ts';
export * from './wire/errors.ts';
export type { Duration } from './world/duration.ts';
export { CodecUnavailable, ConnectionLost } from './world/errors.ts';
