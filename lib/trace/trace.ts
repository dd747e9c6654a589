/**
 * What happened, when and where: one log of events, shared by everything in one world.
 *
 * Drawings, checkers and the question "did the same thing happen twice?" all read this one log. An event is plain JSON, so that it can be
 * stored, sent to a page, and hashed. The hash covers every event ever recorded, also those that the bounded memory has let go:
 * two runs with the same hash did the same things in the same order at the same times.
 */
import type { Clock } from '../world/world.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface TraceEvent {
  /** Milliseconds of the world's monotonic clock. */
  readonly at: number;
  /** The node where it happened: `broker-0`, `client-1`. */
  readonly node: string;
  /** What happened, as `subject.verb`: `request.sent`, `group.state`. */
  readonly what: string;
  readonly detail: { readonly [name: string]: Json };
}

export interface TraceSettings {
  /** How many events are kept; older ones are dropped, a quarter at a time. Default 100 000. */
  capacity?: number;
}

export class Trace {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #capacity: number;
  readonly #watchers = new Set<(event: TraceEvent) => void>();
  #events: TraceEvent[] = [];
  #dropped = 0;
  readonly #hash = new Fnv1a64();
  readonly #addToHash = (text: string) => this.#hash.add(text);

  constructor(clock: Pick<Clock, 'monotonicMs'>, settings: TraceSettings = {}) {
    this.#clock = clock;
    this.#capacity = settings.capacity ?? 100_000;
  }

  record(node: string, what: string, detail: { readonly [name: string]: Json } = {}): void {
    const event: TraceEvent = { at: this.#clock.monotonicMs(), node, what, detail };
    if (this.#events.length >= this.#capacity) this.#forget();
    this.#events.push(event);
    writeCanonical(event, this.#addToHash);
    for (const watcher of this.#watchers) watcher(event);
  }

  /** The events still kept, oldest first. */
  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  /** How many events have been recorded in all. */
  get count(): number {
    return this.#dropped + this.#events.length;
  }

  /** Sixteen hexadecimal digits over all events recorded so far. */
  get hash(): string {
    return this.#hash.digits();
  }

  /** Calls `watcher` with each event from now on; the result stops that. A checker is a watcher. */
  watch(watcher: (event: TraceEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #forget(): void {
    const gone = Math.ceil(this.#capacity / 4);
    this.#events = this.#events.slice(gone);
    this.#dropped += gone;
  }
}

/** One text for one event: the same whatever the order in which its fields were written down. */
export function canonical(event: TraceEvent): string {
  let whole = '';
  writeCanonical(event, (text) => {
    whole += text;
  });
  return whole;
}

// Every event of a simulation passes here. So the text goes to its hash in pieces, as putting them together first would take longer than hashing
// them; and there are loops where `sort` and `stringify` would read better.
function writeCanonical({ at, node, what, detail }: TraceEvent, emit: (text: string) => void): void {
  emit(String(at));
  emit(' ');
  emit(node);
  emit(' ');
  emit(what);
  emit(' ');
  writeJson(detail, emit);
}

function writeJson(value: Json, emit: (text: string) => void): void {
  if (typeof value === 'string') return writeString(value, emit);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return emit(String(value));
  if (value === null || typeof value !== 'object') return emit(JSON.stringify(value));
  if (Array.isArray(value)) {
    emit('[');
    for (let index = 0; index < value.length; index++) {
      if (index > 0) emit(',');
      writeJson(value[index], emit);
    }
    return emit(']');
  }
  const entries = value as { readonly [name: string]: Json };
  const names = sorted(Object.keys(entries));
  emit('{');
  for (let index = 0; index < names.length; index++) {
    if (index > 0) emit(',');
    writeString(names[index], emit);
    emit(':');
    writeJson(entries[names[index]], emit);
  }
  emit('}');
}

/** By code: the characters that stand for themselves in JSON, of those that names and addresses are made of. */
const plain = Uint8Array.from({ length: 128 }, (_, code) => (/[\w .:/@#>+-]/.test(String.fromCharCode(code)) ? 1 : 0));

function writeString(text: string, emit: (text: string) => void): void {
  for (let index = 0; index < text.length; index++) {
    if (plain[text.charCodeAt(index)] !== 1) return emit(JSON.stringify(text));
  }
  emit('"');
  emit(text);
  emit('"');
}

function sorted(names: string[]): string[] {
  for (let index = 1; index < names.length; index++) {
    const name = names[index];
    let at = index;
    for (; at > 0 && names[at - 1] > name; at--) names[at] = names[at - 1];
    names[at] = name;
  }
  return names;
}

/** FNV-1a with 64 bits, in two halves, since no integer of JavaScript multiplies 64 bits quickly. Not for secrets. */
class Fnv1a64 {
  #high = 0xcbf29ce4 | 0;
  #low = 0x84222325 | 0;

  add(text: string): void {
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < text.length; index++) {
      low ^= text.charCodeAt(index);
      // The prime is 2^40 + 0x1b3: the product is (high : low) * 0x1b3, plus low shifted by 40 bits. Sixteen bits at a time it fits integers.
      const lowest = (low & 0xffff) * 0x1b3;
      const middle = (low >>> 16) * 0x1b3 + (lowest >>> 16);
      high = (Math.imul(high, 0x1b3) + (middle >>> 16) + (low << 8)) | 0;
      low = (middle << 16) | (lowest & 0xffff);
    }
    this.#high = high;
    this.#low = low;
  }

  digits(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
