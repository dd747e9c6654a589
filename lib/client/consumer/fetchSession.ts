/**
 * A fetch session: what a broker knows already about the fetches of one consumer.
 *
 * A consumer asks again and again, and mostly for the same. So the broker remembers the partitions with their offsets, and a request names only
 * those that have changed since, or that it shall forget; an answer, likewise, only those that have something to tell. Both sides count the
 * requests, and when the counts differ, or the broker has forgotten the session, the next request is a full one and begins anew (KIP-227).
 *
 * A session is not ended when the consumer closes: a broker forgets it when it needs the place, in two minutes at the earliest.
 *
 * Source: Apache Kafka `FetchSessionHandler`.
 */
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import { nameOf, type TopicPartition } from '../topicPartition.ts';

/** A partition as a request names it. */
export interface FetchedFrom extends TopicPartition {
  readonly topicId: string;
  readonly fetchOffset: number;
  readonly currentLeaderEpoch: number;
}

export interface SessionRequest {
  readonly sessionId: number;
  /** 0: a full request, with which a session begins. */
  readonly sessionEpoch: number;
  readonly changed: readonly FetchedFrom[];
  readonly forgotten: readonly FetchedFrom[];
}

const NO_SESSION = 0;
const FULL = 0;
const LAST_EPOCH = 0x7fffffff;

/** Errors that concern the session and nothing else: a full request cures them. */
const ofSessions: ReadonlySet<ErrorCode> = new Set([
  Errors.FETCH_SESSION_ID_NOT_FOUND,
  Errors.INVALID_FETCH_SESSION_EPOCH,
  Errors.FETCH_SESSION_TOPIC_ID_ERROR,
]);

export class FetchSession {
  #id = NO_SESSION;
  #epoch = FULL;
  /** What the broker knows. */
  #known: ReadonlyMap<string, FetchedFrom> = new Map();

  // #region next
  /** What to send so that the broker fetches all of `wanted` and nothing else. */
  next(wanted: readonly FetchedFrom[]): SessionRequest {
    const before = this.#known;
    const known = new Map<string, FetchedFrom>();
    const changed: FetchedFrom[] = [];
    for (const one of wanted) {
      const name = nameOf(one);
      const last = before.get(name);
      known.set(name, one);
      if (!isSame(one, last)) changed.push(one);
      // A topic that was deleted and made again is another one, which a session cannot hold under the same name.
      if (last !== undefined && last.topicId !== one.topicId) this.#epoch = FULL;
    }
    this.#known = known;
    const session = { sessionId: this.#id, sessionEpoch: this.#epoch };
    if (this.#epoch === FULL) return { ...session, changed: wanted, forgotten: [] };
    const forgotten: FetchedFrom[] = [];
    for (const [name, one] of before) if (!known.has(name)) forgotten.push(one);
    return { ...session, changed, forgotten };
  }
  // #endregion next

  /** The request was answered. A broker that keeps no sessions answers with none. */
  answered(sessionId: number): void {
    this.#epoch = sessionId === NO_SESSION ? FULL : this.#epoch === LAST_EPOCH ? 1 : this.#epoch + 1;
    this.#id = sessionId;
  }

  /** The request was refused as a whole. Answers whether a full request will do better. */
  refused(error: ErrorCode): boolean {
    if (error === Errors.FETCH_SESSION_ID_NOT_FOUND) this.#id = NO_SESSION;
    this.#epoch = FULL;
    return ofSessions.has(error);
  }

  /** Nobody knows whether the broker has seen the request. */
  lost(): void {
    this.#epoch = FULL;
  }
}

function isSame(one: FetchedFrom, other: FetchedFrom | undefined): boolean {
  return one.fetchOffset === other?.fetchOffset && one.currentLeaderEpoch === other.currentLeaderEpoch;
}
