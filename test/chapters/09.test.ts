/** The exercises of chapter 09: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { judge, judgeQuick, type SyncDecider } from 'course/09';
import { expect, test } from 'vitest';
import { decider, quick } from '../../chapters/solutions/09-join-sync-heartbeat.ts';

test('the solutions pass', async () => {
  expect((await judgeQuick(quick)).passed).toBe(true);
  const verdict = judge(decider);
  expect(verdict.text).toMatch(/the leader dies: two is told REBALANCE_IN_PROGRESS at "one is gone"; three is told/);
  expect(verdict.passed).toBe(true);
});

test('the starter of the warm-up waits for the same heartbeat as before', async () => {
  const verdict = await judgeQuick({ sessionTimeoutMs: 9000 });
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(/came: after 20\d\d ms[\s\S]*no setting here makes that come sooner/);
});

test('rarer heartbeats make it longer', async () => {
  const verdict = await judgeQuick({ heartbeatIntervalMs: 6000 });
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(/every 6000 ms, and had that long to find out/);
});

test.each<[name: string, answer: SyncDecider, says: RegExp]>([
  [
    'the starter answers followers before the leader has sent',
    {
      onSync(group, from, parts) {
        if (from === group.leader) group.append(parts);
        group.answer(from, parts[from]);
      },
      onAppended() {},
      onGone() {},
    },
    /At "two asks" two is answered, and the leader has sent nothing yet/,
  ],
  [
    'answers before the append',
    {
      ...decider,
      onSync(group, from, parts) {
        group.waiting.add(from);
        if (from !== group.leader) return;
        group.append(parts);
        for (const who of group.waiting) group.answer(who, parts[who]);
        group.waiting.clear();
      },
    },
    /At "one asks" two is answered before the parts are safe.*no log says so/,
  ],
  [
    'hangs when the leader dies',
    { ...decider, onGone() {} },
    /two and three asked and never got an answer.*join again/,
  ],
  [
    'answers all members, asked or not',
    {
      ...decider,
      onAppended(group) {
        for (const who of group.members) group.answer(who, group.stored?.[who]);
      },
    },
    /At "the parts are safe" three is answered, who has not asked\. A coordinator calls nobody/,
  ],
  [
    'lets everybody wait who comes when the parts are safe',
    {
      ...decider,
      onSync(group, from, parts) {
        group.waiting.add(from);
        if (from === group.leader) group.append(parts);
      },
    },
    /three asked and never got an answer, though the parts are safe/,
  ],
  [
    'forgets to empty the list',
    {
      ...decider,
      onGone(group, who) {
        group.waiting.delete(who);
        for (const other of group.waiting) group.answer(other, 'REBALANCE_IN_PROGRESS');
      },
    },
    /answered a second time/,
  ],
  [
    'writes what a follower sends',
    {
      ...decider,
      onSync(group, from, parts) {
        group.waiting.add(from);
        group.append(parts);
      },
    },
    /At "two asks" nothing was written to the log: only the leader has parts/,
  ],
  [
    'never writes',
    { ...decider, onSync: (group, from) => void group.waiting.add(from) },
    /nobody has written them to the log/,
  ],
  [
    'sends followers away at once',
    { ...decider, onSync: (group, from) => group.answer(from, 'REBALANCE_IN_PROGRESS') },
    /two is sent away, and the round was going well/,
  ],
])('not yet: %s', (_, answer, says) => {
  const verdict = judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});
