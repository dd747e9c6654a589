/**
 * A group of the classic protocol, member by member and request by request: nobody joins, syncs or beats unless an observation says so.
 *
 * A coordinator gives ids that differ in every run. Here each member has a label, and whatever names it is told by that.
 */
import {
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '../../../lib/protocol/apis/index.ts';
import { decodeSubscription, encodeSubscription } from '../../../lib/protocol/consumerProtocol.ts';
import type { RequestInput } from '../../../lib/protocol/schema.ts';
import type { Connection } from '../../../lib/wire/connection.ts';
import { type Scene, utf8 } from './scene.ts';
import { nameOf, type Plain, type Telling, tell } from './telling.ts';

type JoinRequest = RequestInput<typeof JoinGroup>;
type SyncRequest = RequestInput<typeof SyncGroup>;
type CommitRequest = RequestInput<typeof OffsetCommit>;

type Given<Request> = Partial<Request> & { readonly version?: number };

export class Group {
  readonly id: string;
  readonly scene: Scene;
  readonly #labels = new Map<string, string>();

  private constructor(scene: Scene, label: string) {
    this.scene = scene;
    this.id = scene.name(label);
  }

  /** A group that nobody has joined yet, once its coordinator can be asked. */
  static async in(scene: Scene, label = 'group'): Promise<Group> {
    const group = new Group(scene, label);
    await scene.internalTopic();
    await scene.until(async () => {
      const { groups } = await scene.ask(DescribeGroups, { groups: [group.id] }, 5);
      return groups[0].errorCode === 0;
    });
    return group;
  }

  /** A member on a connection of its own, since a join may have to wait. It has not asked for anything yet. */
  async member(label: string, groupInstanceId: string | null = null): Promise<Member> {
    return new Member(this, label, groupInstanceId, await this.scene.connect(`client-${label}`));
  }

  /** A group of one that is stable: its member leads generation 1 and has what it gave to itself. */
  async stable(label = 'a', groupInstanceId: string | null = null): Promise<Member> {
    const member = await this.member(label, groupInstanceId);
    await member.enter();
    await member.sync({ [label]: `work of ${label}` });
    return member;
  }

  /** Two members that have joined generation 2, led by `a`; the group waits for what `a` gives out. */
  async gathered(): Promise<readonly [Member, Member]> {
    const a = await this.stable('a');
    const b = await this.member('b');
    const entered = b.enter();
    await this.is('PreparingRebalance');
    await Promise.all([a.join(), entered]);
    return [a, b];
  }

  /** A stable group of two in generation 2, led by `a`. */
  async pair(): Promise<readonly [Member, Member]> {
    const [a, b] = await this.gathered();
    await Promise.all([a.sync({ a: 'work of a', b: 'work of b' }), b.sync()]);
    return [a, b];
  }

  /** Waits until the coordinator says that the group is in this state. */
  async is(state: string): Promise<void> {
    await this.scene.until(async () => (await this.state()) === state);
  }

  async state(): Promise<string> {
    const { groups } = await this.scene.ask(DescribeGroups, { groups: [this.id] });
    return groups[0].groupState;
  }

  async describe(version?: number, includeAuthorizedOperations = false): Promise<Plain> {
    const request = { groups: [this.id], includeAuthorizedOperations };
    const { groups } = await this.scene.ask(DescribeGroups, request, version);
    const members = groups.map((group) => ({
      ...group,
      members: [...group.members].sort((a, b) => (a.clientId < b.clientId ? -1 : 1)),
    }));
    return tell(members, { ...this.telling, without: ['clientHost'] });
  }

  /** What is committed in partition 0 of a topic, and how. */
  async committed(topic: string): Promise<Plain> {
    const groups = [{ groupId: this.id, topics: [{ name: topic, partitionIndexes: [0] }] }];
    const response = await this.scene.ask(OffsetFetch, { groups }, 8);
    const [{ committedOffset, metadata, errorCode }] = response.groups[0].topics[0].partitions;
    return `${nameOf(errorCode)}: ${committedOffset} ${JSON.stringify(metadata)}`;
  }

  knows(memberId: string, label: string): void {
    if (memberId !== '') this.#labels.set(memberId, label);
  }

  /** The id that a member has now. */
  idOf(label: string): string {
    return [...this.#labels].filter(([, one]) => one === label).at(-1)?.[0] ?? '';
  }

  get telling(): Telling {
    const label = (id: unknown) => (id === '' ? '' : (this.#labels.get(String(id)) ?? 'a stranger'));
    return {
      instead: {
        memberId: label,
        leader: label,
        assignment: text,
        memberAssignment: text,
        metadata: subscribed,
        memberMetadata: subscribed,
      },
    };
  }
}

/** What a sync has to name since version 5. */
const rangeOfConsumers = { protocolType: 'consumer', protocolName: 'range' };

export class Member {
  memberId = '';
  generationId = -1;
  readonly label: string;
  readonly #group: Group;
  readonly #groupInstanceId: string | null;
  readonly #connection: Connection;

  constructor(group: Group, label: string, groupInstanceId: string | null, connection: Connection) {
    this.label = label;
    this.#group = group;
    this.#groupInstanceId = groupInstanceId;
    this.#connection = connection;
  }

  /** One JoinGroup, as it is answered. What it says of this member is remembered. */
  async join({ version, ...given }: Given<JoinRequest> = {}): Promise<Plain> {
    const request = {
      groupId: this.#group.id,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: this.memberId,
      groupInstanceId: this.#groupInstanceId,
      protocolType: 'consumer',
      protocols: [strategy('range', this.label)],
      ...given,
    };
    const response = await this.#connection.send(JoinGroup, request, { version, timeoutMs: 40_000 });
    if (response.errorCode === 0 || nameOf(response.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.memberId = response.memberId;
      this.generationId = response.generationId;
    }
    this.#group.knows(response.memberId, this.label);
    return tell(
      { ...response, members: [...response.members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1)) },
      this.#group.telling,
    );
  }

  /** Joins as a client does that has no id yet: the first answer gives it one (KIP-394), the second time it comes in. */
  async enter(given: Given<JoinRequest> = {}): Promise<Plain> {
    const first = await this.join(given);
    return this.#groupInstanceId === null ? this.join(given) : first;
  }

  /** One SyncGroup. Whoever leads gives each label its work. */
  async sync(
    work: { readonly [label: string]: string } = {},
    { version, ...given }: Given<SyncRequest> = {},
  ): Promise<Plain> {
    const assignments = Object.entries(work).map(([label, share]) => ({
      memberId: this.#group.idOf(label),
      assignment: utf8(share),
    }));
    const { groupId, generationId, memberId } = this.#identity();
    const identity = { groupId, generationId, memberId, groupInstanceId: this.#groupInstanceId, ...rangeOfConsumers };
    const request = { ...identity, assignments, ...given };
    const response = await this.#connection.send(SyncGroup, request, { version, timeoutMs: 40_000 });
    return tell(response, this.#group.telling);
  }

  async heartbeat(given: Partial<RequestInput<typeof Heartbeat>> = {}): Promise<Plain> {
    const request = { ...this.#identity(), groupInstanceId: this.#groupInstanceId, ...given };
    return nameOf((await this.#connection.send(Heartbeat, request)).errorCode);
  }

  async leave(version?: number): Promise<Plain> {
    const { groupId, memberId } = this.#identity();
    const members = [{ memberId, groupInstanceId: this.#groupInstanceId }];
    const response = await this.#connection.send(LeaveGroup, { groupId, memberId, members }, { version });
    return tell(response, this.#group.telling);
  }

  /** Commits an offset for partition 0 of a topic. */
  async commit(topic: string, committedOffset: number, given: Given<CommitRequest> = {}): Promise<Plain> {
    const { version, ...fields } = given;
    const { groupId, generationId, memberId } = this.#identity();
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: 'note' }] }];
    const identity = { groupId, generationIdOrMemberEpoch: generationId, memberId };
    const request = { ...identity, groupInstanceId: this.#groupInstanceId, topics, ...fields };
    const response = await this.#connection.send(OffsetCommit, request, { version });
    return nameOf(response.topics[0].partitions[0].errorCode);
  }

  /** Sends what it knows of itself from another connection, as a client does that has lost one. */
  async again(): Promise<Member> {
    const twin = await this.#group.member(this.label, this.#groupInstanceId);
    twin.memberId = this.memberId;
    twin.generationId = this.generationId;
    return twin;
  }

  /** Is gone without a word, as a process that was killed. */
  vanish(): void {
    this.#connection.close();
  }

  #identity() {
    return { groupId: this.#group.id, generationId: this.generationId, memberId: this.memberId };
  }
}

/** A strategy that a member can do, with its name in the data that it sends along. */
export function strategy(name: string, label: string, topics: readonly string[] = ['ledger']) {
  return { name, metadata: encodeSubscription({ topics: [...topics], userData: utf8(label) }) };
}

/** The error of an answer as it was told. */
export function errorIn(answer: Plain): string {
  return (answer as { readonly errorCode: string }).errorCode;
}

/** The generation in the answer to a join. */
export function generationIn(answer: Plain): number {
  return (answer as { readonly generationId: number }).generationId;
}

function text(bytes: unknown): Plain {
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : null;
}

function subscribed(bytes: unknown): Plain {
  if (!(bytes instanceof Uint8Array)) return typeof bytes === 'string' ? bytes : null;
  if (bytes.length === 0) return '';
  try {
    return text(decodeSubscription(bytes).userData);
  } catch {
    return `${bytes.length} bytes that are no subscription`;
  }
}
