import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('each member votes for its favourite among the strategies that all share', () => {
  transcript(
    `
    > join new id=m1 once offers=range,sticky
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 once offers=sticky,range,own
      m2 joined: new
    > join new id=m3 once offers=own,sticky,range
      m3 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 sticky, leader m1, sees m1:ledger m2:ledger m3:ledger
      #2 m2 joined @1 sticky, leader m1
      #3 m3 joined @1 sticky, leader m1
    `,
  );
});

test('with as many votes the strategy of the oldest member wins', () => {
  transcript(
    `
    > join new id=m1 once offers=range,sticky
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 once offers=sticky,range
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 range, leader m1, sees m1:ledger m2:ledger
      #2 m2 joined @1 range, leader m1
    `,
  );
});

test('the leader is shown what each member says for the chosen strategy', () => {
  transcript(
    `
    > join new id=m1 once offers=range:one,sticky:two
      m1 joined: new
      Empty → PreparingRebalance @0
    > join new id=m2 once offers=sticky:three
      m2 joined: new
    > timer join
    > timer join
      PreparingRebalance → CompletingRebalance @1
      #1 m1 joined @1 sticky, leader m1, sees m1:two m2:three
      #2 m2 joined @1 sticky, leader m1
    `,
  );
});
