/**
 * Fetch sessions: the broker remembers what a client reads, so that the next fetch names only what has changed (KIP-227).
 *
 * A consumer of a thousand partitions would otherwise name all of them in every request, and be told the high watermark of each in every answer.
 * With a session a request names the partitions whose position has moved, and an answer those that have something new to say. Both sides count
 * the requests of the session in an epoch. When they disagree, because an answer was lost or the session has been given to somebody else, the client begins
 * a new session with a full request, so a session is never more than a shorter way to say the same.
 *
 * There is room for a limited number of sessions. One that has not been used for two minutes makes room for any other; one that is in use and older
 * than two minutes makes room for a larger one, which saves more. Whoever finds no room is answered without a session.
 *
 * Source: Apache Kafka `FetchSession.scala`. Kafka gives followers precedence; that comes with followers.
 */
import type { Fetch } from '../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../protocol/schema.ts';
import type { Host } from '../trace/host.ts';
import type { Clock, Random } from '../world/world.ts';

type Request = RequestOf<typeof Fetch>;
type RequestedPartition = Request['topics'][number]['partitions'][number];
type PartitionResponse = ResponseInput<typeof Fetch>['responses'][number]['partitions'][number];

/** One partition that a client reads. A topic goes by its name or, from version 13 on, by its id. */
export interface FetchedPartition extends RequestedPartition {
  readonly topic: string;
  readonly topicId: string;
  /** Its name among all partitions. */
  readonly key: string;
}

/** What one partition is answered with. */
export interface FetchAnswer {
  readonly wanted: FetchedPartition;
  readonly response: PartitionResponse;
}

/** How one request is to be handled. */
export interface FetchPlan {
  /** What to read, in this order. */
  readonly partitions: readonly FetchedPartition[];
  /** To be called with an answer for each of them: what of it the client is told, and in which session. */
  finish(answers: readonly FetchAnswer[]): FetchOutcome;
}

export interface FetchOutcome {
  readonly error: ErrorCode;
  /** 0: none. */
  readonly sessionId: number;
  readonly answers: readonly FetchAnswer[];
}

/** A partition of a session, with what the client was told last. */
interface Remembered {
  wanted: FetchedPartition;
  highWatermark: number;
  logStartOffset: number;
}

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  /** What the next request must say. */
  epoch: number;
  /** In the order in which they are read: what has had records goes to the end, so that no partition starves. */
  readonly partitions: Map<string, Remembered>;
}

const NO_SESSION = 0;
const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const MAX_EPOCH = 0x7fffffff;
const EVICTION_MS = 120_000;
const TOPIC_IDS_SINCE = 13;

