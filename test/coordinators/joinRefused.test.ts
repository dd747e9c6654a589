import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('without a group id', () => {
  transcript(
    `
    > join new id=m1 group=
      #1 INVALID_GROUP_ID -
    > sync m1 1 group=
      #2 INVALID_GROUP_ID
    > heartbeat m1 1 group=
      #3 INVALID_GROUP_ID
    > commit nobody -1 ledger/0=1 group=
      #4 ledger/0 INVALID_GROUP_ID
    `,
  );
});

test('a session timeout outside the limits', () => {
  transcript(
    `
    > join new id=m1 session=5999
      #1 INVALID_SESSION_TIMEOUT -
    > join new id=m1 session=1800001
      #2 INVALID_SESSION_TIMEOUT -
    > join m9 session=5999
      #3 INVALID_SESSION_TIMEOUT m9
    > join new id=m1 session=6000
      #4 MEMBER_ID_REQUIRED m1
    `,
  );
});

test('an id that nobody was given, in every state', () => {
  transcript(
    `
    > join m9
      #1 UNKNOWN_MEMBER_ID m9
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join m9
      #3 UNKNOWN_MEMBER_ID m9
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    > join m9
      #4 UNKNOWN_MEMBER_ID m9
    > sync m1 1
      append group @1 range m1=-
    > appended
      CompletingRebalance → Stable @1
      #5 assigned -
    > join m9
      #6 UNKNOWN_MEMBER_ID m9
    > leave m1
      m1 left: LeaveGroup
      Stable → PreparingRebalance @1
      PreparingRebalance → Empty @2
      append group @2
      #7 m1 NONE
    > appended
    > join m9
      #8 UNKNOWN_MEMBER_ID m9
    `,
  );
});

test('another kind of group, or no strategy that all share', () => {
  transcript(
    `
    > join new id=m1 type=
      #1 INCONSISTENT_GROUP_PROTOCOL -
    > join new id=m1 offers=nothing
      #2 INCONSISTENT_GROUP_PROTOCOL -
    > join new id=m1 offers=range,sticky once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 type=connect
      #4 INCONSISTENT_GROUP_PROTOCOL -
    > join new id=m2 offers=roundrobin
      #5 INCONSISTENT_GROUP_PROTOCOL -
    > join new id=m2 offers=roundrobin,sticky
      #6 MEMBER_ID_REQUIRED m2
    `,
  );
});

test('a full group, which counts members when it is stable and those who have joined again when it prepares', () => {
  transcript(
    `
    > stable m1 m2
    > join new id=m3
      #1 GROUP_MAX_SIZE_REACHED -
    > join m1
      Stable → PreparingRebalance @1
    > join new id=m3 once
      m3 joined: new
    > join m2
      m2 refused: group.max.size
      PreparingRebalance → CompletingRebalance @2
      #4 GROUP_MAX_SIZE_REACHED -
      #2 m1 joined @2 range, leader m1, sees m1:ledger m3:ledger
      #3 m3 joined @2 range, leader m1
    > sync m1 2
      append group @2 range m1=- m3=-
    `,
    { maxSize: 2 },
  );
});

test('a pending id finds the group full, and is forgotten', () => {
  transcript(
    `
    > join new id=m2
      #1 MEMBER_ID_REQUIRED m2
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m1 joined @1 range, leader m1, sees m1:ledger
    > join m2
      #3 GROUP_MAX_SIZE_REACHED -
    > join m2
      #4 GROUP_MAX_SIZE_REACHED -
    `,
    { maxSize: 1 },
  );
});
