/**
 * Heartbeats: the sign of life of a member, in the background, while the application works on its records.
 *
 * They keep two watches apart. The coordinator watches for heartbeats, and after `sessionTimeoutMs` of silence it gives the member up: that finds a
 * process that has died. The member watches its own application, and when that has been out of `poll` for `maxPollIntervalMs` it
 * leaves the group by itself: that finds a process that lives and is stuck (KIP-62).
 */
import { Heartbeat } from '../../protocol/apis/12-heartbeat.ts';
import { Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { Cancel } from '../../world/world.ts';
import type { ClientContext } from '../clientContext.ts';
import { isRetriable } from '../errors.ts';
import type { CoordinatorClient } from './coordinatorClient.ts';
import { FENCED_HINT, type Membership } from './membership.ts';

export interface HeartbeatSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
}

export class Heartbeats {
  readonly #context: ClientContext;
  readonly #coordinator: CoordinatorClient;
  readonly #membership: Membership;
  readonly #settings: HeartbeatSettings;
  readonly #isPolling: () => boolean;
  readonly #changed: () => void;
  #nextAt = 0;
  #isUnderWay = false;
  #failures = 0;
  #sessionEndsAt = 0;
  #pollLeftAt = 0;
  #timer: Cancel | undefined;
  #failure: Error | undefined;

  constructor(
    context: ClientContext,
    coordinator: CoordinatorClient,
    membership: Membership,
    settings: HeartbeatSettings,
    isPolling: () => boolean,
    changed: () => void,
  ) {
    this.#context = context;
    this.#coordinator = coordinator;
    this.#membership = membership;
    this.#settings = settings;
    this.#isPolling = isPolling;
    this.#changed = changed;
  }

  /** The application has come out of `poll`: it has `maxPollIntervalMs` to call it again. */
  pollLeft(): void {
    this.#pollLeftAt = this.#context.timers.now();
  }

  /** Begins a session: the coordinator has just heard of the member. */
  start(): void {
    const now = this.#context.timers.now();
    this.#nextAt = now + this.#settings.heartbeatIntervalMs;
    this.#sessionEndsAt = now + this.#settings.sessionTimeoutMs;
    this.#failures = 0;
    this.#tick();
  }

  /** An error that will not pass, once. */
  takeFailure(): Error | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  // #region tick
  /** Does what is due, and sets the timer for what comes next. Ends by itself when the member is not in the group any more. */
  #tick(): void {
    this.#timer?.();
    this.#timer = undefined;
    const { state } = this.#membership;
    if (state === 'unjoined' || state === 'preparing') return;
    const now = this.#context.timers.now();
    if (now >= this.#pollDueAt) {
      void this.#membership.leave(`poll was not called for ${this.#settings.maxPollIntervalMs} ms (maxPollIntervalMs)`);
      return;
    }
    if (now >= this.#sessionEndsAt) {
      // Nobody has answered for a whole session. The assignment stays until the coordinator says otherwise: it may have failed, not we.
      this.#coordinator.lost();
      this.#sessionEndsAt = now + this.#settings.sessionTimeoutMs;
    }
    if (now >= this.#nextAt && !this.#isUnderWay) void this.#beat();
    const next = Math.min(this.#isUnderWay ? Infinity : this.#nextAt, this.#pollDueAt, this.#sessionEndsAt);
    this.#timer = this.#context.timers.after(next - now, () => this.#tick());
  }
  // #endregion tick

  /** As long as the application waits in `poll` this is never now, however long it waits. */
  get #pollDueAt(): number {
    const last = this.#isPolling() ? this.#context.timers.now() : this.#pollLeftAt;
    return last + this.#settings.maxPollIntervalMs;
  }

  async #beat(): Promise<void> {
    const { generation } = this.#membership;
    const { groupId } = this.#coordinator;
    const sentAt = this.#context.timers.now();
    this.#isUnderWay = true;
    this.#nextAt = sentAt + this.#settings.heartbeatIntervalMs;
    try {
      const detail = { group: groupId, generation: generation.generationId };
      const { groupInstanceId } = this.#membership;
      const { errorCode } = await this.#coordinator.send(
        Heartbeat,
        { groupId, ...generation, groupInstanceId },
        { detail },
      );
      this.#answered(errorCode, generation);
    } catch (error) {
      this.#failed(error);
    }
    this.#isUnderWay = false;
    this.#tick();
  }

  #answered(errorCode: number, generation: Membership['generation']): void {
    const error = errorOf(errorCode);
    switch (error) {
      case Errors.NONE:
        this.#heard();
        return;
      case Errors.REBALANCE_IN_PROGRESS:
        this.#heard();
        if (this.#membership.state === 'stable') this.#membership.requestRejoin('the group is rebalancing');
        return;
      case Errors.ILLEGAL_GENERATION:
      case Errors.UNKNOWN_MEMBER_ID:
        this.#membership.expelled(generation, error);
        return;
      case Errors.FENCED_INSTANCE_ID:
        // Said of an earlier generation it is no news: the member has come back since, in its own place.
        if (generation !== this.#membership.generation) return;
        this.#membership.expelled(generation, error);
        this.#failed(new KafkaError(error, this.#doing, FENCED_HINT));
        return;
      default:
        this.#coordinator.heard(error);
        this.#failed(new KafkaError(error, this.#doing));
    }
  }

  get #doing(): string {
    return `send a heartbeat to group ${this.#coordinator.groupId}`;
  }

  #heard(): void {
    this.#failures = 0;
    this.#sessionEndsAt = this.#context.timers.now() + this.#settings.sessionTimeoutMs;
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#nextAt = this.#context.timers.now() + this.#context.backoff.afterFailures(this.#failures);
    if (isRetriable(error) || !(error instanceof KafkaError)) return;
    this.#failure = error;
    this.#changed();
  }
}
