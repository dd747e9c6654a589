import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('in every state', () => {
  transcript(
    `
    > heartbeat m1 1
      #1 UNKNOWN_MEMBER_ID
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > heartbeat m1 0
      #3 REBALANCE_IN_PROGRESS
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    > heartbeat m1 1
      #4 NONE
    > sync m1 1
      append group @1 range m1=-
    > appended
      CompletingRebalance → Stable @1
      #5 assigned -
    > heartbeat m1 1
      #6 NONE
    > join new id=m2 once
      m2 joined: new
      Stable → PreparingRebalance @1
    > heartbeat m1 1
      #8 REBALANCE_IN_PROGRESS
    > leave m1 m2
      m1 left: LeaveGroup
      m2 left: LeaveGroup
      PreparingRebalance → Empty @2
      append group @2
      #7 UNKNOWN_MEMBER_ID -
      #9 m1 NONE, m2 NONE
    > appended
    > heartbeat m1 1
      #10 UNKNOWN_MEMBER_ID
    `,
  );
});

test('of a stranger and of another generation', () => {
  transcript(
    `
    > stable m1
    > heartbeat m9 1
      #1 UNKNOWN_MEMBER_ID
    > heartbeat m1 0
      #2 ILLEGAL_GENERATION
    > heartbeat m1 2
      #3 ILLEGAL_GENERATION
    `,
  );
});

test('it restarts the session of a member, also while the group prepares, and not that of somebody in the wrong generation', () => {
  transcript(
    `
    > stable m1 m2
    > heartbeat m1 1
      #1 NONE
      timer session m1 45000
    > heartbeat m1 7
      #2 ILLEGAL_GENERATION
    > join m1
      Stable → PreparingRebalance @1
      timer join 300000
    > heartbeat m2 1
      #4 REBALANCE_IN_PROGRESS
      timer session m2 45000
    `,
    { timers: true },
  );
});