export class FetchSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #slots: number;
  /** The one that has not been used for the longest time first. */
  readonly #sessions = new Map<number, Session>();

  /** `slots` is `max.incremental.fetch.session.cache.slots`. */
  constructor(host: Pick<Host, 'clock' | 'random'>, slots: number) {
    this.#clock = host.clock;
    this.#random = host.random.fork('fetch sessions');
    this.#slots = slots;
  }

  get count(): number {
    return this.#sessions.size;
  }

  // #region begin
  /** What a request means: an error of the session, or what to read. */
  begin(request: Request, version: number): FetchPlan | ErrorCode {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
      this.#sessions.delete(sessionId);
      // Named twice, the last time counts.
      const byKey = new Map(partitionsOf(request).map((wanted) => [wanted.key, wanted]));
      const partitions = [...byKey.values()];
      return sessionEpoch === FINAL_EPOCH ? withoutSession(partitions) : this.#full(partitions, version);
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return Errors.FETCH_SESSION_ID_NOT_FOUND;
    if (session.epoch !== sessionEpoch) return Errors.INVALID_FETCH_SESSION_EPOCH;
    if (session.usesTopicIds !== version >= TOPIC_IDS_SINCE) return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
    return this.#incremental(session, request);
  }
  // #endregion begin

  /** A request that names everything and wants a session. Who is answered is remembered, if there is room. */
  #full(partitions: readonly FetchedPartition[], version: number): FetchPlan {
    return {
      partitions,
      finish: (answers) => {
        const now = this.#clock.monotonicMs();
        if (!this.#hasRoom(answers.length, now)) return { error: Errors.NONE, sessionId: NO_SESSION, answers };
        const session: Session = {
          id: this.#newId(),
          usesTopicIds: version >= TOPIC_IDS_SINCE,
          createdMs: now,
          lastUsedMs: now,
          epoch: nextEpoch(INITIAL_EPOCH),
          partitions: new Map(answers.map((answer) => [answer.wanted.key, remembered(answer)])),
        };
        this.#sessions.set(session.id, session);
        return { error: Errors.NONE, sessionId: session.id, answers };
      },
    };
  }

  // #region incremental
  /** A request that names what has changed. It is answered with what has changed. */
  #incremental(session: Session, request: Request): FetchPlan {
    change(session, request);
    if (session.partitions.size === 0) {
      this.#sessions.delete(session.id);
      return withoutSession([]);
    }
    this.#touch(session);
    const epoch = nextEpoch(request.sessionEpoch);
    session.epoch = epoch;
    return {
      partitions: [...session.partitions.values()].map(({ wanted }) => wanted),
      finish(answers) {
        // Another request of the session has come while this one waited: only one of the two can be the client's last.
        if (session.epoch !== epoch) {
          return { error: Errors.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, answers: [] };
        }
        return { error: Errors.NONE, sessionId: session.id, answers: answers.filter((one) => isNews(session, one)) };
      },
    };
  }
  // #endregion incremental

  #touch(session: Session): void {
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  // #region hasRoom
  /** Makes room for a session of `size` partitions where the rules allow it. */
  #hasRoom(size: number, now: number): boolean {
    if (this.#sessions.size < this.#slots) return true;
    const [idlest] = this.#sessions.values();
    if (idlest === undefined) return false;
    if (now - idlest.lastUsedMs > EVICTION_MS) return this.#sessions.delete(idlest.id);
    let smallest: Session | undefined;
    for (const session of this.#sessions.values()) {
      const isOld = session.lastUsedMs - session.createdMs > EVICTION_MS;
      if (isOld && session.partitions.size < (smallest?.partitions.size ?? size)) smallest = session;
    }
    return smallest !== undefined && this.#sessions.delete(smallest.id);
  }
  // #endregion hasRoom

  /** At random, so that a client that comes back after a restart of the broker does not meet somebody else's session. */
  #newId(): number {
    for (;;) {
      const id = this.#random.nextU32() >>> 1;
      if (id !== NO_SESSION && !this.#sessions.has(id)) return id;
    }
  }
}

function withoutSession(partitions: readonly FetchedPartition[]): FetchPlan {
  return { partitions, finish: (answers) => ({ error: Errors.NONE, sessionId: NO_SESSION, answers }) };
}

function change({ partitions }: Session, request: Request): void {
  for (const wanted of partitionsOf(request)) {
    const known = partitions.get(wanted.key);
    if (known) known.wanted = wanted;
    else partitions.set(wanted.key, { wanted, highWatermark: -1, logStartOffset: -1 });
  }
  for (const { topic, topicId, partitions: forgotten } of request.forgottenTopicsData) {
    for (const partition of forgotten) partitions.delete(keyOf(partition, topicId, topic));
  }
}

/** Whether the client must be told: there are records, an error, a log that parts from ours, or marks that have moved. Takes note of what it is told. */
function isNews({ partitions }: Session, answer: FetchAnswer): boolean {
  const { key } = answer.wanted;
  const known = partitions.get(key);
  if (known === undefined) return true;
  const { highWatermark, logStartOffset } = remembered(answer);
  const moved = known.highWatermark !== highWatermark || known.logStartOffset !== logStartOffset;
  known.highWatermark = highWatermark;
  known.logStartOffset = logStartOffset;
  const { records, errorCode, divergingEpoch } = answer.response;
  const hasRecords = (records?.length ?? 0) > 0;
  if (hasRecords) {
    partitions.delete(key);
    partitions.set(key, known);
  }
  return hasRecords || moved || errorCode !== Errors.NONE.code || divergingEpoch !== undefined;
}

function remembered({ wanted, response }: FetchAnswer): Remembered {
  return { wanted, highWatermark: response.highWatermark, logStartOffset: response.logStartOffset ?? -1 };
}

function partitionsOf({ topics }: Request): FetchedPartition[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ ...partition, topic, topicId, key: keyOf(partition.partition, topicId, topic) })),
  );
}

function keyOf(partition: number, topicId: string, topic: string): string {
  return `${partition} ${topicId} ${topic}`;
}

function nextEpoch(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1;
}
