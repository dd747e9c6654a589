/** The answers of chapter 07. */
import { type Copy, strategies } from 'course/07';

/** Deals out the partitions of all topics in one go, so the second topic begins with the third member. */
export const busy = strategies.roundRobin;

/** A group for each program: its copies share the articles, and the programs do not. */
export const twoPrograms: readonly Copy[] = [
  { name: 'website 1', groupId: 'website' },
  { name: 'website 2', groupId: 'website' },
  { name: 'archive 1', groupId: 'archive' },
  { name: 'archive 2', groupId: 'archive' },
];
