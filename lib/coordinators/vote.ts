/** Which assignment strategy does a group use? Each member votes for the first of its own that all the others know as well. */
import type { Group, Member, MemberProtocol } from './group.ts';

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
  const [oldest, ...others] = group.members.values();
  if (oldest === undefined) return [];
  return oldest.protocols.map(({ name }) => name).filter((name) => others.every((member) => offers(member, name)));
}

function offers(member: Member, name: string): boolean {
  return member.protocols.some((protocol) => protocol.name === name);
}

/** May somebody with these strategies join? An empty group takes any kind; a group with members needs a strategy that all share. */
export function supportsProtocols(group: Group, protocolType: string, protocols: readonly MemberProtocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0;
  if (protocolType !== group.protocolType) return false;
  const members = [...group.members.values()];
  return protocols.some(({ name }) => members.every((member) => offers(member, name)));
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
