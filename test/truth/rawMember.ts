/** A member of the group `bank` that sends what the experiment wants and nothing else: no background, no manners. */
import {
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  SyncGroup,
} from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { type Client, onStage, type Stage } from '../broker/stage.ts';

export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export interface Round {
  readonly error: string;
  readonly leader: string;
  readonly strategy: string | null;
  /** The ids of all members: for the leader only. */
  readonly members: readonly string[];
}

export class RawMember {
  readonly client: Client;
  readonly strategies: readonly string[];
  id = '';
  generation = -1;
  #strategy: string | null = null;

  constructor(client: Client, strategies: readonly string[]) {
    this.client = client;
    this.strategies = strategies;
  }

  static async of(stage: Stage, strategies = ['range']): Promise<RawMember> {
    const client = await stage.client();
    await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    return new RawMember(client, strategies);
  }

  /** One JoinGroup; a new member needs two, of which the first gives it its id. */
  async join(): Promise<Round> {
    const answer = await this.client.ask(JoinGroup, {
      ...{ groupId: 'bank', memberId: this.id, protocolType: 'consumer' },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000 },
      protocols: this.strategies.map((name) => ({ name, metadata: bytesOf('whatever') })),
    });
    this.id = answer.memberId;
    if (answer.errorCode === 0) this.generation = answer.generationId;
    this.#strategy = answer.protocolName;
    return {
      error: errorOf(answer.errorCode).name,
      leader: answer.leader,
      strategy: answer.protocolName,
      members: answer.members.map(({ memberId }) => memberId),
    };
  }

  async joinTwice(): Promise<Round> {
    await this.join();
    return this.join();
  }

  /** Its assignment, or the name of the error. Only the leader gives assignments. */
  async sync(assignments: Record<string, string> = {}): Promise<string> {
    const answer = await this.client.ask(SyncGroup, {
      ...{ groupId: 'bank', generationId: this.generation, memberId: this.id },
      ...{ protocolType: 'consumer', protocolName: this.#strategy },
      assignments: Object.entries(assignments).map(([memberId, part]) => ({ memberId, assignment: bytesOf(part) })),
    });
    return answer.errorCode === 0 ? textOf(answer.assignment) : errorOf(answer.errorCode).name;
  }

  async heartbeat(): Promise<string> {
    const identity = { groupId: 'bank', generationId: this.generation, memberId: this.id };
    return errorOf((await this.client.ask(Heartbeat, identity)).errorCode).name;
  }

  async commit(committedOffset: number): Promise<string> {
    const { topics } = await this.client.ask(OffsetCommit, {
      ...{ groupId: 'bank', generationIdOrMemberEpoch: this.generation, memberId: this.id },
      topics: [{ name: 'ledger', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }],
    });
    return errorOf(topics[0].partitions[0].errorCode).name;
  }

  async leave(): Promise<void> {
    await this.client.ask(LeaveGroup, { groupId: 'bank', members: [{ memberId: this.id }] });
  }
}

/** An experiment with such members; the first meeting of the group waits 100 ms. */
export function withRawMembers(run: (stage: Stage) => Promise<void>): () => Promise<void> {
  const config = { 'group.initial.rebalance.delay.ms': '100' };
  return onStage(run, { topics: { ledger: 3 }, config });
}
