import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('the group comes back stable, with the same generation and assignments, and sessions begin afresh', () => {
  transcript(
    `
    > stable m1 m2
    > failover
      Stable @1 m1=A m2=B
      timer session m1 45000
      timer session m2 45000
    > heartbeat m1 1
      #1 NONE
      timer session m1 45000
    > sync m2 1
      #2 assigned B
      timer session m2 45000
    `,
    { timers: true },
  );
});

test('a round that was not finished is lost, and its generation can come again', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=5
      append ledger/0=5
    > appended
      offset.committed ledger/0=5 by m1 @1
      #1 ledger/0 NONE
    > join new id=m2
      #2 MEMBER_ID_REQUIRED m2
    > join m2
      m2 joined: new
      Stable → PreparingRebalance @1
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #4 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #3 m2 joined @2 range, leader m1
    > sync m1 2 m1=A m2=B
      append group @2 range m1=A m2=B
    > failover
      Stable @1 m1=A
    > heartbeat m1 2
      #6 ILLEGAL_GENERATION
    > heartbeat m1 1
      #7 NONE
    > join m2
      #8 UNKNOWN_MEMBER_ID m2
    > offsets
      ledger/0=5
    > join new id=m3
      #9 MEMBER_ID_REQUIRED m3
    > join m3
      m3 joined: new
      Stable → PreparingRebalance @1
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #11 m1 joined @2 range, leader m1, sees m1:ledger m3:ledger
      #10 m3 joined @2 range, leader m1
    `,
  );
});

test('a commit that was not acknowledged may be lost', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #1 ledger/0 NONE
    > commit nobody -1 ledger/0=2
      append ledger/0=2
    > failover
      Empty @0
    > offsets
      ledger/0=1
    `,
  );
});

test('whoever waits is sent away when the coordinator loses its log', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > join new id=m2 once
      m2 joined: new
      Stable → PreparingRebalance @1
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #3 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @2 range, leader m1
    > sync m2 2
    > unload
      CompletingRebalance → Dead @2
      #4 NOT_COORDINATOR
      #1 ledger/0 NOT_COORDINATOR
    `,
  );
});

test('parked JoinGroups are sent away', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > unload
      PreparingRebalance → Dead @0
      #1 NOT_COORDINATOR m1
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    `,
  );
});
