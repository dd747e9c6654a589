/**
 * The front door that needs no Node: a whole Kafka in virtual time, and the types, errors and drawings that go with every Kafka.
 *
 * `kafkaito/node` is the other door: `serve` and `connect`.
 */
export type { Assignor, GroupMember } from './assignors/index.ts';
export { range, roundRobin } from './assignors/index.ts';
export type * from './client/admin/api.ts';
export {
  bytes,
  CommitFailedError,
  type CommittedOffset,
  ConcurrentModificationError,
  type Consumer,
  type ConsumerRecord,
  type ConsumerSettings,
  type Deserializer,
  json,
  murmur2,
  NoOffsetForPartitionError,
  type OffsetToCommit,
  type Producer,
  type ProducerRecord,
  type ProducerSettings,
  partitionOf,
  type RebalanceListener,
  type RecordMetadata,
  SettingError,
  strings,
  type TopicPartition,
} from './client/index.ts';
export type { Drawing } from './draw/drawing.ts';
export { type LaneStep, lanes } from './draw/lanes.ts';
export { partition } from './draw/partition.ts';
export { strip } from './draw/strip.ts';
export type { ErrorCode, ErrorName } from './protocol/errors.ts';
export { Errors, errorOf, KafkaError } from './protocol/errors.ts';
export { SimulationStalled, TaskFailed, UntilTimedOut } from './sim/errors.ts';
export { type CrashPoint, everyCrash } from './sim/everyCrash.ts';
export { type Kafka, type SimulatedKafka, simulate } from './sim/simulate.ts';
export type { Trace, TraceEvent } from './trace/trace.ts';
export type { Duration } from './world/duration.ts';
export { CodecUnavailable } from './world/errors.ts';
