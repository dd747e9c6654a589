/** Which assignment strategy does a group use? Each member votes for the first of its own that all the others know as well. */
import type { Group, MemberProtocol } from './group.ts';

// #region selectProtocol
/** With an equal number of votes the strategy wins that the oldest member lists first; Kafka leaves this case open. */
export function selectProtocol(group: Group): string | null {
  const common = commonProtocols(group);
  const votes = new Map<string, number>(common.map((name) => [name, 0]));
  for (const member of group.members.values()) {
    const choice = member.protocols.find(({ name }) => votes.has(name));
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let winner: string | null = null;
  for (const [name, count] of votes) {
    if (winner === null || count > (votes.get(winner) ?? 0)) winner = name;
  }
  return winner;
}
// #endregion selectProtocol

/** The strategies that every member offers, in the order of the oldest member. */
function commonProtocols(group: Group): string[] {
  const [oldest] = group.members.values();
  return oldest === undefined ? [] : sharedByAll(group, oldest.protocols);
}

/** Those of the strategies that every member offers, in their order. What each member offers is gone through once: it may be thousands of names. */
function sharedByAll({ members }: Group, protocols: readonly MemberProtocol[]): string[] {
  const offeredBy = new Map(protocols.map(({ name }) => [name, 0]));
  let asked = 0;
  for (const member of members.values()) {
    // A name counts only when all members before have offered it too, and so only once for each member.
    for (const { name } of member.protocols) if (offeredBy.get(name) === asked) offeredBy.set(name, asked + 1);
    asked++;
  }
  return [...offeredBy.keys()].filter((name) => offeredBy.get(name) === asked);
}

/** May somebody with these strategies join? An empty group takes any kind; a group with members needs a strategy that all share. */
export function supportsProtocols(group: Group, protocolType: string, protocols: readonly MemberProtocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0;
  return protocolType === group.protocolType && sharedByAll(group, protocols).length > 0;
}

/** Whether a member that joins again says the same as before. */
export function sameProtocols(a: readonly MemberProtocol[], b: readonly MemberProtocol[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, index) => name === b[index].name && sameBytes(metadata, b[index].metadata))
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
