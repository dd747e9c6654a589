/**
 * Stepping in between a request and its answer: what a test does to a broker.
 *
 * A control says which requests it is for and what becomes of them. The dispatcher comes by here with each request; as a rule nobody wants it and its
 * handler answers. Where several controls want it they stand in line, in the order in which they were made: one that lets it pass hands it to the
 * next, and the last to the handler. The cluster keeps the controls, not a broker, so they hold when a broker is started again.
 *
 * Delays go by the clock of the broker, which in a simulated world is virtual.
 */
import { type ErrorName, Errors } from '../../protocol/errors.ts';
import type { Host } from '../../trace/host.ts';
import { type Duration, toMs } from '../../world/duration.ts';
import { type Arrived, CloseConnection, type Interceptor, NO_ANSWER } from '../dispatch.ts';
import type { Services } from '../services.ts';
import { errorAnswers } from './errorAnswers.ts';
import { RequestLog } from './requestLog.ts';
import {
  type ApiName,
  apiNamed,
  canNameGroups,
  canNameTopics,
  namesGroup,
  namesTopic,
  type ResponseBody,
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

/** What can become of the requests chosen with `on`. Each call makes a control, which holds from now on. */
export interface ControlledRequests<Name extends ApiName> {
  /** Lets them pass, and tells of each when the broker begins with it. Without `look`, see `requests` of the control. */
  observe(look?: (seen: SeenRequest<Name>) => void): Control<Name>;
  /**
   * Answers in place of the broker, which does not see the request. A function may ask `handle` for what the broker answers, which then does what it is asked, and
   * change it. A Produce with `acks=0` gets no answer in any case.
   */
  answer(
    response:
      | ResponseBody<Name>
      | ((
          seen: SeenRequest<Name>,
          handle: () => Promise<ResponseBody<Name>>,
        ) => ResponseBody<Name> | Promise<ResponseBody<Name>>),
  ): Control<Name>;
  /** Answers this error for everything that the request names, and does nothing of it. To a Produce with `acks=0` Kafka says so by ending the connection. */
  answerError(error: ErrorName): Control<Name>;
  /** The broker begins this much later. On the same connection later requests wait too, as they always do. */
  delay(duration: Duration): Control<Name>;
  /** The broker does what it is asked, and answers this much later. */
  delayAnswer(duration: Duration): Control<Name>;
  /** The broker does what it is asked, and the answer never leaves. The connection stays, so the client finds out by its time-out. */
  dropAnswer(): Control<Name>;
  /** The connection ends in place of an answer. With `handled` the broker does what it is asked first; by default the request is lost. */
  dropConnection(settings?: { readonly handled?: boolean }): Control<Name>;
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

type Handle = () => unknown;
type Sleep = (ms: number) => Promise<void>;
/** What becomes of one request. `handle` is the next in line. */
type Act<Name extends ApiName> = (seen: SeenRequest<Name>, handle: Handle, sleep: Sleep) => unknown;

/** A control in the line. */
interface Link {
  /** Whether it is for this request; then it counts as taken. */
  take(seen: SeenRequest, services: Services): boolean;
  act(seen: SeenRequest, handle: Handle, host: Host): unknown;
  remove(): void;
}

export class RequestControls implements Interceptor {
  readonly log = new RequestLog();
  #line: readonly Link[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** What shall become of requests of this API. Throws a `TypeError` for a name or filter that nothing could ever match. */
  on<Name extends ApiName>(name: Name, filter: RequestFilter<Name> = {}): ControlledRequests<Name> {
    mustBePossible(name, filter);
    const add = (what: string, act: Act<Name>) => this.#add(name, filter, what, act);
    return {
      observe: (look) =>
        add('observe', (seen, handle) => {
          this.#asked(() => look?.(seen));
          return handle();
        }),
      answer: (response) =>
        add('answer', async (seen, handle) => {
          const own = typeof response === 'function' ? await this.#own(() => response(seen, typed(handle))) : response;
          return expectsAnswer(seen) ? own : NO_ANSWER;
        }),
      answerError: (error) =>
        add(`answerError ${error}`, (seen, handle) => {
          if (!expectsAnswer(seen)) throw new CloseConnection(`a control answers ${error} to ${name}`);
          return errorAnswers[name](seen.request, Errors[error].code, typed(handle));
        }),
      delay: (duration) => {
        const ms = toMs(duration);
        return add(`delay ${ms} ms`, async (_, handle, sleep) => {
          await sleep(ms);
          return handle();
        });
      },
      delayAnswer: (duration) => {
        const ms = toMs(duration);
        return add(`delayAnswer ${ms} ms`, async (_, handle, sleep) => {
          const response = await handle();
          await sleep(ms);
          return response;
        });
      },
      dropAnswer: () =>
        add('dropAnswer', async (_, handle) => {
          await handle();
          return NO_ANSWER;
        }),
      dropConnection: ({ handled = false } = {}) =>
        add('dropConnection', async (_, handle) => {
          if (handled) await handle();
          throw new CloseConnection(`a control drops the connection of ${name}`);
        }),
    };
  }

  // #region intercept
  /** For the dispatcher: answers what `handle` answers, or what a control has in its place. */
  intercept(services: Services, { api, request, context }: Arrived, handle: Handle): unknown {
    const { version, clientId, remote } = context;
    const atMs = services.host.clock.monotonicMs();
    const info = { api: api as ApiName, version, clientId, remote, brokerId: services.brokerId, atMs };
    this.log.add(info);
    const line = this.#line;
    if (line.length === 0) return handle();
    const seen = { ...info, request } as SeenRequest;
    const pass = (from: number): unknown => {
      const at = line.findIndex((link, index) => index >= from && link.take(seen, services));
      return at === -1 ? handle() : line[at].act(seen, () => pass(at + 1), services.host);
    };
    return pass(0);
  }
  // #endregion intercept

  /** Removes all controls; what they hold back goes on. */
  removeAll(): void {
    for (const link of this.#line) link.remove();
  }

  /** Throws the first error that a function given to a control has thrown, if nobody has been told of it. */
  report(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  #add<Name extends ApiName>(
    name: Name,
    { where = () => true, ...filter }: RequestFilter<Name>,
    what: string,
    act: Act<Name>,
  ): Control<Name> {
    const safely = (seen: SeenRequest<Name>) => this.#asked(() => where(seen)) ?? false;
    const rule: Rule<Name> = new Rule(name, { ...filter, where: safely }, what, act, () => {
      this.#line = this.#line.filter((link) => link !== rule);
    });
    this.#line = [...this.#line, rule];
    return rule;
  }

  /** Calls a function of the test. What it throws is for `report`; no client shall suffer from it. */
  #asked<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#failure ??= { error };
      return undefined;
    }
  }

  /** As `asked`, where there is no answer without the function. */
  async #own<T>(make: () => T): Promise<Awaited<T>> {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof CloseConnection)) this.#failure ??= { error };
      throw new CloseConnection('a function that was to answer has failed');
    }
  }
}

