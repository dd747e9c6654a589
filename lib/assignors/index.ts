/** The assignment strategies. */
export type { Assignor, GroupMember, LastAssignment, RebalanceProtocol, TopicPartition } from './assignor.ts';
export { cooperativeSticky } from './cooperativeSticky.ts';
export { kafkajsRoundRobin } from './kafkajsRoundRobin.ts';
export { range } from './range.ts';
export { roundRobin } from './roundRobin.ts';
export { sticky } from './sticky.ts';
