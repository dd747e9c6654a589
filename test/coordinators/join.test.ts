import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('somebody new comes twice, and the second time with the id it was given', () => {
  transcript(
    `
    > join new id=m1
      #1 MEMBER_ID_REQUIRED m1
    > join m1
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    > sync m1 1 m1=A
      append group @1 range m1=A
    > appended
      CompletingRebalance → Stable @1
      #3 assigned A
    > heartbeat m1 1
      #4 NONE
    `,
  );
});

test('a client from before JoinGroup 4 comes once', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger
    `,
  );
});

test('two that start together end up in one generation, of which the leader sees all members', () => {
  transcript(
    `
    > join new id=m1
      #1 MEMBER_ID_REQUIRED m1
    > join m1
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2
      #3 MEMBER_ID_REQUIRED m2
    > join m2
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #4 m2 joined @1 range, leader m1
    > sync m2 1
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @1
      #6 assigned A
      #5 assigned B
    > heartbeat m1 1
      #7 NONE
    > heartbeat m2 1
      #8 NONE
    `,
  );
});

test('the initial delay is prolonged while new members come, and not beyond the rebalance timeout', () => {
  transcript(
    `
    > join new id=m1 once rebalance=7000
      m1 joined: new
      Empty → PreparingRebalance @0
      timer session m1 300000
      timer join 3000
    > join new id=m2 once rebalance=7000
      m2 joined: new
      timer session m2 300000
    > timer join
      timer join 3000
    > join new id=m3 once rebalance=7000
      m3 joined: new
      timer session m3 300000
    > timer join
      timer join 1000
    > join new id=m4 once rebalance=7000
      m4 joined: new
      timer session m4 300000
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger m3:ledger m4:ledger
      #2 m2 joined @1 range, leader m1
      #3 m3 joined @1 range, leader m1
      #4 m4 joined @1 range, leader m1
      timer join off
      timer session m1 45000
      timer session m2 45000
      timer session m3 45000
      timer session m4 45000
      timer sync 7000
    `,
    { timers: true },
  );
});

test('the first round ends by its delay alone, although everybody is there', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join m1
      #1 REBALANCE_IN_PROGRESS m1
    > heartbeat m1 0
      #3 REBALANCE_IN_PROGRESS
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    `,
  );
});

test('somebody new in a stable group starts a round, in which the old generation still holds', () => {
  transcript(
    `
    > stable m1
    > join new id=m2
      #1 MEMBER_ID_REQUIRED m2
    > join m2
      m2 joined: new
      Stable → PreparingRebalance @1
    > heartbeat m1 1
      #3 REBALANCE_IN_PROGRESS
    > commit m1 1 ledger/0=5
      append ledger/0=5
    > appended
      offset.committed ledger/0=5 by m1 @1
      #4 ledger/0 NONE
    > sync m1 1
      #5 REBALANCE_IN_PROGRESS
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #6 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @2 range, leader m1
    > sync m1 2 m1=A m2=B
      append group @2 range m1=A m2=B
    > sync m2 2
    > appended
      CompletingRebalance → Stable @2
      #7 assigned A
      #8 assigned B
    `,
  );
});

test('somebody new in CompletingRebalance starts the round again', () => {
  transcript(
    `
    > completing m1
    > sync m1 1 m1=A
      append group @1 range m1=A
    > join new id=m2 once
      m2 joined: new
      CompletingRebalance → PreparingRebalance @1
      #1 REBALANCE_IN_PROGRESS
    > appended
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #3 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @2 range, leader m1
    > sync m1 2 m1=A m2=B
      append group @2 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @2
      #4 assigned A
    `,
  );
});

test('in a stable group a follower that lost its answer gets it again, and a leader starts a round', () => {
  transcript(
    `
    > stable m1 m2
    > join m2
      #1 m2 joined @1 range, leader m1
    > join m1
      Stable → PreparingRebalance @1
    > heartbeat m2 1
      #3 REBALANCE_IN_PROGRESS
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #4 m2 joined @2 range, leader m1
    `,
  );
});

