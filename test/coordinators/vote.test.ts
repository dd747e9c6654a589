import { expect, test } from 'vitest';
import { type Group, newGroup } from '../../lib/coordinators/group.ts';
import { selectProtocol, supportsProtocols } from '../../lib/coordinators/vote.ts';
import { transcript } from './transcript.ts';

/** What members offer, the oldest first; `looks` counts how often a name is asked for. */
function offering(...lists: readonly (readonly string[])[]) {
  const looks = { count: 0 };
  const protocolsOf = (names: readonly string[]) =>
    names.map((name) => ({
      get name() {
        looks.count++;
        return name;
      },
      metadata: new Uint8Array(0),
    }));
  const members = new Map(lists.map((names, at) => [`m${at}`, { memberId: `m${at}`, protocols: protocolsOf(names) }]));
  const group = { ...newGroup('bank'), state: 'PreparingRebalance', protocolType: 'consumer', members };
  return { group: group as unknown as Group, protocolsOf, looks };
}

test('what members offer is gone through once, however much it is', () => {
  const names = (kind: string) => Array.from({ length: 1_000 }, (_, at) => `${kind}-${at}`);
  const { group, protocolsOf, looks } = offering(names('a'), names('b'));
  expect(supportsProtocols(group, 'consumer', protocolsOf(names('c')))).toBe(false);
  expect(selectProtocol(group)).toBeNull();
  expect(looks.count).toBeLessThan(20_000);
});

test('a name that one member gives twice is not shared by two', () => {
  const { group, protocolsOf } = offering(['range', 'own'], ['sticky', 'sticky', 'range', 'range']);
  expect(selectProtocol(group)).toBe('range');
  expect(supportsProtocols(group, 'consumer', protocolsOf(['sticky', 'own']))).toBe(false);
  expect(supportsProtocols(group, 'consumer', protocolsOf(['own', 'range']))).toBe(true);
  expect(supportsProtocols(group, 'connect', protocolsOf(['range']))).toBe(false);
});

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
