import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('a member leaves a stable group', () => {
  transcript(
    `
    > stable m1 m2
    > leave m2
      m2 left: LeaveGroup
      Stable → PreparingRebalance @1
      #1 m2 NONE
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('the leader leaves in CompletingRebalance, and another one leads', () => {
  transcript(
    `
    > completing m1 m2
    > sync m2 1
    > leave m1
      m1 left: LeaveGroup
      CompletingRebalance → PreparingRebalance @1
      #2 m1 NONE
      #1 REBALANCE_IN_PROGRESS
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #3 m2 joined @2 range, leader m2, sees m2:ledger
    > sync m2 2 m2=B
      append group @2 range m2=B
    > appended
      CompletingRebalance → Stable @2
      #4 assigned B
    `,
  );
});

test('the last member leaves: one generation more, written down', () => {
  transcript(
    `
    > stable m1
    > leave m1
      m1 left: LeaveGroup
      Stable → PreparingRebalance @1
      PreparingRebalance → Empty @2
      append group @2
      #1 m1 NONE
    > appended
    > failover
      Empty @2
    `,
  );
});

test('while the group prepares the round may be complete without it', () => {
  transcript(
    `
    > stable m1 m2
    > join m1
      Stable → PreparingRebalance @1
    > leave m2
      m2 left: LeaveGroup
      PreparingRebalance → CompletingRebalance @2
      #2 m2 NONE
      #1 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('somebody with a parked request leaves, and that request is answered', () => {
  transcript(
    `
    > stable m1 m2
    > join m1
      Stable → PreparingRebalance @1
    > leave m1
      m1 left: LeaveGroup
      #1 UNKNOWN_MEMBER_ID -
      #2 m1 NONE
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #3 m2 joined @2 range, leader m2, sees m2:ledger
    `,
  );
});

test('during the first round, which goes on to the end of its delay', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > leave m1
      m1 left: LeaveGroup
      #1 UNKNOWN_MEMBER_ID -
      #2 m1 NONE
    > timer join
      PreparingRebalance → Empty @1
      append group @1
    > appended
    `,
  );
});

test('several at once, of whom some are unknown', () => {
  transcript(
    `
    > stable m1 m2 m3
    > leave m1 m9 m3
      m1 left: LeaveGroup
      m3 left: LeaveGroup
      Stable → PreparingRebalance @1
      #1 m1 NONE, m9 UNKNOWN_MEMBER_ID, m3 NONE
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #2 m2 joined @2 range, leader m2, sees m2:ledger
    `,
  );
});

test('an id that was handed out and not used', () => {
  transcript(
    `
    > stable m1
    > join new id=m2
      #1 MEMBER_ID_REQUIRED m2
    > leave m2
      #2 m2 NONE
    > join m2
      #3 UNKNOWN_MEMBER_ID m2
    > heartbeat m1 1
      #4 NONE
    `,
  );
});

test('an id that was handed out and not used, while the others wait for it', () => {
  transcript(
    `
    > stable m1
    > join new id=m2
      #1 MEMBER_ID_REQUIRED m2
    > join m1
      Stable → PreparingRebalance @1
    > leave m2
      PreparingRebalance → CompletingRebalance @2
      #3 m2 NONE
      #2 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('nobody is there', () => {
  transcript(
    `
    > leave m1
      #1 m1 UNKNOWN_MEMBER_ID
    > leave nobody
      #2 nobody UNKNOWN_MEMBER_ID
    `,
  );
});
