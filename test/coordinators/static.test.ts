import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('a member comes back under its name, keeps its assignment, and nobody has to join again', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=two
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    > sync m2 1 instance=two
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @1
      #4 assigned A
      #3 assigned B
    > join new id=m3 instance=two
      m2 replaced: m3 has the same group.instance.id
      m3 joined: static member came back
      append group @1 range m1=A m3=B
    > heartbeat m1 1
      #6 NONE
    > appended
      #5 m3 joined @1 range, leader m1
    > sync m3 1 instance=two
      #7 assigned B
    > heartbeat m2 1 instance=two
      #8 FENCED_INSTANCE_ID
    > commit m2 1 ledger/0=1 instance=two
      #9 ledger/0 FENCED_INSTANCE_ID
    > join m2 instance=two
      #10 FENCED_INSTANCE_ID m2
    > sync m2 1 instance=two
      #11 FENCED_INSTANCE_ID
    > heartbeat m3 1 instance=two
      #12 NONE
    > failover
      Stable @1 m1=A m3=B
    `,
  );
});

test('a leader that comes back is not told to assign anew: an old client is told that it does not lead', () => {
  transcript(
    `
    > join new id=m1 instance=one
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger
    > sync m1 1 m1=A instance=one
      append group @1 range m1=A
    > appended
      CompletingRebalance → Stable @1
      #2 assigned A
    > join new id=m2 instance=one
      m1 replaced: m2 has the same group.instance.id
      m2 joined: static member came back
      append group @1 range m2=A
    > appended
      #3 m2 joined @1 range, leader m1
    > join new id=m3 instance=one v9
      m2 replaced: m3 has the same group.instance.id
      m3 joined: static member came back
      append group @1 range m3=A
    > appended
      #4 m3 joined @1 range, leader m3, sees m3:ledger, keeps the assignment
    `,
  );
});

test('what cannot be written has not happened', () => {
  transcript(
    `
    > join new id=m1 instance=one
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger
    > sync m1 1 m1=A instance=one
      append group @1 range m1=A
    > appended
      CompletingRebalance → Stable @1
      #2 assigned A
    > join new id=m2 instance=one
      m1 replaced: m2 has the same group.instance.id
      m2 joined: static member came back
      append group @1 range m2=A
    > appendFailed NOT_ENOUGH_REPLICAS
      #3 COORDINATOR_NOT_AVAILABLE -
    > heartbeat m1 1 instance=one
      #4 NONE
    > heartbeat m2 1 instance=one
      #5 FENCED_INSTANCE_ID
    `,
  );
});

test('one that comes back with another subscription keeps its place, and one that changes the vote starts a round', () => {
  transcript(
    `
    > join new id=m1 instance=one offers=range,sticky
      m1 joined: new
      Empty → PreparingRebalance @0
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger
    > sync m1 1 m1=A instance=one
      append group @1 range m1=A
    > appended
      CompletingRebalance → Stable @1
      #2 assigned A
    > join new id=m2 instance=one offers=range:other,sticky
      m1 replaced: m2 has the same group.instance.id
      m2 joined: static member came back
      append group @1 range m2=A
    > appended
      #3 m2 joined @1 range, leader m1
    > join new id=m3 instance=one offers=sticky
      m2 replaced: m3 has the same group.instance.id
      m3 joined: static member came back
      Stable → PreparingRebalance @1
      PreparingRebalance → CompletingRebalance @2
      #4 m3 joined @2 sticky, leader m3, sees m3:ledger
    `,
  );
});

test('in CompletingRebalance the round begins again, and the one who is replaced is fenced at once', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=two
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    > sync m2 1 instance=two
    > join new id=m3 instance=two
      m2 replaced: m3 has the same group.instance.id
      m3 joined: static member came back
      CompletingRebalance → PreparingRebalance @1
      #3 FENCED_INSTANCE_ID
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #5 m1 joined @2 range, leader m1, sees m1:ledger m3:ledger
      #4 m3 joined @2 range, leader m1
    `,
  );
});