class Rule<Name extends ApiName> implements Control<Name>, Link {
  readonly #name: Name;
  readonly #filter: RequestFilter<Name>;
  readonly #what: string;
  readonly #act: Act<Name>;
  readonly #ended: () => void;
  /** What would end a wait. */
  readonly #held = new Set<() => void>();
  #requests: SeenRequest<Name>[] = [];
  #count = 0;
  #isRemoved = false;

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
    this.#ended();
    for (const goOn of [...this.#held]) goOn();
  }

  take(seen: SeenRequest<Name>, services: Services): boolean {
    if (this.#isRemoved || seen.api !== this.#name || !this.#wants(seen, services)) return false;
    this.#count++;
    if (this.#requests.length === 2 * KEPT) this.#requests = this.#requests.slice(-KEPT);
    this.#requests.push(seen);
    if (this.#count === this.#filter.times) {
      this.#isRemoved = true;
      this.#ended();
    }
    return true;
  }

  act(seen: SeenRequest<Name>, handle: Handle, host: Host): unknown {
    host.trace.record(host.name, 'request.controlled', { api: this.#name, client: seen.clientId, control: this.#what });
    return this.#act(seen, handle, (ms) => this.#sleep(host, ms));
  }

  #wants(seen: SeenRequest<Name>, { topics }: Services): boolean {
    const { clientId, groupId, topic, where } = this.#filter;
    if (clientId !== undefined && seen.clientId !== clientId) return false;
    if (groupId !== undefined && !namesGroup(seen.request, groupId)) return false;
    if (topic !== undefined && !namesTopic(seen.request, topic, (id) => topics.withId(id)?.name)) return false;
    return where?.(seen) ?? true;
  }

  #sleep({ clock }: Host, ms: number): Promise<void> {
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

function mustBePossible<Name extends ApiName>(name: Name, { times, groupId, topic }: RequestFilter<Name>): void {
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

/** A producer that wants no acknowledgement takes any answer for that to its next request. */
function expectsAnswer({ request }: SeenRequest): boolean {
  return (request as { readonly acks?: number }).acks !== 0;
}

function typed<Name extends ApiName>(handle: Handle): () => Promise<ResponseBody<Name>> {
  return async () => (await handle()) as ResponseBody<Name>;
}
