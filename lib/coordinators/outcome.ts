/**
 * What a coordinator may ask of the world after it has looked at one event: append records, answer somebody, set an alarm. That is all, and
 * it is data. Whoever runs the coordinator does these things and reports back with further events, so a coordinator needs neither a clock
 * nor a disk nor a promise, and a test of it is a table of events.
 */

/** Who waits for an answer: a number that the runtime gave to the request. */
export type ReplyTo = number;

/** A record for the coordinator's log. A null value deletes the key once the log is compacted. */
export interface CoordinatorRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Sets the alarm of this name to go off in `afterMs`, in place of an earlier one of the name; null: no alarm any more. */
export interface TimerChange {
  readonly name: string;
  readonly afterMs: number | null;
}

/** Something worth an entry in the trace. */
export interface Fact {
  readonly what: string;
  readonly detail: { readonly [name: string]: string | number | null | readonly string[] };
}

export interface Outcome<Response> {
  /** To be appended; the event `appended` or `appendFailed` follows exactly when this is not empty, once for all of them. */
  readonly records: readonly CoordinatorRecord[];
  /** The records go into one batch, so that all of them are written or none. Otherwise they go into as many as they need. */
  readonly isAtomic: boolean;
  readonly replies: readonly { readonly to: ReplyTo; readonly response: Response }[];
  readonly timers: readonly TimerChange[];
  readonly facts: readonly Fact[];
}

/** Events that come from the runtime itself, whatever is being coordinated. */
export type RuntimeEvent =
  | { readonly type: 'timer'; readonly name: string }
  /** The oldest append that was still open is safe: the high watermark has passed it, as it passes them in the order of the log. */
  | { readonly type: 'appended' }
  /** The log has refused the newest append at once, whatever is still open before it. `error` is a code of Kafka's. */
  | { readonly type: 'appendFailed'; readonly error: number }
  /** The coordinator moves elsewhere, or its log is in doubt: everybody who waits is told NOT_COORDINATOR. */
  | { readonly type: 'unload' };
