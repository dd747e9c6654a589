/** One control: which requests it is for, how many it has taken, and what it does to them (controls.ts makes and lines them up). */
import type { Host } from '../../trace/host.ts';
import type { Services } from '../services.ts';
import {
  type ApiName,
  apiNamed,
  canNameGroups,
  canNameTopics,
  namesGroup,
  namesTopic,
  type SeenRequest,
} from './requests.ts';

/** How many of the requests that it took a control keeps. */
const KEPT = 1_000;

/** Which requests of an API are meant. What is left out does not matter. */
export interface RequestFilter<Name extends ApiName> {
  /** For this many requests; then the control has done its work. Default: for all, until it is removed. */
  readonly times?: number;
  readonly clientId?: string;
  /** Requests that name this group. */
  readonly groupId?: string;
  /** Requests that name this topic, perhaps among others. A fetch within a session (KIP-227) names only what changes. */
  readonly topic?: string;
  /** Anything else. */
  readonly where?: (seen: SeenRequest<Name>) => boolean;
}

/** One control, to look at what it has done and to end it. */
export interface Control<Name extends ApiName = ApiName> {
  /** How many requests it has taken. */
  readonly count: number;
  /** What it has taken, in order; of more than a thousand the newest. */
  readonly requests: readonly SeenRequest<Name>[];
  /** From now on it takes nothing, and what it holds back goes on. Twice is harmless. */
  remove(): void;
}

export type Handle = () => unknown;
type Sleep = (ms: number) => Promise<void>;
/** What becomes of one request. `handle` is the next in line. */
export type Act<Name extends ApiName> = (seen: SeenRequest<Name>, handle: Handle, sleep: Sleep) => unknown;

/** Throws a `TypeError` for a name or filter that nothing could ever match. */
export function mustBePossible<Name extends ApiName>(name: Name, { times, groupId, topic }: RequestFilter<Name>): void {
  const api = apiNamed(name);
  if (times !== undefined && !(Number.isInteger(times) && times >= 1)) {
    throw new TypeError(`on('${name}', { times: ${times} }): times is a whole number, 1 or more`);
  }
  if (topic !== undefined && !canNameTopics(api)) {
    throw new TypeError(`on('${name}', { topic }): ${name} names no topic, so nothing would ever match`);
  }
  if (groupId !== undefined && !canNameGroups(api)) {
    throw new TypeError(`on('${name}', { groupId }): ${name} names no group, so nothing would ever match`);
  }
}

export class Rule<Name extends ApiName> implements Control<Name> {
  readonly #name: Name;
  readonly #filter: RequestFilter<Name>;
  readonly #what: string;
  readonly #act: Act<Name>;
  readonly #ended: () => void;
  /** What would end a wait. */
  readonly #held = new Set<() => void>();
  #requests: SeenRequest<Name>[] = [];
  #count = 0;
  /** Requests that it has taken and that are not answered yet. */
  #underWay = 0;
  #isRemoved = false;

  /** `ended` is called when there is nothing more that it does or holds. */
  constructor(name: Name, filter: RequestFilter<Name>, what: string, act: Act<Name>, ended: () => void) {
    this.#name = name;
    this.#filter = filter;
    this.#what = what;
    this.#act = act;
    this.#ended = ended;
  }

  get count(): number {
    return this.#count;
  }

  get requests(): readonly SeenRequest<Name>[] {
    return this.#requests.slice(-KEPT);
  }

  remove(): void {
    this.#isRemoved = true;
    for (const goOn of [...this.#held]) goOn();
    this.#endIfIdle();
  }

  /** Whether it is for this request; then it counts as taken. */
  take(seen: SeenRequest<Name>, services: Services): boolean {
    if (this.#takesNoMore || seen.api !== this.#name || !this.#wants(seen, services)) return false;
    this.#count++;
    if (this.#requests.length === 2 * KEPT) this.#requests = this.#requests.slice(-KEPT);
    this.#requests.push(seen);
    return true;
  }

  act(seen: SeenRequest<Name>, handle: Handle, host: Host): unknown {
    host.trace.record(host.name, 'request.controlled', { api: this.#name, client: seen.clientId, control: this.#what });
    this.#underWay++;
    const answer = (async () => this.#act(seen, handle, (ms) => this.#sleep(host, ms)))();
    const over = () => {
      this.#underWay--;
      this.#endIfIdle();
    };
    answer.then(over, over);
    return answer;
  }

  get #takesNoMore(): boolean {
    return this.#isRemoved || this.#count === this.#filter.times;
  }

  #endIfIdle(): void {
    if (this.#takesNoMore && this.#underWay === 0) this.#ended();
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { on: this.#name, control: this.#what, count: this.#count, requests: this.requests };
  }

  #wants(seen: SeenRequest<Name>, { topics }: Services): boolean {
    const { clientId, groupId, topic, where } = this.#filter;
    if (clientId !== undefined && seen.clientId !== clientId) return false;
    if (groupId !== undefined && !namesGroup(seen.request, groupId)) return false;
    if (topic !== undefined && !namesTopic(seen.request, topic, (id) => topics.withId(id)?.name)) return false;
    return where?.(seen) ?? true;
  }

  #sleep({ clock }: Host, ms: number): Promise<void> {
    if (this.#isRemoved) return Promise.resolve();
    return new Promise((resolve) => {
      const goOn = () => {
        cancel();
        this.#held.delete(goOn);
        resolve();
      };
      const cancel = clock.after(ms, goOn);
      this.#held.add(goOn);
    });
  }
}
