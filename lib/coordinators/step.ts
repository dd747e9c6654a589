/**
 * One step of the decider: the group as it is becoming, and what the world is to be asked for. It is made at the start of `decide`, passed
 * through the functions that know the rules, and read out at the end. The group that came in is not touched.
 */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { GroupResponse, GroupSettings } from './events.ts';
import { type Appending, allowedBefore, type Group, type GroupState, type Member, staticMember } from './group.ts';
import type { CoordinatorRecord, Fact, Outcome, ReplyTo, TimerChange } from './outcome.ts';

export type MemberChange = 'joined' | 'left' | 'expired' | 'replaced' | 'refused';

export class Step {
  group: Group;
  readonly now: number;
  readonly settings: GroupSettings;
  readonly #records: CoordinatorRecord[] = [];
  #isAtomic = true;
  readonly #replies: { to: ReplyTo; response: GroupResponse }[] = [];
  readonly #timers: TimerChange[] = [];
  readonly #facts: Fact[] = [];

  constructor(group: Group, now: number, settings: GroupSettings) {
    this.group = group;
    this.now = now;
    this.settings = settings;
  }

  change(fields: Partial<Group>): void {
    this.group = { ...this.group, ...fields };
  }

  /** Puts a member in, or in place of the one with its id. */
  putMember(member: Member): void {
    this.change({ members: new Map(this.group.members).set(member.memberId, member) });
  }

  reply(to: ReplyTo, response: GroupResponse): void {
    this.#replies.push({ to, response });
  }

  startTimer(name: string, afterMs: number): void {
    this.#timers.push({ name, afterMs });
  }

  stopTimer(name: string): void {
    this.#timers.push({ name, afterMs: null });
  }

  /** The time within which the member must be heard of again begins now. */
  startSession(member: Member): void {
    this.startTimer(sessionTimer(member.memberId), member.sessionTimeoutMs);
  }

  /** Appends in one batch; `then` says what to do when it is safe. */
  append(records: readonly CoordinatorRecord[], then: Appending): void {
    for (const record of records) this.#records.push(record);
    this.change({ appending: [...this.group.appending, then] });
  }

  /** As `append`, for tombstones that nobody waits for and that may be many: if need be in several batches. */
  appendInPieces(records: readonly CoordinatorRecord[], then: Appending): void {
    this.#isAtomic = false;
    this.append(records, then);
  }

  moveTo(state: GroupState): void {
    const from = this.group.state;
    if (!allowedBefore[state].includes(from)) {
      throw new Error(
        `group ${this.group.groupId} cannot go from ${from} to ${state}: this is a bug in the coordinator`,
      );
    }
    this.change({ state, stateTimestamp: this.now });
    const { groupId, generationId, members } = this.group;
    this.tell('group.state', {
      group: groupId,
      from,
      to: state,
      generation: generationId,
      members: [...members.keys()],
    });
  }

  tell(what: string, detail: Fact['detail']): void {
    this.#facts.push({ what, detail });
  }

  tellMember(memberId: string, change: MemberChange, why: string): void {
    this.tell('group.member', { group: this.group.groupId, member: memberId, change, why });
  }

  outcome(): Outcome<GroupResponse> {
    return {
      records: this.#records,
      isAtomic: this.#isAtomic,
      replies: this.#replies,
      timers: this.#timers,
      facts: this.#facts,
    };
  }
}

export const JOIN_TIMER = 'join';
export const SYNC_TIMER = 'sync';
const SESSION = 'session ';

export function sessionTimer(memberId: string): string {
  return SESSION + memberId;
}

/** The member whose session the timer of this name watches; undefined for the other timers. */
export function memberOfTimer(name: string): string | undefined {
  return name.startsWith(SESSION) ? name.slice(SESSION.length) : undefined;
}

// #region validateMember
/** Is the caller who it says it is? A static member that was replaced is fenced: its successor goes on under the same name. */
export function validateMember(group: Group, memberId: string, groupInstanceId: string | null): ErrorCode {
  if (groupInstanceId !== null) {
    const holder = staticMember(group, groupInstanceId);
    if (holder === undefined) return Errors.UNKNOWN_MEMBER_ID;
    if (holder.memberId !== memberId) return Errors.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
}
// #endregion validateMember