test('a changed subscription starts a round, from a follower too', () => {
  transcript(
    `
    > stable m1 m2
    > join m2 offers=range:other
      Stable → PreparingRebalance @1
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger m2:other
      #1 m2 joined @2 range, leader m1
    > sync m1 2 m1=A m2=B
      append group @2 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @2
      #3 assigned A
    > join m2 offers=range:other
      #4 m2 joined @2 range, leader m1
    > join m2 offers=range:third
      Stable → PreparingRebalance @2
    `,
  );
});

test('in CompletingRebalance the same JoinGroup gets the same answer, and a changed one starts the round again', () => {
  transcript(
    `
    > completing m1 m2
    > join m2
      #1 m2 joined @1 range, leader m1
    > join m1
      #2 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
    > sync m2 1
    > join m1 offers=range:other
      CompletingRebalance → PreparingRebalance @1
      #3 REBALANCE_IN_PROGRESS
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #4 m1 joined @2 range, leader m1, sees m1:other m2:ledger
      #5 m2 joined @2 range, leader m1
    `,
  );
});

test('a JoinGroup that comes again while the first is parked replaces it', () => {
  transcript(
    `
    > stable m1 m2
    > join m1
      Stable → PreparingRebalance @1
    > join m1
      #1 REBALANCE_IN_PROGRESS m1
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #3 m2 joined @2 range, leader m1
    `,
  );
});

test('members that do not come before the rebalance timeout are given up, the leader too', () => {
  transcript(
    `
    > stable m1 m2 m3
    > join m3 offers=range:new
      Stable → PreparingRebalance @1
    > join m2
    > timer join
      m1 expired: did not join before the rebalance timeout
      PreparingRebalance → CompletingRebalance @2
      #2 m2 joined @2 range, leader m2, sees m2:ledger m3:new
      #1 m3 joined @2 range, leader m2
    > sync m3 2
    > sync m2 2 m2=B m3=C
      append group @2 range m2=B m3=C
    > appended
      CompletingRebalance → Stable @2
      #4 assigned B
      #3 assigned C
    > heartbeat m1 1
      #5 UNKNOWN_MEMBER_ID
    > join m1
      #6 UNKNOWN_MEMBER_ID m1
    `,
  );
});

test('when nobody comes the group is empty', () => {
  transcript(
    `
    > stable m1 m2
    > leave m1
      m1 left: LeaveGroup
      Stable → PreparingRebalance @1
      #1 m1 NONE
    > timer join
      m2 expired: did not join before the rebalance timeout
      PreparingRebalance → Empty @2
      append group @2
    > appended
    > failover
      Empty @2
    `,
  );
});

test('an id that was handed out and not used holds up a round until its session ends', () => {
  transcript(
    `
    > stable m1
    > join new id=m2
      #1 MEMBER_ID_REQUIRED m2
    > heartbeat m1 1
      #2 NONE
    > join new id=m3
      #3 MEMBER_ID_REQUIRED m3
    > join m3
      m3 joined: new
      Stable → PreparingRebalance @1
    > join m1
    > timer session m2
      PreparingRebalance → CompletingRebalance @2
      #5 m1 joined @2 range, leader m1, sees m1:ledger m3:ledger
      #4 m3 joined @2 range, leader m1
    `,
  );
});

test('an id that was handed out and not used does not hold up the first round', () => {
  transcript(
    `
    > join new id=m1
      #1 MEMBER_ID_REQUIRED m1
    > join m1
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2
      #3 MEMBER_ID_REQUIRED m2
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    `,
  );
});

test('an id whose session has ended is not known any more', () => {
  transcript(
    `
    > join new id=m1
      #1 MEMBER_ID_REQUIRED m1
    > timer session m1
    > join m1
      #2 UNKNOWN_MEMBER_ID m1
    `,
  );
});

test('a member that waits too long for its first answer is given up', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer session m1
      m1 expired: its first JoinGroup took too long
      PreparingRebalance → Empty @1
      append group @1
      #1 UNKNOWN_MEMBER_ID -
    > appended
    > join m1
      #2 UNKNOWN_MEMBER_ID m1
    `,
  );
});
