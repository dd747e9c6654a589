import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('the group is stable when the assignment is in the log, and not before', () => {
  transcript(
    `
    > completing m1 m2
    > sync m2 1
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > heartbeat m1 1
      #3 NONE
    > commit m1 1 ledger/0=1
      #4 ledger/0 REBALANCE_IN_PROGRESS
    > appended
      CompletingRebalance → Stable @1
      #2 assigned A
      #1 assigned B
    > heartbeat m1 1
      #5 NONE
    > commit m1 1 ledger/0=1
      append ledger/0=1
    `,
  );
});

test('a member that the leader forgot gets nothing', () => {
  transcript(
    `
    > completing m1 m2
    > sync m1 1 m1=A
      append group @1 range m1=A m2=-
    > sync m2 1
    > appended
      CompletingRebalance → Stable @1
      #1 assigned A
      #2 assigned -
    `,
  );
});

test('in a stable group a late or repeated SyncGroup is answered at once', () => {
  transcript(
    `
    > completing m1 m2
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @1
      #1 assigned A
    > sync m2 1
      #2 assigned B
    > sync m2 1
      #3 assigned B
    `,
  );
});

test('a SyncGroup that comes again while the first is parked replaces it, and one assignment is written', () => {
  transcript(
    `
    > completing m1 m2
    > sync m2 1
    > sync m2 1
      #1 REBALANCE_IN_PROGRESS
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > sync m1 1 m1=A m2=B
      #3 REBALANCE_IN_PROGRESS
    > appended
      CompletingRebalance → Stable @1
      #4 assigned A
      #2 assigned B
    `,
  );
});

test('who it is not for', () => {
  transcript(
    `
    > completing m1 m2
    > sync m9 1
      #1 UNKNOWN_MEMBER_ID
    > sync m1 2
      #2 ILLEGAL_GENERATION
    > sync m1 0
      #3 ILLEGAL_GENERATION
    > sync m1 1 type=connect
      #4 INCONSISTENT_GROUP_PROTOCOL
    > sync m1 1 name=sticky
      #5 INCONSISTENT_GROUP_PROTOCOL
    > sync m1 1 type=consumer name=range m1=A
      append group @1 range m1=A m2=-
    > appended
      CompletingRebalance → Stable @1
      #6 assigned A
    `,
  );
});

test('in Empty and PreparingRebalance, and of no group', () => {
  transcript(
    `
    > sync m1 1
      #1 UNKNOWN_MEMBER_ID
    > stable m1
    > join m1 offers=range:other
      Stable → PreparingRebalance @1
      PreparingRebalance → CompletingRebalance @2
      #1 m1 joined @2 range, leader m1, sees m1:other
    > sync m1 1
      #2 ILLEGAL_GENERATION
    > sync m1 2 m1=A
      append group @2 range m1=A
    > leave m1
      m1 left: LeaveGroup
      CompletingRebalance → PreparingRebalance @2
      PreparingRebalance → Empty @3
      append group @3
      #3 UNKNOWN_MEMBER_ID
      #4 m1 NONE
    > appended
    > appended
    > sync m1 2
      #5 UNKNOWN_MEMBER_ID
    `,
  );
});

test('when the assignment cannot be written, those who wait are told and a new round begins', () => {
  transcript(
    `
    > completing m1 m2
    > sync m2 1
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > appendFailed NOT_ENOUGH_REPLICAS
      CompletingRebalance → PreparingRebalance @1
      #2 COORDINATOR_NOT_AVAILABLE
      #1 COORDINATOR_NOT_AVAILABLE
    > join m1
    > join m2
      PreparingRebalance → CompletingRebalance @2
      #3 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #4 m2 joined @2 range, leader m1
    > sync m1 2
      append group @2 range m1=- m2=-
    > appendFailed NOT_LEADER_OR_FOLLOWER
      CompletingRebalance → PreparingRebalance @2
      #5 NOT_COORDINATOR
    `,
  );
});

test('an assignment that is too large for the log', () => {
  transcript(
    `
    > completing m1
    > sync m1 1 m1=A
      append group @1 range m1=A
    > appendFailed MESSAGE_TOO_LARGE
      CompletingRebalance → PreparingRebalance @1
      #1 UNKNOWN_SERVER_ERROR
    `,
  );
});

test('an assignment that is too large does not take the place of a commit that is being written', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > join m1
      Stable → PreparingRebalance @1
      PreparingRebalance → CompletingRebalance @2
      #2 m1 joined @2 range, leader m1, sees m1:ledger
    > sync m1 2 m1=B
      append group @2 range m1=B
    > appendFailed MESSAGE_TOO_LARGE
      CompletingRebalance → PreparingRebalance @2
      #3 UNKNOWN_SERVER_ERROR
    > appended
      offset.committed ledger/0=1 by m1 @1
      #1 ledger/0 NONE
    > failover
      Stable @1 m1=A
    `,
  );
});

test('a failure to write the assignment of a round that is over changes nothing', () => {
  transcript(
    `
    > completing m1
    > sync m1 1 m1=A
      append group @1 range m1=A
    > join new id=m2 once
      m2 joined: new
      CompletingRebalance → PreparingRebalance @1
      #1 REBALANCE_IN_PROGRESS
    > appendFailed NOT_ENOUGH_REPLICAS
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #3 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @2 range, leader m1
    `,
  );
});

test('a follower that never asks for its assignment is given up, in a stable group too', () => {
  transcript(
    `
    > completing m1 m2
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @1
      #1 assigned A
    > timer sync
      m2 expired: did not ask for its assignment in time
      Stable → PreparingRebalance @1
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

test('a leader that never hands in an assignment is given up, and another one leads', () => {
  transcript(
    `
    > completing m1 m2 m3
    > sync m2 1
    > sync m3 1
    > timer sync
      m1 expired: did not ask for its assignment in time
      CompletingRebalance → PreparingRebalance @1
      #1 REBALANCE_IN_PROGRESS
      #2 REBALANCE_IN_PROGRESS
    > join m2
    > join m3
      PreparingRebalance → CompletingRebalance @2
      #3 m2 joined @2 range, leader m2, sees m2:ledger m3:ledger
      #4 m3 joined @2 range, leader m2
    `,
  );
});

test('sessions begin afresh with the assignment, and the last SyncGroup stops the clock', () => {
  transcript(
    `
    > completing m1 m2
    > sync m1 1
      append group @1 range m1=- m2=-
    > sync m2 1
      timer sync off
    > appended
      CompletingRebalance → Stable @1
      #1 assigned -
      #2 assigned -
      timer session m1 45000
      timer session m2 45000
    `,
    { timers: true },
  );
});
