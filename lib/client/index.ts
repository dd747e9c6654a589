/** The clients, and everything that they can hand in or out. */
export type * from './admin/api.ts';
export type { Consumer, ConsumerGroupMetadata, OffsetAndTimestamp } from './consumer/api.ts';
export type { CommitCallback } from './consumer/asyncCommits.ts';
export { KeyedWorkers, type KeyedWorkersSettings } from './consumer/keyedWorkers.ts';
export type { ConsumerMetrics, PartitionMetrics } from './consumer/metrics.ts';
export type { CommittedOffset, OffsetToCommit } from './consumer/offsets.ts';
export { bytes, type ConsumerRecord, type Deserializer, json, strings } from './consumer/record.ts';
export type { ResetPolicy } from './consumer/resetPolicy.ts';
export type { ConsumerSettings, IsolationLevel } from './consumer/settings.ts';
export type { RebalanceListener } from './consumer/subscriptionState.ts';
export * from './errors.ts';
export { type Kafka, type KafkaSettings, openKafka } from './kafka.ts';
export type { PartitionInfo } from './metadata.ts';
export { murmur2, partitionOf } from './producer/partitioner.ts';
export type { Producer, ProducerSettings } from './producer/producer.ts';
export type { Content, ProducerRecord, RecordMetadata } from './producer/record.ts';
export type { CommonSettings } from './settings.ts';
export type { TopicPartition } from './topicPartition.ts';
