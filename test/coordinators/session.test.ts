import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('a member that is silent is given up, and the others join again', () => {
  transcript(
    `
    > stable m1 m2
    > timer session m2
      m2 expired: session timeout
      Stable → PreparingRebalance @1
    > heartbeat m2 1
      #1 UNKNOWN_MEMBER_ID
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger
    > sync m1 2 m1=A
      append group @2 range m1=A
    > appended
      CompletingRebalance → Stable @2
      #3 assigned A
    `,
  );
});

test("the last member's session ends, and the group is empty", () => {
  transcript(
    `
    > stable m1
    > timer session m1
      m1 expired: session timeout
      Stable → PreparingRebalance @1
      PreparingRebalance → Empty @2
      append group @2
    > appended
    `,
  );
});

test('in CompletingRebalance the round begins again', () => {
  transcript(
    `
    > completing m1 m2
    > sync m1 1
      append group @1 range m1=- m2=-
    > timer session m2
      m2 expired: session timeout
      CompletingRebalance → PreparingRebalance @1
      #1 REBALANCE_IN_PROGRESS
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('in PreparingRebalance the round may be complete without it', () => {
  transcript(
    `
    > stable m1 m2
    > join m1
      Stable → PreparingRebalance @1
    > timer session m2
      m2 expired: session timeout
      PreparingRebalance → CompletingRebalance @2
      #1 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('a member whose request is parked is not given up: the coordinator is slow, and not the member', () => {
  transcript(
    `
    > completing m1 m2
    > sync m2 1
    > timer session m2
    > timer session m1
      m1 expired: session timeout
      CompletingRebalance → PreparingRebalance @1
      #1 REBALANCE_IN_PROGRESS
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #2 m2 joined @2 range, leader m2, sees m2:ledger
    > timer session m2
      m2 expired: session timeout
      CompletingRebalance → PreparingRebalance @2
      PreparingRebalance → Empty @3
      append group @3
    `,
  );
});

test('a timer of somebody who has gone rings in vain', () => {
  transcript(
    `
    > timer session m1
    > stable m1
    > timer session m9
    > timer sync
    > timer join
    `,
  );
});
