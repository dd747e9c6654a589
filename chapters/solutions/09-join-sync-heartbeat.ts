/** The answers of chapter 09. */
import type { SyncDecider } from 'course/09';

/** The newcomer waits for the next heartbeat of the others. */
export const quick = { heartbeatIntervalMs: 500 };

/** Whoever asks waits until the parts are safe, or the round is over. */
export const decider: SyncDecider = {
  onSync(group, from, parts) {
    if (group.stored) return group.answer(from, group.stored[from]);
    group.waiting.add(from);
    if (from === group.leader) group.append(parts);
  },
  onAppended(group) {
    for (const who of group.waiting) group.answer(who, group.stored?.[who]);
    group.waiting.clear();
  },
  onGone(group, who) {
    group.waiting.delete(who);
    for (const other of group.waiting) group.answer(other, 'REBALANCE_IN_PROGRESS');
    group.waiting.clear();
  },
};