test('in PreparingRebalance it takes over the place, and the one who is replaced is fenced at once', () => {
  transcript(
    `
    > join new id=m1 instance=one
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=one
      m1 replaced: m2 has the same group.instance.id
      m2 joined: static member came back
      #1 FENCED_INSTANCE_ID m1
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #2 m2 joined @1 range, leader m2, sees m2:ledger
    > sync m2 1 instance=one m2=A
      append group @1 range m2=A
    > appended
      CompletingRebalance → Stable @1
      #3 assigned A
    `,
  );
});

test('at the rebalance timeout it keeps its place, and at the sync timeout it goes', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=two
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    > sync m1 1 m1=A m2=B
      append group @1 range m1=A m2=B
    > sync m2 1 instance=two
    > appended
      CompletingRebalance → Stable @1
      #3 assigned A
      #4 assigned B
    > join m1
      Stable → PreparingRebalance @1
    > timer join
      PreparingRebalance → CompletingRebalance @2
      #5 m1 joined @2 range, leader m1, sees m1:ledger m2:ledger
    > sync m1 2 m1=A m2=B
      append group @2 range m1=A m2=B
    > appended
      CompletingRebalance → Stable @2
      #6 assigned A
    > timer sync
      m2 expired: did not ask for its assignment in time
      Stable → PreparingRebalance @2
    `,
  );
});

test('if only absent static members are left the round waits for them, until their sessions end', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=two
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    > sync m1 1
      append group @1 range m1=- m2=-
    > sync m2 1 instance=two
    > appended
      CompletingRebalance → Stable @1
      #3 assigned -
      #4 assigned -
    > leave m1
      m1 left: LeaveGroup
      Stable → PreparingRebalance @1
      #5 m1 NONE
    > timer join
    > timer session m2
      m2 expired: session timeout
      PreparingRebalance → Empty @2
      append group @2
    > appended
    `,
  );
});

test('an administrator takes it out by its name', () => {
  transcript(
    `
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 instance=two
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    > sync m1 1
      append group @1 range m1=- m2=-
    > sync m2 1 instance=two
    > appended
      CompletingRebalance → Stable @1
      #3 assigned -
      #4 assigned -
    > leave nobody/two nobody/three m1/two
      m2 left: LeaveGroup by group.instance.id
      Stable → PreparingRebalance @1
      #5 nobody NONE, nobody UNKNOWN_MEMBER_ID, m1 UNKNOWN_MEMBER_ID
    > join m1
      PreparingRebalance → CompletingRebalance @2
      #6 m1 joined @2 range, leader m1, sees m1:ledger
    `,
  );
});

test('a name that nobody has', () => {
  transcript(
    `
    > stable m1
    > heartbeat m1 1 instance=one
      #1 UNKNOWN_MEMBER_ID
    > commit m1 1 ledger/0=1 instance=one
      #2 ledger/0 UNKNOWN_MEMBER_ID
    `,
  );
});

test('a member that has come back is watched also when its session ran out while its place was being written down', () => {
  transcript(
    `
    > join new id=m1 instance=one session=6000
      m1 joined: new
      Empty → PreparingRebalance @0
      timer session m1 300000
      timer join 3000
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger
      timer join off
      timer session m1 6000
      timer sync 300000
    > sync m1 1 instance=one
      append group @1 range m1=-
      timer sync off
    > appended
      CompletingRebalance → Stable @1
      #2 assigned -
      timer session m1 6000
    > join new id=m2 instance=one session=6000
      m1 replaced: m2 has the same group.instance.id
      m2 joined: static member came back
      append group @1 range m2=-
      timer session m1 off
      timer session m2 6000
    > timer session m2
    > appended
      #3 m2 joined @1 range, leader m1
      timer session m2 6000
    > timer session m2
      m2 expired: session timeout
      Stable → PreparingRebalance @1
      PreparingRebalance → Empty @2
      append group @2
      timer session m2 off
      timer join off
    `,
    { timers: true },
  );
});
