/** The assignment strategies. */
export type { Assignor, GroupMember, TopicPartition } from './assignor.ts';
export { range } from './range.ts';
export { roundRobin } from './roundRobin.ts';
